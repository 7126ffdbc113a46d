"""Forecasts tried on what came: error and coverage beside seasonal naive and ETS.

Each trial is given a series up to a cut, and judged on the values behind it. Made series come from
made traffic; the real ones ship inside statsmodels, which names their sources (public domain).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .series import DAY_S, HOUR_S, TimeSeries

_CO2_PER_YEAR, _ELNINO_SEASON = 12, 12


@dataclass(frozen=True)
class Trial:
    """MASE of one forecast, of seasonal naive and of ETS; the share of values inside the interval,
    and inside that of the broken variant, whose widths are those of fitted values."""

    series: str
    cut: int
    mase: float
    naive_mase: float
    ets_mase: float
    covered: float
    broken_covered: float


def made_series(seed: int, *, days: int = 70, growth: float = 1.5) -> dict[str, TimeSeries]:
    """Hourly load, latency and memory, and daily disk and spend; made, from ``load_of``'s load."""
    import numpy as np

    from workbench.monitoring.traffic.made_usage import load_of
    from workbench.monitoring.traffic.plan import TrafficPlan

    plan = TrafficPlan(days=days, calls=days * 6000, growth=growth, seed=seed)
    draw = np.random.default_rng(seed)
    load = draw.poisson(load_of(plan).expected * _wander(draw, plan.hours, 0.06)).astype(float)
    busy = load / load.max()
    latency = 0.6 * (1 + busy**2) * np.exp(draw.normal(0, 0.08, plan.hours))
    memory = 6 + 0.01 * np.arange(plan.hours) / 24 + 3 * busy + draw.normal(0, 0.15, plan.hours)
    daily = load.reshape(days, 24).sum(axis=1)
    disk = 20 + np.cumsum(daily * 4e-5 * np.exp(draw.normal(0, 0.2, days)))
    spend = daily * 0.002 * np.exp(draw.normal(0, 0.1, days))
    start_s = 1_767_225_600.0
    return {
        "load": TimeSeries("load", "calls", start_s, HOUR_S, load, (24, 168)),
        "latency": TimeSeries("latency", "s", start_s, HOUR_S, latency, (24, 168)),
        "memory": TimeSeries("memory", "GB", start_s, HOUR_S, memory, (24, 168)),
        "disk": TimeSeries("disk", "GB", start_s, DAY_S, disk, (7,)),
        "spend": TimeSeries("spend", "USD", start_s, DAY_S, spend, (7,)),
    }


def _wander(draw: Any, steps: int, size: float) -> Any:
    """Factors about 1 that come back to it within hours: no day is like the last."""
    import numpy as np
    from scipy.signal import lfilter

    return np.exp(lfilter([1.0], [1.0, -0.9], draw.normal(0, size * 0.44, steps)))


def real_series() -> dict[str, TimeSeries]:
    """CO2 at Mauna Loa and the sea's temperature (El Niño) by month, sunspots and the Nile by year;
    they come inside statsmodels."""
    import numpy as np
    import statsmodels.api as sm

    co2 = sm.datasets.co2.load_pandas().data["co2"].resample("MS").mean().interpolate()
    months = sm.datasets.elnino.load_pandas().data.set_index("YEAR").to_numpy().ravel()
    month_s, year_s = 30.4375 * DAY_S, 365.25 * DAY_S
    columns = {
        "co2": (co2.to_numpy(), month_s, (_CO2_PER_YEAR,)),
        "elnino": (months, month_s, (_ELNINO_SEASON,)),
        "sunspots": (sm.datasets.sunspots.load_pandas().data["SUNACTIVITY"], year_s, ()),
        "nile": (sm.datasets.nile.load_pandas().data["volume"], year_s, ()),
    }
    return {
        name: TimeSeries(name, "", 0.0, step_s, np.asarray(values, float), seasons)
        for name, (values, step_s, seasons) in columns.items()
    }


def try_series(series: TimeSeries, cuts: Sequence[int], horizon: int) -> list[Trial]:
    """One trial a cut; nothing behind a cut is known to the forecast."""
    from dataclasses import replace

    import numpy as np

    from .backtesting import scale_of
    from .candidates import seasonal_naive, smooth
    from .forecast import make_forecast
    from .intervals import in_sample_widths

    trials = []
    for cut in cuts:
        past, truth = series.values[:cut], series.values[cut : cut + horizon]
        found = make_forecast(replace(series, values=past), horizon, least=None)
        said, scale = np.array(found.values), scale_of(past, series.seasons)
        inside = (truth >= np.array(found.low)) & (truth <= np.array(found.high))
        widths = in_sample_widths(past, horizon=horizon, level=0.9)

        def mase(values: Any, truth: Any = truth, scale: float = scale) -> float:
            return float(np.mean(np.abs(truth - values))) / scale

        trials.append(Trial(
            series.name, cut, mase(said),
            mase(seasonal_naive(past, series.seasons, horizon)),
            mase(smooth(past, series.seasons, horizon)),
            float(inside.mean()), float((np.abs(truth - said) <= widths).mean()),
        ))  # fmt: skip
    return trials


def summarise(trials: Sequence[Trial]) -> Mapping[str, float]:
    """Means over trials."""
    import numpy as np

    names = ("mase", "naive_mase", "ets_mase", "covered", "broken_covered")
    return {name: float(np.mean([getattr(each, name) for each in trials])) for name in names}
