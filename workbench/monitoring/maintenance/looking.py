"""Look ahead at every series that is recorded, and at every budget."""

from __future__ import annotations

import contextlib
import functools
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.core import settings
from workbench.core.errors import InputError, WorkbenchError
from workbench.core.progress import progress
from workbench.monitoring.forecasting.sources import NOTHING_YET, SAMPLED, open_usage

from .actions import suggest
from .budgets import Budget, budgets_of, look_at_budget
from .facts import gather_facts
from .outlooks import look_ahead
from .result import MaintenanceReport, Outlook

if TYPE_CHECKING:
    from workbench.monitoring.forecasting.series import TimeSeries
    from workbench.monitoring.forecasting.sources import Step
    from workbench.monitoring.warehouse.questions import Questions

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
    with contextlib.ExitStack() as stack:
        usage: Questions | WorkbenchError | None = None
        if set(metrics) - set(SAMPLED):
            try:
                usage = stack.enter_context(open_usage())
            except WorkbenchError as error:  # a server that is away says nothing of this disk
                usage = error
        looks = [
            (metric, functools.partial(_look, metric, usage, horizon_days, limits, seed))
            for metric in metrics
        ]
        outlooks, left_out = _look_at_each([*looks, *_at_budgets(now_s, horizon_days, seed)])
    if not outlooks:
        raise InputError(
            f"there is nothing to look at: {_told(left_out)}",
            hint="serve calls first (workbench serve), or ask for one file: "
            "workbench monitoring anomalies --file",
        )
    facts = gather_facts(now_s=now_s, home=settings.home())
    return MaintenanceReport(
        now_s, horizon_days, tuple(outlooks), suggest(outlooks, facts), left_out
    )


def _told(left_out: Mapping[str, str]) -> str:
    """Why nothing could be looked at; what is only not there yet, in one go."""
    absent = [name for name, why in left_out.items() if why.endswith(NOTHING_YET)]
    others = [f"{name}: {why}" for name, why in left_out.items() if name not in absent]
    return "; ".join([f"nothing was recorded of {', '.join(absent)}"] * bool(absent) + others)


_Look = tuple[str, Callable[[], Outlook]]


def _at_budgets(now_s: float, horizon_days: int, seed: int) -> list[_Look]:
    return [
        (
            budget.series,
            functools.partial(
                look_at_budget, budget, now_s=now_s, horizon_days=horizon_days, seed=seed
            ),
        )
        for budget in _budgets()
    ]


def _look_at_each(looks: Sequence[_Look]) -> tuple[list[Outlook], dict[str, str]]:
    """What each gave, and why others could not be looked at; stopped where the run is cancelled."""
    outlooks, left_out = [], {}
    with progress("Looking ahead:", total=len(looks), unit="series") as told:
        for done, (name, look) in enumerate(looks):
            told.update(done, message=name)
            try:
                outlooks.append(look())
            except InputError as error:
                left_out[name] = str(error)
    return outlooks, left_out


def _look(
    metric: str, usage: Questions | WorkbenchError | None, horizon_days: int,
    limits: Mapping[str, float], seed: int,
) -> Outlook:  # fmt: skip
    from workbench.monitoring.forecasting.series import DAY_S
    from workbench.monitoring.forecasting.sources import LEASTS, read_series

    if isinstance(usage, WorkbenchError):
        if metric not in SAMPLED:
            raise InputError(usage.message, hint=usage.hint)
        usage = None
    hours = read_series(metric, step="hour", usage=usage)
    step: Step = "hour"
    series = hours
    if len(hours.values) * hours.step_s >= _DAYS_FOR_DAILY * DAY_S:
        step, series = "day", read_series(metric, step="day", usage=usage)
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
