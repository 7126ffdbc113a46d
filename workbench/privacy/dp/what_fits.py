"""What a budget refuses, why, and what it would let through."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

from workbench.core.errors import InputError, LimitError

from .accounting import epsilon_by_pld
from .calibration import find_noise_multiplier
from .claims import Claim
from .mechanisms import GaussianSteps, Mechanism, PureSteps

SET_MORE = "workbench privacy budget set, if more may be learnt from these data"


def refused(
    mechanism: Mechanism, before: Sequence[Mechanism], needed: float, *, epsilon: float,
    delta: float, claim: Claim | None,
) -> LimitError:  # fmt: skip
    """What was asked, what is left, and what would fit.

    Args:
        mechanism: What was asked for.
        before: What was spent.
        needed: The epsilon of all of it together.
        epsilon: The budget.
        delta: Of the budget, at which all epsilons are told.
        claim: What the run says of itself.
    """
    spent = epsilon_by_pld(before, delta=delta)
    left = max(0.0, epsilon - spent)
    said = f"the data set's privacy budget is epsilon {epsilon:g} at delta {delta:g}; "
    if spent > epsilon:
        said += f"{spent:.4g} is spent, which is more: nothing is left"
    else:
        said += f"{spent:.4g} of it is spent, {left:.4g} is left"
    said += f", and with this run it would be {needed:.4g}"
    if claim is not None and claim.delta != delta:
        said += f" (at the budget's delta, whatever the run's own is: {claim.delta:g})"
    return LimitError(
        said, hint=_hint(mechanism, before, epsilon=epsilon, delta=delta, left=left, claim=claim),
        limit="privacy budget", allowed=epsilon, used=spent, asked=needed - spent,
        retry_after_s=None,
    )  # fmt: skip


def _hint(
    mechanism: Mechanism, before: Sequence[Mechanism], *, epsilon: float, delta: float, left: float,
    claim: Claim | None,
) -> str:  # fmt: skip
    if claim is not None and claim.noise_scale < 1:
        return (
            f"--noise-scale 1: a budget is charged for the noise that is added, which is "
            f"{claim.noise_scale:g} times what is claimed; or a data set without a budget"
        )
    if left and isinstance(mechanism, PureSteps):
        fits = _pure_that_fits(before, epsilon=epsilon, delta=delta)
        return (
            f"--epsilon {fits:g} fits{_composed(fits, left)}; or {SET_MORE}" if fits else SET_MORE
        )
    if left and isinstance(mechanism, GaussianSteps):
        return _steps_that_fit(mechanism, before, epsilon=epsilon, delta=delta, left=left)
    return SET_MORE


def _steps_that_fit(
    asked: GaussianSteps, before: Sequence[Mechanism], *, epsilon: float, delta: float, left: float
) -> str:
    """Options with which the same steps go through. The delta is among them: at another one the
    same epsilon is another noise; and so are the steps, of which a smaller epsilon has fewer."""
    try:
        noise = find_noise_multiplier(
            epsilon=epsilon, delta=delta, spent=tuple(before),
            sampling_rate=asked.sampling_rate, steps=asked.steps,
        )  # fmt: skip
    except InputError:
        return SET_MORE  # no noise makes these steps fit
    alone = epsilon_by_pld([replace(asked, noise_multiplier=noise)], delta=delta)
    fits = math.floor(1000 * alone) / 1000
    if not fits:
        return SET_MORE
    return (
        f"--epsilon {fits:g} --delta {delta:g} --steps {asked.steps} fits: the same steps with a "
        f"noise multiplier of {noise:.4g} or more{_composed(fits, left)}"
    )


def _composed(fits: float, left: float) -> str:
    """Why more may be asked for than is left, where it may."""
    if fits <= left:
        return ""
    return f" (by itself; composed with what is spent it adds no more than the {left:.4g} left)"


def _pure_that_fits(before: Sequence[Mechanism], *, epsilon: float, delta: float) -> float:
    """The epsilon of a figure for which enough is left, to four digits; 0 if there is none.

    Pure epsilons add up at most, and by how much less is found in a few steps.
    """
    low, high = 0.0, epsilon
    for _ in range(12):
        middle = (low + high) / 2
        needed = epsilon_by_pld([*before, PureSteps(middle)], delta=delta)
        low, high = (middle, high) if needed <= epsilon else (low, middle)
    return math.floor(low * 10_000) / 10_000
