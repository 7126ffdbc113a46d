"""A forecast: which model, what it says, how far off it may be, and when a limit is met."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InputError
from workbench.core.viewers import Viewable

if TYPE_CHECKING:
    from .series import TimeSeries

_PATHS = 2000


@dataclass(frozen=True)
class LimitTime:
    """When a limit is met. ``chance`` is that it is met within the horizon at all; the Unix times
    are None where it is met later than the horizon's end, or never. One in twenty futures meets it
    before ``earliest_s``, half before ``likely_s``, one in twenty after ``latest_s``."""

    limit: float
    chance: float
    earliest_s: float | None
    likely_s: float | None
    latest_s: float | None


@dataclass(frozen=True)
class Forecast(Viewable):
    """``values``, ``low`` and ``high`` one a step of ``step_s`` from ``start_s`` on; ``past`` is
    the series before it. ``mase`` of each model that was tried is of the backtest, from
    ``origins`` earlier ends of the series."""

    metric: str
    unit: str
    model: str
    level: float
    start_s: float
    step_s: float
    values: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    past: tuple[float, ...]
    mase: Mapping[str, float]
    origins: int
    limit: LimitTime | None = None
    notes: tuple[str, ...] = ()


def make_forecast(
    series: TimeSeries,
    horizon: int,
    *,
    level: float = 0.9,
    limit: float | None = None,
    least: float | None = 0.0,
    seed: int = 0,
) -> Forecast:
    """Forecast a series by the model that did best on earlier ends of it.

    Args:
        series: The past.
        horizon: How many steps.
        level: The share of what comes that is to lie between low and high.
        limit: What the values must not pass; gives ``Forecast.limit``.
        least: What the values can't be less than; None where there is no such thing.
        seed: Of the drawn futures.

    Raises:
        InputError: The series is too short for so long a horizon.
    """
    import numpy as np

    from .backtesting import LEAST_ORIGINS, backtest, origins_of
    from .candidates import forecast_by
    from .intervals import conformal_widths

    values, seasons, notes = series.values, series.seasons, list(series.notes)
    while seasons and len(origins_of(len(values), seasons, horizon)) < LEAST_ORIGINS:
        notes.append(f"too short to try a season of {seasons[-1]} steps on earlier ends")
        seasons = seasons[:-1]
    if len(origins_of(len(values), seasons, horizon)) < LEAST_ORIGINS:
        raise InputError(
            f"{len(values)} steps of {series.name} are too few to try {horizon} steps ahead",
            hint=f"ask for at most {max(1, len(values) // 2 - LEAST_ORIGINS)}",
        )
    tried = backtest(values, seasons, horizon)
    ahead = forecast_by(tried.members, values, seasons, horizon)
    widths = conformal_widths(tried.errors, level=level)
    low, high = ahead - widths, ahead + widths
    if least is not None:
        ahead, low, high = (np.maximum(each, least) for each in (ahead, low, high))
    start_s = series.time_s(len(values))
    met = None
    if limit is not None:
        met = time_to_limit(
            ahead, tried.errors, limit=limit, last=float(values[-1]), start_s=start_s,
            step_s=series.step_s, seed=seed,
        )  # fmt: skip
    return Forecast(
        series.name, series.unit, tried.chosen, level, start_s, series.step_s,
        tuple(map(float, ahead)), tuple(map(float, low)), tuple(map(float, high)),
        tuple(map(float, values)), dict(tried.mase), len(tried.origins), met, tuple(notes),
    )  # fmt: skip


def time_to_limit(
    ahead: Any, errors: Any, *, limit: float, last: float, start_s: float, step_s: float, seed: int
) -> LimitTime:
    """When futures first reach a limit: the forecast with errors of a whole earlier forecast each.

    A path of errors is kept as it was, so that what is wrong early and stays wrong counts once; it
    is turned over in half of the futures, and stretched a little, for there are few of them.
    """
    import numpy as np

    if last >= limit:
        now_s = start_s - step_s
        return LimitTime(limit, 1.0, now_s, now_s, now_s)
    draw = np.random.default_rng(seed)
    paths = errors[draw.integers(len(errors), size=_PATHS)]
    paths = paths * draw.choice((-1.0, 1.0), (_PATHS, 1)) * draw.normal(1.0, 0.2, (_PATHS, 1))
    met = ahead + paths >= limit
    first = np.where(met.any(axis=1), met.argmax(axis=1), np.inf)

    def at(share: float) -> float | None:
        step = float(np.quantile(first, share, method="inverted_cdf"))
        return None if np.isinf(step) else start_s + step * step_s

    return LimitTime(limit, float(np.isfinite(first).mean()), at(0.05), at(0.5), at(0.95))
