"""Tests that may be looked at every day: their level holds over all looks together.

A test for a fixed number of outcomes that is looked at daily, and stopped when it likes what it
sees, is wrong far more often than it says. Here evidence is the capital of bets (``betting``).

Two arms are compared by their randomisation alone: who was sent to which arm was drawn by lot with
a known share, so ``(drawn - share) / (share * (1 - share)) * (outcome - what was foreseen)`` has
the arms' difference as its mean, whatever the outcomes are and however they drift from day to day
(Ham, Bojinov, Lindon, Tingley, "Design-based confidence sequences", 2022; Waudby-Smith, Wu, Ramdas,
Karampatziakis, Mineiro, "Anytime-valid off-policy inference for contextual bandits", 2024).
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InputError
from workbench.core.viewers import Viewable

from .betting import final_log_capital, log_capital, lowest_not_refuted

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class SequentialTest(Viewable):
    """What is known after ``n`` outcomes, valid whenever and however often one looks.

    ``low`` to ``high`` holds the truth at every look together with probability ``confidence``.
    ``p_above`` is the always-valid p-value of "it is at most ``null``" (small: it lies above),
    ``p_below`` that of "it is at least ``null``"; both are the smallest so far, and 1 at most.
    """

    estimate: float
    low: float
    high: float
    confidence: float
    null: float
    n: int
    p_above: float
    p_below: float

    def is_above(self, level: float) -> bool:
        """Whether it lies above the null, with a chance of at most ``level`` to be wrong ever."""
        return self.p_above <= level

    def is_below(self, level: float) -> bool:
        """Whether it lies below the null, with a chance of at most ``level`` to be wrong ever."""
        return self.p_below <= level


def follow_mean(
    outcomes: Any,
    *,
    null: float = 0.5,
    low: float = 0.0,
    high: float = 1.0,
    confidence: float = 0.95,
) -> SequentialTest:
    """Test whether a mean lies above or below a value, as outcomes come.

    Args:
        outcomes: Shape ``[n]`` in the order in which they came, each in [low, high]: 0 and 1, or
            anything between.
        null: The value, inside (low, high).
        low: The least possible outcome.
        high: The greatest possible one.
        confidence: Of the interval over all looks together.

    Raises:
        InputError: There is no outcome, one is outside the bounds, or the bounds are not possible.
    """

    values = _scaled(outcomes, low, high)
    _check(values, confidence)
    at = (null - low) / (high - low)
    if not 0 < at < 1:
        raise InputError(f"the null {null:g} does not lie between {low:g} and {high:g}")

    def refuted(places: Any) -> float:
        limit = math.log(2 / (1 - confidence))
        return lowest_not_refuted(
            lambda mean: final_log_capital((places - mean) / mean) if mean > 0 else math.inf,
            0.0,
            1.0,
            log_limit=limit,
        )

    ends = refuted(values), 1 - refuted(1 - values)
    return SequentialTest(
        low + (high - low) * float(values.mean()),
        low + (high - low) * ends[0],
        low + (high - low) * ends[1],
        confidence,
        null,
        len(values),
        float(always_valid_p(log_capital((values - at) / at))[-1]),
        float(always_valid_p(log_capital((at - values) / (1 - at)))[-1]),
    )


def follow_difference(
    outcomes: Any,
    candidate: Any,
    *,
    share: Any,
    null: float = 0.0,
    low: float = 0.0,
    high: float = 1.0,
    confidence: float = 0.95,
) -> SequentialTest:
    """Test the difference of two arms, candidate less champion, as outcomes come.

    Args:
        outcomes: Shape ``[n]`` in the order in which they came, each in [low, high].
        candidate: Shape ``[n]``, whether each came from the candidate; drawn by lot, each apart
            from the others.
        share: The probability with which each was the candidate's: a number, or shape ``[n]`` where
            it was changed on the way. Not the share that came out.
        null: The difference that is tested against, such as a loss that is bearable.
        low: The least possible outcome.
        high: The greatest possible one.
        confidence: Of the interval over all looks together.

    Raises:
        InputError: There is no outcome, one is outside the bounds, or a share is not in (0, 1).
    """
    import numpy as np

    values, span = _scaled(outcomes, low, high), high - low
    _check(values, confidence)
    differences, down, up = arm_differences(values, candidate, share)
    if not -1 < null / span < 1:
        raise InputError(f"no difference is as large as {null:g} between {low:g} and {high:g}")
    limit = math.log(2 / (1 - confidence))

    def refuted(gains: np.ndarray, reach: np.ndarray) -> float:
        return lowest_not_refuted(
            lambda value: final_log_capital((gains - value) / (reach + 1)),
            -1.0,
            1.0,
            log_limit=limit,
        )

    ends = refuted(differences, down), -refuted(-differences, up)
    at = null / span
    above = log_capital((differences - at) / (down + max(at, 0.0)))
    below = log_capital((at - differences) / (up + max(-at, 0.0)))
    return SequentialTest(
        span * float(np.clip(differences.mean(), -1, 1)),
        span * ends[0],
        span * ends[1],
        confidence,
        null,
        len(values),
        float(always_valid_p(above)[-1]),
        float(always_valid_p(below)[-1]),
    )


def arm_differences(
    outcomes: Any, candidate: Any, share: Any
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One unbiased guess of the arms' difference for each outcome, from how the arm was drawn.

    What is foreseen is the mean of the outcomes before, which costs no validity and takes away most
    of the variance: what is left is ``variance / (share * (1 - share))``, as in a difference of
    means.

    Args:
        outcomes: Shape ``[..., n]`` in [0, 1].
        candidate: Shape ``[..., n]``, whether each came from the candidate.
        share: A number in (0, 1), or shape ``[n]``.

    Returns:
        The guesses, and how far each might have lain below 0 and above it, known before it came:
        all of shape ``[..., n]``.

    Raises:
        InputError: The shapes differ, or a share is not in (0, 1).
    """
    import numpy as np

    values, drawn = np.asarray(outcomes, dtype=float), np.asarray(candidate, dtype=bool)
    shares = np.broadcast_to(np.asarray(share, dtype=float), values.shape[-1:])
    if drawn.shape != values.shape:
        raise InputError(
            f"{values.shape} outcomes and {drawn.shape} arms",
            hint="say of each outcome whose it is",
        )
    if not ((shares > 0) & (shares < 1)).all():
        raise InputError(
            "the candidate's share must lie between 0 and 1, both left out",
            hint="with a share of 0 or 1 there is nothing to compare with",
        )
    before = np.cumsum(values, axis=-1) - values
    foreseen = (0.5 + before) / (1 + np.arange(values.shape[-1]))
    weights = np.where(drawn, 1 / shares, -1 / (1 - shares))
    down = np.maximum(foreseen / shares, (1 - foreseen) / (1 - shares))
    up = np.maximum((1 - foreseen) / shares, foreseen / (1 - shares))
    return weights * (values - foreseen), down, up


