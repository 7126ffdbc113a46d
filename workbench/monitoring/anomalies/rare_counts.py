"""Whole counts of what is rare: a handful in an hour is no normal noise, but Poisson's."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .scan import Window

RARE = 10.0  # expected in a step; from here on normal noise will do


def are_rare(values: Any) -> bool:
    """Whether values ([steps]) are whole counts of fewer than ten a step."""
    import numpy as np

    return bool((values == np.floor(values)).all() and values.min() >= 0 and values.mean() < RARE)


def not_by_chance(
    windows: Sequence[Window], values: Any, expected: Any, observed: Any, *, level: float
) -> tuple[Window, ...]:
    """The windows without those of rare counts that come about by chance somewhere in the series.

    Args:
        windows: Found by the ratio for normal noise.
        values: Whole counts ([steps]).
        expected: By the profile ([steps]).
        observed: Which steps have a row (bool, [steps]).
        level: The chance that any stays in a quiet series.
    """
    import numpy as np
    from scipy.stats import poisson

    steps, usual = int(observed.sum()), _rate(values, observed, windows)
    kept = []
    for window in windows:
        where = np.arange(window.first, window.end)
        where = where[observed[where]]
        # A robust profile of mostly zeros expects nothing: the quiet rest's mean is the fair rate.
        fair = np.maximum(expected[where], usual) if usual < RARE else expected[where]
        if fair.mean() < RARE:
            count, rate = float(values[where].sum()), float(fair.sum())
            tail = poisson.sf(count - 1, rate) if window.height > 0 else poisson.cdf(count, rate)
            if tail > level / steps:
                continue
        kept.append(window)
    return tuple(kept)


def _rate(values: Any, observed: Any, windows: Sequence[Window]) -> float:
    """The mean of the steps that lie in no window."""
    quiet = observed.copy()
    for window in windows:
        quiet[window.first : window.end] = False
    return float(values[quiet].mean()) if quiet.any() else 0.0
