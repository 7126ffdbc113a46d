"""What a user can ask of maintenance."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import annotated_types as limits

from workbench.core import settings
from workbench.core.errors import InputError, NotFoundError
from workbench.core.operations import operation
from workbench.monitoring.forecasting.sources import Metric, Step

from .result import MaintenanceReport


@operation(
    "monitoring.maintenance", title="Say what will run out, and what to do", produces="maintenance"
)
def maintenance(
    *,
    horizon_days: Annotated[int, limits.Ge(1), limits.Le(365)] = 14,
    limit: list[str] | None = None,
    metric: list[Metric] | None = None,
    file: Path | None = None,
    step: Step = "hour",
    seed: Annotated[int, limits.Ge(0)] | None = None,
) -> MaintenanceReport:
    """Forecast load, latency, errors, spend, memory, disk, scores and keys' budgets, and suggest.

    Each series comes with when it meets its limit (earliest, likely, latest, or not within the
    horizon) and with what was unusual in the last two weeks; each suggestion with the figures that
    it was read from. Clean-ups and restarts are not counted on.

    Args:
        horizon_days: How far is looked ahead; less where little is recorded, which the notes say.
        limit: What must not be passed, such as latency=2.5 or spend=40: an hour's value, a day's
            from four weeks on. Disk and memory have the machine's.
        metric: Only these.
        file: A CSV with time_s (Unix) or time (ISO 8601) and value, of the one metric that is
            named, in place of what is recorded.
        step: Of the file.
        seed: Of the futures; the setting `seed` if none is given.
    """
    from .looking import METRICS, look_at_all, look_at_file

    told = limits_of(limit or [], METRICS)
    drawn = settings.get("seed") if seed is None else seed
    if file is None:
        return look_at_all(
            horizon_days=horizon_days, limits=told, metrics=metric or METRICS, seed=drawn
        )
    if metric is None or len(metric) != 1:
        raise InputError("a file is of one metric", hint="--metric disk --file disk.csv")
    return look_at_file(
        file, metric=metric[0], step=step, horizon_days=horizon_days, limit=told.get(metric[0]),
        seed=drawn,
    )  # fmt: skip


def limits_of(told: list[str], known: tuple[str, ...]) -> dict[str, float]:
    """Limits from ``metric=value``.

    Raises:
        NotFoundError: There is no such metric.
        InputError: The value is no number, or a metric stands twice.
    """
    found: dict[str, float] = {}
    for each in told:
        name, _, text = each.partition("=")
        if name not in known:
            raise NotFoundError.among("metric", name, known, hint="--limit latency=2.5")
        if name in found:
            raise InputError(f"the limit of {name} is given twice")
        try:
            found[name] = float(text)
        except ValueError:
            raise InputError(f"the limit {each!r} is no number", hint=f"--limit {name}=5") from None
    return found
