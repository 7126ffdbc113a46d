"""Look ahead at every series that is recorded, and at every budget."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.core import settings
from workbench.core.errors import InputError
from workbench.core.progress import track

from .actions import suggest
from .budgets import Budget, budgets_of, look_at_budget
from .facts import gather_facts
from .outlooks import look_ahead
from .result import MaintenanceReport, Outlook

if TYPE_CHECKING:
    from workbench.monitoring.forecasting.series import TimeSeries
    from workbench.monitoring.forecasting.sources import Step

METRICS = ("load", "latency", "errors", "spend", "memory", "disk", "score")
_DAYS_FOR_DAILY = 28


def look_at_all(
    *, horizon_days: int, limits: Mapping[str, float], metrics: Sequence[str] = METRICS,
    seed: int = 0,
) -> MaintenanceReport:  # fmt: skip
    """Forecast what is recorded and say what to do.

    Args:
        horizon_days: How far.
        limits: By metric, per hour where less than four weeks are recorded, else per day; memory
            and disk have the machine's where none is given.
        metrics: Which are looked at.
        seed: Of the futures.

    Raises:
        InputError: There is nothing of any metric.
    """
    now_s = time.time()
    outlooks: list[Outlook] = []
    left_out: dict[str, str] = {}
    for metric in track(metrics, "Looking ahead"):
        try:
            outlooks.append(_look(metric, horizon_days, limits, seed))
        except InputError as error:
            left_out[metric] = str(error)
    for budget in _budgets():
        try:
            found = look_at_budget(budget, now_s=now_s, horizon_days=horizon_days, seed=seed)
            outlooks.append(found)
        except InputError as error:
            left_out[budget.series] = str(error)
    if not outlooks:
        told = "; ".join(f"{name}: {why}" for name, why in left_out.items())
        raise InputError(
            f"there is nothing to look at: {told}",
            hint="serve calls first (workbench serve), or ask for one file: "
            "workbench monitoring anomalies --file",
        )
    facts = gather_facts(now_s=now_s, home=settings.home())
    return MaintenanceReport(
        now_s, horizon_days, tuple(outlooks), suggest(outlooks, facts), left_out
    )


def _look(metric: str, horizon_days: int, limits: Mapping[str, float], seed: int) -> Outlook:
    from workbench.monitoring.forecasting.series import DAY_S
    from workbench.monitoring.forecasting.sources import LEASTS, read_series

    hours = read_series(metric, step="hour")
    step: Step = "hour"
    series = hours
    if len(hours.values) * hours.step_s >= _DAYS_FOR_DAILY * DAY_S:
        step, series = "day", read_series(metric, step="day")
    limit, limit_from = limits.get(metric), "given"
    if limit is None:
        limit, limit_from = machine_limit(metric, series)
    return look_ahead(
        series, horizon_days=horizon_days, limit=limit,
        limit_from=f"{limit_from}, a {step}" if limit_from == "given" else limit_from,
        least=LEASTS.get(metric, 0.0), unusual=hours, seed=seed,
    )  # fmt: skip


def machine_limit(metric: str, series: TimeSeries) -> tuple[float | None, str]:
    """What the machine has: the disk's size, and the memory that is held with what is free."""
    from workbench.monitoring.samples.keeping import Samples

    newest = Samples().newest()
    if metric == "disk" and "disk_total_bytes" in newest:
        return newest["disk_total_bytes"].value, "size of the disk"
    if metric == "memory" and "memory_free_bytes" in newest:
        free = newest["memory_free_bytes"].value
        return float(series.values[-1]) + free, "held and free memory"
    return None, ""


def look_at_file(
    path: Path, *, metric: str, step: Step, horizon_days: int, limit: float | None, seed: int = 0
) -> MaintenanceReport:
    """The same of one series from a CSV."""
    from workbench.monitoring.forecasting.sources import LEASTS, read_series

    series = read_series(metric, step=step, file=path)
    outlook = look_ahead(
        series, horizon_days=horizon_days, limit=limit, limit_from=f"given, a {step}",
        least=LEASTS.get(metric, 0.0), seed=seed,
    )  # fmt: skip
    now_s = outlook.start_s
    facts = gather_facts(now_s=now_s, home=settings.home())
    return MaintenanceReport(now_s, horizon_days, (outlook,), suggest((outlook,), facts), {})


def _budgets() -> list[Budget]:
    from workbench.identity.access import list_keys

    return [budget for key in list_keys() for budget in budgets_of(key)]
