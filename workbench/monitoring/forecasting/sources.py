"""Where a metric's past comes from: settled usage, samples, or a file of times and values."""

from __future__ import annotations

import contextlib
import datetime as dt
import functools
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from workbench.core.errors import InputError, NotFoundError
from workbench.monitoring.warehouse.sql import moment

from .series import DAY_S, HOUR_S, TimeSeries, make_regular

if TYPE_CHECKING:
    from workbench.monitoring.warehouse.questions import Questions
    from workbench.store.database import Database

Metric = Literal["load", "errors", "latency", "spend", "memory", "disk", "score"]
Step = Literal["hour", "day"]
STEPS_S = {"hour": HOUR_S, "day": DAY_S}
UNITS = {
    "load": "calls", "errors": "calls", "latency": "s", "spend": "USD", "memory": "bytes",
    "disk": "bytes", "score": "points",
}  # fmt: skip
NOTHING_YET = "in this period"  # how a message ends where nothing is recorded
SAMPLED = ("memory", "disk")
LEASTS: dict[str, float | None] = {"score": None}  # of all others 0
# Measures of metrics.yaml, as everything else counts them. A step without a call is none of latency
# and score, and 0 of the others.
_MEASURES: dict[str, tuple[str, ...]] = {
    "load": ("requests",), "errors": ("requests", "answered"), "latency": ("duration_mean",),
    "spend": ("cost",),
}  # fmt: skip
_SCORES = (
    "SELECT {at}, avg(feedback_score) FROM clean_rows WHERE feedback_score IS NOT NULL "
    "AND time >= {since} AND time < {until} GROUP BY 1 ORDER BY 1"
)


@contextmanager
def open_usage() -> Iterator[Questions | None]:
    """The warehouse, brought up to date where it is this home's; None where there is no usage."""
    from workbench.monitoring.warehouse.opening import fresh_notes, open_warehouse

    with contextlib.ExitStack() as stack:
        warehouse = None
        with contextlib.suppress(NotFoundError):
            fresh_notes()
            warehouse = stack.enter_context(open_warehouse())
        yield warehouse


def read_series(
    metric: str, *, step: Step, since: dt.date | None = None, file: Path | None = None,
    usage: Questions | None = None,
) -> TimeSeries:  # fmt: skip
    """A metric's past up to the last step that is over: from a file if one is given, memory and
    disk from samples, all others from the usage warehouse.

    Args:
        metric: Which.
        step: The length of a step.
        since: The first day that is looked at (UTC).
        file: A CSV in place of what is recorded.
        usage: The warehouse, for who asks several times; by default it is opened for this once.

    Raises:
        InputError: There is nothing of it, or too little.
    """
    if file is not None:
        return read_file(file, step=step, metric=metric)
    since_s = 0.0
    if since is not None:
        when = dt.datetime.fromisoformat(since.isoformat())
        since_s = (when if when.tzinfo else when.replace(tzinfo=dt.UTC)).timestamp()
    if metric in SAMPLED:
        return read_samples(metric, step=step, since_s=since_s, until_s=time.time())
    with open_usage() if usage is None else contextlib.nullcontext(usage) as asked:
        return read_usage(metric, asked, step=step, since_s=since_s, until_s=time.time())


def read_samples(
    metric: str, *, step: Step, since_s: float, until_s: float, database: Database | None = None
) -> TimeSeries:
    """Memory that the gateway and its engines hold, or disk that is taken where the home lies.

    Raises:
        InputError: Nothing was sampled, or too little.
    """
    from workbench.monitoring.samples.keeping import series

    step_s = STEPS_S[step]
    name = "memory_resident_bytes" if metric == "memory" else "disk_free_bytes"
    read = functools.partial(
        series, since=since_s, until=until_s // step_s * step_s, database=database
    )
    found = read(name)
    if not len(found):
        if len(series(name, since=since_s, until=until_s, database=database)):
            raise _not_over(metric, step, until_s)
        raise InputError(
            f"no {metric} was sampled {NOTHING_YET}",
            hint="a gateway samples by itself; without one: workbench monitoring sample",
        )
    values = list(found.values)
    if metric == "disk":
        total = read("disk_total_bytes").values[-1]
        values = [total - free for free in values]
    return make_regular(found.times_s, values, step_s=step_s, name=metric, unit=UNITS[metric])


