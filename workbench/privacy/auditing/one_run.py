"""An audit in one run: what is claimed beside what its canaries show.

Steinke and others (2023) for the game, Mahloujifar and others (2024) for the bound.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

from workbench.core.cancellation import check_cancelled
from workbench.core.errors import InputError
from workbench.core.viewers import Viewable
from workbench.privacy.dp.accounting import epsilon_by_pld
from workbench.privacy.dp.mechanisms import GaussianSteps, check_delta

from . import steinke
from .canaries import GradientCanaries
from .f_dp_bound import can_reach
from .tradeoff import trade_off_of

CONFIDENCE = 0.95
# Two looks, which share what may go wrong: all canaries show noise that is far too small, a fifth
# of them, the surest, shows most of a run that is as private as it says (lab log, 26 Nov 2026).
_SHARES = (1.0, 0.2)
# Noise multipliers that are tried: the claimed one times powers of 2^(1/16). They are the same for
# every audit of a claim, so what they allow is found once.
_FINENESS, _WIDEST = 16, 5 * 16


@dataclass(frozen=True)
class Audit(Viewable):
    """What the canaries of a run show.

    ``upper`` is the epsilon that the run claims, ``lower`` one that it exceeds with
    ``confidence``: runs with its sampling rate and steps that have no more than this do not let
    ``right`` of ``guesses`` be right. ``flagged`` says that the claim is refuted: that also a run
    with one noise multiplier less of those that are tried (4% less) is. ``lower_any`` is the bound
    that holds whatever the mechanism (Steinke and others), lower by far.
    """

    lower: float
    upper: float
    delta: float
    confidence: float
    canaries: int
    guesses: int
    right: int
    lower_any: float
    flagged: bool


def audit_run(
    canaries: GradientCanaries,
    claimed: GaussianSteps,
    *,
    delta: float,
    confidence: float = CONFIDENCE,
) -> Audit:
    """Judge a run by the canaries that were in it.

    Args:
        canaries: As the run left them.
        claimed: What the run says that it did.
        delta: Of the epsilons.
        confidence: With which ``lower`` holds.

    Raises:
        InputError: The run took no step, or a number is not allowed.
    """
    check_delta(delta)
    if not 0 < confidence < 1:
        raise InputError(f"confidence is {confidence}, which must be between 0 and 1")
    p = (1 - confidence) / len(_SHARES)
    looks = []
    for share in _SHARES:
        guesses = max(1, round(share * canaries.count))
        right = canaries.count_right(guesses)
        noise = _least_refuted(claimed, canaries.count, guesses, right, p)
        looks.append((math.inf if noise is None else noise, guesses, right))
    noise, guesses, right = min(looks)
    lower = 0.0
    if math.isfinite(noise):
        lower = epsilon_by_pld([replace(claimed, noise_multiplier=noise)], delta=delta)
    any_mechanism = (
        steinke.lower_bound(
            canaries=canaries.count, guesses=made, right=found, delta=delta, confidence=1 - p
        )
        for _, made, found in looks
    )
    upper = epsilon_by_pld([claimed], delta=delta)
    return Audit(
        lower=lower,
        upper=upper,
        delta=delta,
        confidence=confidence,
        canaries=canaries.count,
        guesses=guesses,
        right=right,
        lower_any=max(any_mechanism),
        flagged=lower > upper,
    )


def _least_refuted(
    claimed: GaussianSteps, canaries: int, guesses: int, right: int, p: float
) -> float | None:
    """The least noise multiplier that the guesses refute; more noise would allow even fewer."""

    def noise_at(place: int) -> float:
        return float(claimed.noise_multiplier * 2 ** (place / _FINENESS))

    def refuted(place: int) -> bool:
        check_cancelled()
        allowed = trade_off_of(replace(claimed, noise_multiplier=noise_at(place)))
        return not can_reach(allowed, canaries=canaries, guesses=guesses, right=right, p=p)

    low, high = -_WIDEST, _WIDEST
    if not refuted(high):
        return None
    if refuted(low):
        return noise_at(low)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if refuted(middle) else (middle, high)
    return noise_at(high)