def always_valid_p(log_capitals: Any) -> np.ndarray:
    """The p-value after each look, shape as given: 1 over the most capital so far, at most 1."""
    import numpy as np

    most = np.maximum.accumulate(np.asarray(log_capitals, dtype=float), axis=-1)
    return np.asarray(np.exp(-np.maximum(most, 0.0)))


def _scaled(outcomes: Any, low: float, high: float) -> np.ndarray:
    """Outcomes in [0, 1]."""
    import numpy as np

    if not (math.isfinite(low) and math.isfinite(high) and low < high):
        raise InputError(f"outcomes cannot lie between {low:g} and {high:g}", hint="low < high")
    values = np.asarray(outcomes, dtype=float)
    bad = ~((values >= low) & (values <= high))  # NaN, too
    if bad.any():
        raise InputError(
            f"{int(bad.sum())} of {values.size} outcomes are not between {low:g} and {high:g}",
            hint="say what the bounds are; leave out what has no outcome",
        )
    return (values - low) / (high - low)


def _check(values: np.ndarray, confidence: float) -> None:
    if values.ndim != 1 or not len(values):
        raise InputError(
            f"outcomes of shape {values.shape} cannot be followed", hint="one or more, in a row"
        )
    if not 0 < confidence < 1:
        raise InputError(f"the confidence is {confidence:g}; it must lie between 0 and 1")
