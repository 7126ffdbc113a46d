"""The naive peers that the detector is held against; the first is the named broken variant."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workbench.monitoring.forecasting.series import TimeSeries


def plain_z_score(series: TimeSeries, *, threshold: float = 3.0) -> list[tuple[int, int]]:
    """Windows ``(first, end)`` of steps more than so many standard deviations from the mean of all:
    no season, no trend, no robustness."""
    import numpy as np

    observed = _observed(series)
    values = np.asarray(series.values, float)
    far = np.abs(values - values[observed].mean()) > threshold * values[observed].std()
    return _windows(far & observed)


def seasonal_z_score(series: TimeSeries, *, threshold: float = 3.0) -> list[tuple[int, int]]:
    """The same of what medians of each hour of the longest season leave over, by their median
    absolute deviation: robust and seasonal, but a step at a time."""
    import numpy as np

    from .profile import mad

    observed = _observed(series)
    rests = np.asarray(series.values, float).copy()
    season = max(series.seasons, default=1)
    phase = np.arange(len(rests)) % season
    for each in range(season):
        own = (phase == each) & observed
        rests[phase == each] -= np.median(rests[own]) if own.any() else 0.0
    return _windows((np.abs(rests) > threshold * mad(rests[observed])) & observed)


def _observed(series: TimeSeries) -> Any:
    import numpy as np

    observed = np.ones(len(series.values), bool)
    observed[list(series.filled)] = False
    return observed


def _windows(flags: Any) -> list[tuple[int, int]]:
    """Runs of flagged steps."""
    import numpy as np

    edges = np.flatnonzero(np.diff(np.concatenate([[0], flags.astype(int), [0]])))
    return [(int(first), int(end)) for first, end in zip(edges[::2], edges[1::2], strict=True)]
