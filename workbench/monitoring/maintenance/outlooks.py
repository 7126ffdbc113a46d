"""One series: its forecast without clean-ups, when a limit is met, and what was unusual."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InputError
from workbench.monitoring.anomalies.finding import find_anomalies
from workbench.monitoring.anomalies.result import Anomaly, AnomalyReport

from .result import Outlook
from .wording import size_words, span_words

if TYPE_CHECKING:
    from workbench.monitoring.forecasting.series import TimeSeries

DAY_S = 86_400.0
LEVEL = 0.9
_RECENT_DAYS = 14
_LEAST_ORIGINS_ROOM = 8


def look_ahead(
    series: TimeSeries,
    *,
    horizon_days: int,
    limit: float | None = None,
    limit_from: str = "",
    least: float | None = 0.0,
    unusual: TimeSeries | None = None,
    seed: int = 0,
) -> Outlook:
    """Forecast a series and say when it meets its limit, with what was unusual in it lately.

    Clean-ups and restarts of the past are taken out of the series that is forecast: what is said is
    when the limit is met if nobody cleans up. Incidents that are over are not gone on with: in
    their place stands what was expected.

    Args:
        series: What is forecast.
        horizon_days: How far; less where the series is too short to try it.
        limit: What must not be passed.
        limit_from: Whose limit that is.
        least: What the values can't be less than.
        unusual: The series in which anomalies are looked for, often of shorter steps; the same one
            if none is given.
        seed: Of the futures.

    Raises:
        InputError: The series is too short to try any forecast on it, or has impossible values.
    """
    from workbench.monitoring.forecasting.forecast import make_forecast
    from workbench.monitoring.forecasting.series import check_least

    check_least(series, least)
    report, notes = _unusual(unusual or series, least)
    grown, fallen = _without_falls(_without_incidents(series, report), report)
    steps = len(series.values)
    wanted = max(1, round(horizon_days * DAY_S / series.step_s))
    horizon = min(wanted, max(1, steps // 2 - _LEAST_ORIGINS_ROOM))
    if horizon < wanted:
        far = span_words(horizon * series.step_s / DAY_S)
        notes.append(f"looked {far} ahead: more cannot be tried on so short a past")
    if fallen:
        notes.append("it has been cleaned up or restarted before; the forecast counts on none")
    found = make_forecast(
        replace(grown, notes=()), horizon, level=LEVEL,
        limit=None if limit is None else limit + fallen,
        least=None if least is None else least + fallen, seed=seed,
    )  # fmt: skip
    met = None if found.limit is None else replace(found.limit, limit=limit or 0.0)

    def down(values: Sequence[float]) -> tuple[float, ...]:
        return tuple(value - fallen for value in values)

    values = down(found.values)
    per_day = (values[-1] - float(series.values[-1])) / (horizon * series.step_s / DAY_S)
    if horizon < wanted and limit is not None:
        notes += _at_this_pace(series, per_day, limit, wanted * series.step_s / DAY_S)
    return Outlook(
        series.name, series.unit, found.start_s, series.step_s, LEVEL, float(series.values[-1]),
        values, down(found.low), down(found.high), tuple(map(float, series.values)), found.model,
        per_day, limit, limit_from, met, _recent(report, found.start_s),
        (*series.notes, *notes, *found.notes),
        horizon < wanted,
    )  # fmt: skip


def _at_this_pace(
    series: TimeSeries, per_day: float, limit: float, wanted_days: float
) -> list[str]:
    """A note on when the limit is met if it only goes on so, where that is within what was asked
    and could not be judged."""
    left = limit - float(series.values[-1])
    if left <= 0 or per_day <= 0 or left / per_day > wanted_days:
        return []
    return [
        f"if it only goes on by {size_words(per_day, series.unit)} a day, the limit is met in "
        f"{span_words(left / per_day)}: a guess that was tried on nothing"
    ]


def _unusual(series: TimeSeries, least: float | None) -> tuple[AnomalyReport | None, list[str]]:
    """Anomalies, or a note why none were looked for."""
    try:
        return find_anomalies(series, least=least), []
    except InputError as error:
        return None, [f"nothing unusual was looked for: {error}"]


def _recent(report: AnomalyReport | None, now_s: float) -> tuple[Anomaly, ...]:
    """Those of the last two weeks."""
    if report is None:
        return ()
    since_s = now_s - _RECENT_DAYS * DAY_S
    return tuple(each for each in report.anomalies if each.ended_s > since_s)


def _without_incidents(series: TimeSeries, report: AnomalyReport | None) -> TimeSeries:
    """The series with what was expected where an incident was; as it is if it was looked at by
    other steps."""
    import numpy as np

    if report is None or report.step_s != series.step_s:
        return series
    values: Any = np.array(series.values, float)
    for each in report.anomalies:
        if not each.lasts:
            where = slice(each.first, each.end)
            values[where] = np.asarray(report.expected)[where]
    return replace(series, values=values)


def _without_falls(series: TimeSeries, report: AnomalyReport | None) -> tuple[TimeSeries, float]:
    """The series as it would have grown without its clean-ups, and what they took in all."""
    import numpy as np

    if report is None or not report.resets_s:
        return series, 0.0
    times_s = series.start_s + series.step_s * np.arange(len(series.values))
    values: Any = np.array(series.values, float)
    total = 0.0
    for time_s, fall in zip(report.resets_s, report.falls, strict=True):
        if time_s <= times_s[0]:
            continue
        # A fall within a longer step is shared by that step's mean.
        share = np.clip((times_s + series.step_s - time_s) / series.step_s, 0.0, 1.0)
        values, total = values + fall * share, total + fall
    return replace(series, values=values), total
