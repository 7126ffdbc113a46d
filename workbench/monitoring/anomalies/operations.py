"""What a user can ask of anomalies."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import annotated_types as limits

from workbench.core.operations import operation
from workbench.monitoring.forecasting.sources import Metric, Step

from .result import AnomalyReport


@operation(
    "monitoring.anomalies", title="Find what seasons and noise do not explain", produces="anomalies"
)
def anomalies(
    *,
    metric: Metric = "load",
    step: Step = "hour",
    level: Annotated[float, limits.Gt(0), limits.Lt(1)] = 0.05,
    holiday: list[str] | None = None,
    since: str | None = None,
    file: Path | None = None,
) -> AnomalyReport:
    """Find windows in which a metric is not what its trend, its seasons and its noise explain.

    Each comes with its kind (spike, level, ramp), direction, size in standard deviations of a quiet
    step, and what was expected and seen. Restarts and clean-ups of what grows between them are told
    apart. Gaps are not looked at; a row that stands twice counts once.

    Args:
        metric: Load, errors, latency, spend and users' score come from the usage log, memory and
            disk from samples.
        step: The length of a step.
        level: With which chance anything is found in a series in which nothing happens.
        holiday: Days that go as Sundays do, such as 2026-12-25 (UTC).
        since: The first day that is looked at, such as 2026-10-01 (UTC).
        file: A CSV with time_s (Unix) or time (ISO 8601) and value, in place of what is recorded.
    """
    from workbench.monitoring.forecasting.sources import LEASTS, read_series
    from workbench.monitoring.warehouse.operations import day

    from .finding import find_anomalies

    series = read_series(metric, step=step, since=day(since), file=file)
    days = [found for found in map(day, holiday or []) if found is not None]
    return find_anomalies(series, holidays=days, level=level, least=LEASTS.get(metric, 0.0))
