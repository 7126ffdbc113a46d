"""The rules integrate what they must, exactly, and their weights are those of a mean."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.core.errors import InputError
from workbench.interpretability.attribution.quadrature import MOST_STEPS, RULES, quadrature


def worst_error(nodes: np.ndarray, weights: np.ndarray, *, degree: int) -> float:
    """The largest error over the powers up to a degree, whose integral is 1 / (power + 1)."""
    return max(abs(weights @ nodes**power - 1 / (power + 1)) for power in range(degree + 1))


@pytest.mark.parametrize("steps", [2, 3, 8, 64])
@pytest.mark.parametrize("rule", RULES)
def test_polynomials_are_integrated_exactly(rule: str, steps: int) -> None:
    degree = 2 * steps - 1 if rule == "gauss_legendre" else 1
    nodes, weights = quadrature(rule, steps)
    assert nodes.shape == weights.shape == (steps,)
    assert nodes.min() >= 0
    assert nodes.max() <= 1
    assert worst_error(nodes, weights, degree=degree) < 1e-14


def test_errors_shrink_with_the_square_of_the_steps() -> None:
    for rule in ("midpoint", "trapezoid"):
        few, many = (worst_error(*quadrature(rule, steps), degree=4) for steps in (50, 500))
        assert 80 < few / many < 125


@pytest.mark.parametrize("broken", ["captum's trapezoid", "left sums", "a node twice"])
def test_a_broken_rule_is_caught(broken: str) -> None:
    nodes, weights = quadrature("trapezoid", 8)
    if broken == "captum's trapezoid":  # 1/steps in the place of 1/(steps - 1)
        weights = weights * 7 / 8
    elif broken == "left sums":
        nodes, weights = np.arange(8) / 8, np.full(8, 1 / 8)
    else:
        nodes = nodes[[0, 1, 2, 3, 3, 5, 6, 7]]
    assert worst_error(nodes, weights, degree=1) > 1e-3


@pytest.mark.parametrize(
    ("rule", "steps"),
    [("simpson", 8), ("gauss_legendre", 0), ("trapezoid", 1), ("midpoint", MOST_STEPS + 1)],
)
def test_what_is_no_rule_is_refused(rule: str, steps: int) -> None:
    with pytest.raises(InputError, match=rule):
        quadrature(rule, steps)
