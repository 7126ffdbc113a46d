"""What a user can ask of forecasts."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import annotated_types as limits

from workbench.core import settings
from workbench.core.operations import operation

from .forecast import Forecast
from .sources import Metric, Step

_USUAL_HORIZON = {"hour": 48, "day": 14}


@operation("monitoring.forecast", title="Forecast load, latency or spend", produces="forecast")
def forecast(
    *,
    metric: Metric = "load",
    step: Step = "hour",
    horizon: Annotated[int, limits.Ge(1), limits.Le(1000)] | None = None,
    level: Annotated[float, limits.Gt(0), limits.Lt(1)] = 0.9,
    limit: float | None = None,
    since: str | None = None,
    file: Path | None = None,
    seed: Annotated[int, limits.Ge(0)] | None = None,
) -> Forecast:
    """Forecast a metric of the gateway with intervals, and when a limit is met.

    The model is the one, or the mean, that did best on earlier ends of the series; intervals come
    from the errors that it made there. Load, errors, latency, spend and users' scores are read from
    the usage log, memory and disk from what was sampled; anything else from a file.

    Args:
        metric: What is forecast.
        step: The length of a step.
        horizon: How many steps; 48 hours or 14 days if it is not given.
        level: The share of what comes that is to lie in the interval.
        limit: What the metric must not pass (in its unit): says when it will.
        since: The first day that is looked at, such as 2026-10-01 (UTC).
        file: A CSV with time_s (Unix) or time (ISO 8601) and value, in place of what is recorded.
        seed: Of the futures that are drawn for a limit; the setting `seed` if none is given.
    """
    from workbench.monitoring.warehouse.operations import day

    from .forecast import make_forecast
    from .series import check_least
    from .sources import LEASTS, read_series

    series = read_series(metric, step=step, since=day(since), file=file)
    check_least(series, LEASTS.get(metric, 0.0))
    return make_forecast(
        series, horizon or _USUAL_HORIZON[step], level=level, limit=limit,
        least=LEASTS.get(metric, 0.0), seed=settings.get("seed") if seed is None else seed,
    )  # fmt: skip
