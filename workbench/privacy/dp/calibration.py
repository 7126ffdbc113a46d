"""The least noise with which a run stays within an epsilon."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import replace

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
    run = GaussianSteps(1.0, rate, steps)

    def cost(noise: float, interval: float) -> float:
        check_cancelled()
        whole = (*spent, replace(run, noise_multiplier=noise))
        return epsilon_by_pld(whole, delta=delta, interval=interval)

    if cost(_LARGEST, _COARSE) > epsilon:
        raise InputError(
            f"no noise keeps {steps} steps within epsilon {epsilon:g} at delta {delta:g}",
            hint="a larger epsilon or delta; workbench privacy budget show",
        )
    low, high = _bracket(lambda noise: cost(noise, _COARSE), epsilon, _guess(epsilon, delta, run))
    return _refine(lambda noise: cost(noise, INTERVAL), epsilon, low, high)


def _guess(epsilon: float, delta: float, run: GaussianSteps) -> float:
    """The noise by the central limit and the Gaussian mechanism's old bound: near enough."""
    return max(
        0.3,
        run.sampling_rate * math.sqrt(run.steps) * math.sqrt(2 * math.log(1.25 / delta)) / epsilon,
    )


def _bracket(cost: Callable[[float], float], epsilon: float, guess: float) -> tuple[float, float]:
    """Two multipliers near each other with epsilon between their costs; the lower costs more."""
    from scipy.optimize import brentq

    low = high = guess
    while cost(high) > epsilon:
        high *= 1.5
    while low > 1e-3 and cost(low) <= epsilon:
        low /= 1.5
    if cost(low) <= epsilon:  # with so little noise a run is not private in any sense
        return low, low
    place = brentq(
        lambda log_noise: math.log(max(cost(math.exp(log_noise)), 1e-12) / epsilon),
        math.log(low), math.log(high), xtol=1e-3,
    )  # fmt: skip
    return math.exp(place - 2e-3), math.exp(place + 2e-3)


def _refine(cost: Callable[[float], float], epsilon: float, low: float, high: float) -> float:
    """The last steps, by the slope of the logs between two neighbours; what comes is safe."""
    noise, known = high, {high: cost(high), low: cost(low)}
    slope = 1.0
    if known[low] > known[high] > 0:
        slope = math.log(known[low] / known[high]) / math.log(high / low)
    wanted = epsilon * (1 - _TOLERANCE / 2)
    for _ in range(30):
        if noise not in known:
            known[noise] = cost(noise)
        found = known[noise]
        if found <= epsilon and epsilon - found <= _TOLERANCE * epsilon:
            return noise
        # A step that hardly moves could go on for ever; a larger one errs to the safe side.
        noise *= max((found / wanted) ** (1 / slope), 0.5)
    while cost(noise) > epsilon:
        noise *= 1.001
    return noise
