"""What a series has to be so that anomalies can be found in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.core.errors import InputError

if TYPE_CHECKING:
    from workbench.monitoring.forecasting.series import TimeSeries

LEAST_STEPS = 60
MOST_MISSING = 0.4


def check_series(
    series: TimeSeries, least: float | None
) -> tuple[Any, Any, tuple[int, ...], list[str]]:
    """Values ([steps]), which steps have a row (bool), the seasons that can be told, and notes.

    Raises:
        InputError: The series is too short, never moves, has too few rows, or impossible values.
    """
    import numpy as np

    from workbench.monitoring.forecasting.series import check_least, more_steps

    values = np.asarray(series.values, float)
    observed = np.isfinite(values)
    observed[[place for place in series.filled if place < len(values)]] = False
    count, steps = int(observed.sum()), len(values)
    if count < LEAST_STEPS:
        raise InputError(
            f"{count} steps of {series.name} have a row; anomalies take at least {LEAST_STEPS}",
            hint=more_steps(series.step_s),
        )
    if steps - count > MOST_MISSING * steps:
        raise InputError(
            f"{steps - count} of {steps} steps of {series.name} are missing, more than two fifths",
            hint="look from after the gap: --since",
        )
    seen = values[observed]
    check_least(series, least, seen)
    if np.ptp(seen) == 0:
        raise InputError(
            f"{series.name} is {seen[0]:.4g} in all of its {count} steps: nothing can be unusual",
            hint="look whether what records it still runs",
        )
    notes = list(series.notes)
    seasons = tuple(each for each in sorted(series.seasons) if steps >= 2.5 * each > 2.5)[:2]
    if len(seasons) == 2 and seasons[1] % seasons[0]:
        seasons = seasons[:1]
    if not seasons:
        notes.append("no season is taken off")
    return np.where(np.isfinite(values), values, 0.0), observed, seasons, notes