def read_usage(
    metric: str, usage: Questions | None, *, step: Step, since_s: float, until_s: float
) -> TimeSeries:
    """A metric of the warehouse. The step that ``until_s`` lies in is left out: it is not over.

    Raises:
        InputError: The warehouse has nothing of it, or too little; there is none.
    """
    step_s = STEPS_S[step]
    since, until = (
        dt.datetime.fromtimestamp(each, dt.UTC) for each in (since_s, until_s // step_s * step_s)
    )
    found = {} if usage is None else _ask(metric, usage, step, since, until)
    if not found:
        now = dt.datetime.fromtimestamp(until_s, dt.UTC)
        if usage is not None and _ask(metric, usage, step, since, now):
            raise _not_over(metric, step, until_s)
        raise InputError(
            f"the usage log has no {metric} {NOTHING_YET}",
            hint="serve calls first (workbench serve), or give --file",
        )
    if metric not in ("latency", "score"):
        found = {place: found.get(place, 0.0) for place in range(min(found), max(found) + 1)}
    times_s = [place * step_s for place in found]
    return make_regular(
        times_s, list(found.values()), step_s=step_s, name=metric, unit=UNITS[metric]
    )


def _not_over(metric: str, step: Step, until_s: float) -> InputError:
    """What is recorded lies all in the step that runs."""
    end_s = (until_s // STEPS_S[step] + 1) * STEPS_S[step]
    end = dt.datetime.fromtimestamp(end_s, dt.UTC)
    return InputError(
        f"all that was recorded of {metric} is of the {step} that runs; it counts when that is "
        f"over, at {end:%Y-%m-%d %H:%M} UTC",
        hint="look again then; a forecast takes at least twelve steps",
    )


def _ask(
    metric: str, usage: Questions, step: Step, since: dt.datetime, until: dt.datetime
) -> dict[int, float]:
    """By the step's place since 1970: one figure each, as the warehouse measures it."""
    if metric == "score":
        span = {"since": moment(since), "until": moment(until)}
        rows = usage.query(_SCORES.format(at=step, **span))
    else:
        answer = usage.measure(*_MEASURES[metric], by=(step,), since=since, until=until)
        rows = list(answer.rows)
    return {
        _place(at, STEPS_S[step]): float(values[0] - values[1] if metric == "errors" else values[0])
        for at, *values in rows
        if values[0] is not None
    }


def _place(at: dt.date, step_s: float) -> int:
    when = at if isinstance(at, dt.datetime) else dt.datetime.combine(at, dt.time())
    return int(when.replace(tzinfo=dt.UTC).timestamp() // step_s)


def read_file(path: Path, *, step: Step, metric: str) -> TimeSeries:
    """A CSV with the columns ``time_s`` (Unix) or ``time`` (ISO 8601) and ``value``.

    Raises:
        InputError: It has no such columns, or a time or value that can't be read.
    """
    import csv

    if not path.is_file():
        raise InputError(f"there is no file {path}", hint="give a CSV with time_s and value")
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    columns = set(rows[0]) if rows else set()
    if "value" not in columns or not columns & {"time", "time_s"}:
        raise InputError(
            f"{path.name} has the columns {', '.join(sorted(columns)) or '(none)'}",
            hint="it takes time_s (or time) and value",
        )
    times_s, values = [], []
    for line, row in enumerate(rows, start=2):
        try:
            times_s.append(_time_s(row))
            values.append(float(row["value"] or "nan"))
        except ValueError as error:
            raise InputError(f"line {line} of {path.name}: {error}", hint="mend it") from error
    return make_regular(
        times_s, values, step_s=STEPS_S[step], name=metric, unit=UNITS.get(metric, "")
    )


def _time_s(row: dict[str, Any]) -> float:
    if row.get("time_s"):
        return float(row["time_s"])
    when = dt.datetime.fromisoformat(row["time"])
    return (when if when.tzinfo else when.replace(tzinfo=dt.UTC)).timestamp()
