"""Changes of the mean of a stream as its values come, by adaptive windows.

Bifet and Gavalda, "Learning from Time-Changing Data with Adaptive Windowing", SDM 2007, as river
has it. It wants bounded values one by one and no reference: errors, refusals, a score.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from workbench.core.errors import InputError
from workbench.core.optional import require


@dataclass(frozen=True)
class MeanChange:
    """The change was seen after ``at`` values; the window's mean was ``before`` the old values
    were dropped, and is ``after`` that; some old values may still be among it."""

    at: int
    before: float
    after: float


def adwin_changes(values: Any, *, delta: float = 0.002) -> tuple[MeanChange, ...]:
    """Where the mean of a stream has changed.

    Args:
        values: Shape ``[n]`` in the order in which they came, of a bounded quantity.
        delta: The chance of a false change at a comparison of two windows.

    Raises:
        InputError: A value is not finite, or delta not in (0, 1).
        DependencyError: river is not installed.
    """
    import numpy as np

    given = np.asarray(values, dtype=float)
    if given.ndim != 1 or not np.isfinite(given).all() or not 0 < delta < 1:
        raise InputError(f"{given.shape} values, not all finite, or delta {delta}")
    detector = require("river.drift", extra="monitoring").ADWIN(delta=delta)
    found = []
    mean = 0.0
    for at, value in enumerate(given.tolist(), start=1):
        before = mean
        detector.update(value)
        mean = float(detector.estimation)
        if detector.drift_detected:
            found.append(MeanChange(at, before, mean))
    return tuple(found)
