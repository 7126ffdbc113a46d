"""Rules that turn an integral over [0, 1] into a weighted sum of so many values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, get_args

from workbench.core.errors import InputError

if TYPE_CHECKING:
    import numpy as np

Rule = Literal["gauss_legendre", "midpoint", "trapezoid"]
RULES: tuple[str, ...] = get_args(Rule)
MOST_STEPS = 4096


def quadrature(rule: str, steps: int) -> tuple[np.ndarray, np.ndarray]:
    """Where on [0, 1] to look, and how much each look counts: both float64 ``[steps]``.

    The weights add up to 1, also those of the trapezoid rule. (captum 0.9's ``riemann_trapezoid``
    adds up to ``1 - 1/steps``, so that its attributions are that much too small.)

    Raises:
        InputError: The rule is unknown, or the steps are too few for it or too many.
    """
    import numpy as np

    if rule not in RULES:
        raise InputError(f"rule {rule!r} is not one of {', '.join(RULES)}", hint="gauss_legendre")
    check_steps(steps, rule, least=2 if rule == "trapezoid" else 1)
    if rule == "gauss_legendre":
        nodes, weights = np.polynomial.legendre.leggauss(steps)
        return (nodes + 1) / 2, weights / 2
    if rule == "midpoint":
        return (np.arange(steps) + 0.5) / steps, np.full(steps, 1 / steps)
    weights = np.full(steps, 1 / (steps - 1))
    weights[[0, -1]] /= 2
    return np.linspace(0.0, 1.0, steps), weights


def check_steps(steps: int, rule: str, *, least: int) -> None:
    """Raise InputError unless a rule takes so many steps."""
    if not least <= steps <= MOST_STEPS:
        raise InputError(
            f"{steps} steps; the rule {rule} takes {least} to {MOST_STEPS}", hint="steps=64"
        )
