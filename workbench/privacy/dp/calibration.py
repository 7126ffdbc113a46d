"""The least noise with which a run stays within an epsilon."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable

from workbench.core.cancellation import check_cancelled
from workbench.core.errors import InputError

from .accounting import INTERVAL, epsilon_by_pld
from .mechanisms import GaussianSteps, Mechanism, check_delta

# A coarse distribution takes a tenth of the time and states a little more: it finds the place,
# and the fine one the number.
_COARSE = 1e-3
_LARGEST = 1e5
# What may be left of epsilon, as a share of it.
_TOLERANCE = 1e-4


def find_noise_multiplier(
    *,
    epsilon: float,
    delta: float,
    sampling_rate: float,
    steps: int,
    spent: tuple[Mechanism, ...] = (),
) -> float:
    """The noise multiplier with which ``steps`` steps cost ``epsilon``, by PLD.

    What comes is safe: its epsilon is at most what was asked, and within 0.01% of it.

    Args:
        epsilon: What may be lost, with ``spent`` in it.
        delta: The probability with which it may be more.
        sampling_rate: With which each unit is in a step.
        steps: How many there are.
        spent: What was done to the same units before.

    Raises:
        InputError: The epsilon is not above 0, or no noise is enough for it.
    """
    check_delta(delta)
    if not epsilon > 0:
        raise InputError(f"epsilon is {epsilon}, which must be above 0", name="epsilon")
    GaussianSteps(1.0, sampling_rate, steps)  # its numbers are checked
    return _find(float(epsilon), float(delta), float(sampling_rate), int(steps), tuple(spent))


@functools.lru_cache(maxsize=256)
def _find(
    epsilon: float, delta: float, rate: float, steps: int, spent: tuple[Mechanism, ...]
) -> float:
    def cost(noise: float, interval: float) -> float:
        check_cancelled()
        run = GaussianSteps(noise, rate, steps)
        return epsilon_by_pld((*spent, run), delta=delta, interval=interval)

    if cost(_LARGEST, _COARSE) > epsilon:
        raise InputError(
            f"no noise keeps {steps} steps within epsilon {epsilon:g} at delta {delta:g}",
            hint="a larger epsilon or delta; workbench privacy budget show",
        )
    low, high = _bracket(lambda noise: cost(noise, _COARSE), epsilon)
    for _ in range(40):  # the coarse one's place, to a thousandth
        if high / low <= 1.001:
            break
        middle = (low * high) ** 0.5
        low, high = (low, middle) if cost(middle, _COARSE) <= epsilon else (middle, high)
    return _refine(lambda noise: cost(noise, INTERVAL), epsilon, high)


def _bracket(cost: Callable[[float], float], epsilon: float) -> tuple[float, float]:
    """Two multipliers with epsilon between their costs: the lower one costs more."""
    high = 1.0
    while cost(high) > epsilon:
        high *= 2
    low = high / 2
    while cost(low) <= epsilon:
        low, high = low / 2, low
        if low < 1e-3:  # with so little noise a run is not private in any sense
            return low, high
    return low, high


def _refine(cost: Callable[[float], float], epsilon: float, high: float) -> float:
    """The last steps, by the secant in the logs; ``high`` is safe and nearly least."""
    at_high = cost(high)
    while at_high > epsilon:
        high *= 1.001
        at_high = cost(high)
    low, at_low = high, at_high
    while at_low <= epsilon:
        low *= 0.998
        at_low = cost(low)
    for _ in range(30):
        if at_high <= epsilon and epsilon - at_high <= _TOLERANCE * epsilon:
            break
        share = math.log(at_low / (epsilon * (1 - _TOLERANCE / 2))) / math.log(at_low / at_high)
        middle = low * (high / low) ** min(max(share, 0.02), 0.98)
        found = cost(middle)
        if found <= epsilon:
            high, at_high = middle, found
        else:
            low, at_low = middle, found
    return high
