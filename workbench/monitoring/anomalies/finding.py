"""Find anomalies: profile, noise and windows in turns, each with the windows before left out."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from .checking import check_series
from .explaining import Explanation, explain
from .phases import find_phases
from .profile import fit_profile, mad
from .rare_counts import are_rare, not_by_chance
from .resets import find_resets
from .result import Anomaly, AnomalyReport, Kind
from .scale import Scale, choose_scale
from .scan import Window

if TYPE_CHECKING:
    from workbench.monitoring.forecasting.series import TimeSeries

SPIKE_STEPS = 3
_INSIDE = 2.576  # 99% of a normal lies within so many standard deviations


def find_anomalies(
    series: TimeSeries, *, holidays: Sequence[dt.date] = (), level: float = 0.05,
    least: float | None = 0.0,
) -> AnomalyReport:  # fmt: skip
    """Windows in which a series is not what its trend, its seasons and its noise explain.

    A robust profile is taken off on the scale on which seasons add; falls that a growing series
    has of itself (restarts, clean-ups) belong to it. What is left is noise that may wander. Windows
    are found one after the other by the likelihood ratio of a level or a ramp against that noise,
    then profile and noise are fitted anew without them, twice. A window of less than 2.5 standard
    deviations is no incident, however long. Steps without a row (``series.filled``) are never
    looked at.

    Args:
        series: From `make_regular`, or made by hand.
        holidays: Days (UTC) that go as Sundays do.
        level: With which chance a quiet series has any anomaly at all.
        least: What values can't be less than; None where they may be anything.

    Raises:
        InputError: The series is too short, never moves, has too few rows, or impossible values.
    """
    from workbench.models.tabular.threads import threads_for

    # Two threads that wait for each other took ten times as long on a busy machine.
    with threads_for(len(series.values)):
        return _find(series, holidays, level, least)


def _find(
    series: TimeSeries, holidays: Sequence[dt.date], level: float, least: float | None
) -> AnomalyReport:
    import numpy as np

    values, observed, seasons, notes = check_series(series, least)
    plain = find_phases(series, seasons)
    resets = find_resets(np.asarray(series.values, float), plain, observed)
    phases = find_phases(series, seasons, holidays, grows=bool(resets))

    def spread(scaled: Any) -> float:
        whole = np.zeros(len(values))
        whole[observed] = scaled
        rests = (whole - fit_profile(whole, phases, observed).expected)[observed]
        # A median alone would not see noise that grows with the level.
        return float(np.sqrt((np.minimum(np.abs(rests), 2.5 * mad(rests)) ** 2).mean()))

    if resets:
        scale = Scale(1.0, 0.0)  # what grows and is cleaned up grows by adding
    elif are_rare(values[observed]):
        scale = Scale(0.5, 0.375)  # Anscombe's, for counts of Poisson
    else:
        scale = choose_scale(values[observed], spread)
    found = explain(scale.forward(values), phases, observed, resets=resets, level=level)
    return _report(series, scale, found, observed, level, tuple(notes))


def _report(
    series: TimeSeries, scale: Scale, fit: Explanation, observed: Any, level: float,
    notes: tuple[str, ...],
) -> AnomalyReport:  # fmt: skip
    import numpy as np

    wide = _INSIDE * fit.noise.sigma
    expected, low, high = (
        scale.back(each) for each in (fit.expected, fit.expected - wide, fit.expected + wide)
    )
    windows = fit.windows
    if (series.values == np.floor(series.values)).all():
        windows = not_by_chance(windows, series.values, expected, observed, level=level)
    seen = [float(v) if o else None for v, o in zip(series.values, observed, strict=True)]
    anomalies = tuple(_told(window, series, fit, expected, observed) for window in windows)
    return AnomalyReport(
        series.name, series.unit, series.start_s, series.step_s, level, scale.name,
        tuple(series.seasons), fit.noise.wander, fit.noise.keeps, anomalies, tuple(seen),
        tuple(map(float, expected)), tuple(map(float, low)), tuple(map(float, high)),
        tuple(series.time_s(place) for place in fit.resets), tuple(map(float, fit.falls)), notes,
    )  # fmt: skip


def _told(
    window: Window, series: TimeSeries, fit: Explanation, expected: Any, observed: Any
) -> Anomaly:
    import numpy as np

    where = np.arange(window.first, window.end)
    where = where[observed[where]]
    kind: Kind = "spike" if window.steps <= SPIKE_STEPS else window.shape
    return Anomaly(
        window.first, window.end, series.time_s(window.first), series.time_s(window.end), kind,
        "up" if window.height > 0 else "down",
        abs(window.height) / float(np.median(fit.noise.sigma[where])), window.score,
        float(expected[where].mean()), float(np.asarray(series.values)[where].mean()),
        window.end == len(observed),
    )  # fmt: skip
