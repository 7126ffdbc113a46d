"""Where a metric's past comes from: settled usage, samples, or a file of times and values."""

from __future__ import annotations

import datetime as dt
import functools
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from workbench.core.errors import InputError

from .series import DAY_S, HOUR_S, TimeSeries, make_regular

if TYPE_CHECKING:
    from workbench.store.database import Database

Metric = Literal["load", "errors", "latency", "spend", "memory", "disk", "score"]
Step = Literal["hour", "day"]
STEPS_S = {"hour": HOUR_S, "day": DAY_S}
UNITS = {
    "load": "calls", "errors": "calls", "latency": "s", "spend": "USD", "memory": "bytes",
    "disk": "bytes", "score": "points",
}  # fmt: skip
LEASTS: dict[str, float | None] = {"score": None}  # of all others 0
# One figure a step; a step without a call is none of latency and score, and 0 of the others.
_SQL = {
    "load": "count(*)",
    "errors": "sum(status >= 400)",
    "latency": "avg(duration_s)",
    "spend": "sum(cost_nano_usd) / 1e9",
}


def read_series(
    metric: str, *, step: Step, since: dt.date | None = None, file: Path | None = None
) -> TimeSeries:
    """A metric's past up to the last step that is over: from a file if one is given, memory and
    disk from samples, all others from the usage log.

    Raises:
        InputError: There is nothing of it, or too little.
    """
    if file is not None:
        return read_file(file, step=step, metric=metric)
    since_s = 0.0
    if since is not None:
        when = dt.datetime.fromisoformat(since.isoformat())
        since_s = (when if when.tzinfo else when.replace(tzinfo=dt.UTC)).timestamp()
    read = read_samples if metric in ("memory", "disk") else read_usage
    return read(metric, step=step, since_s=since_s, until_s=time.time())


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
        raise InputError(
            f"no {metric} was sampled in this period",
            hint="a gateway samples by itself; without one: workbench monitoring sample",
        )
    values = list(found.values)
    if metric == "disk":
        total = read("disk_total_bytes").values[-1]
        values = [total - free for free in values]
    return make_regular(found.times_s, values, step_s=step_s, name=metric, unit=UNITS[metric])


def read_usage(
    metric: str, *, step: Step, since_s: float, until_s: float, database: Database | None = None
) -> TimeSeries:
    """A metric of the usage log. The step that ``until_s`` lies in is left out: it is not over.

    Raises:
        InputError: The log has nothing of it, or too little.
    """
    from workbench.store.database import open_database

    step_s = STEPS_S[step]
    table, value = ("feedback", "avg(score)") if metric == "score" else ("usage", _SQL[metric])
    rows = (database or open_database()).read(
        f"SELECT CAST(time_s / ?1 AS INTEGER) AS place, {value} AS value FROM {table} "
        "WHERE time_s >= ?2 AND time_s < ?3 GROUP BY place ORDER BY place",
        (step_s, since_s, until_s // step_s * step_s),
    )
    found = {row["place"]: row["value"] for row in rows if row["value"] is not None}
    if not found:
        raise InputError(
            f"the usage log has no {metric} in this period",
            hint="serve calls first (workbench serve), or give --file",
        )
    if metric not in ("latency", "score"):
        found = {place: found.get(place, 0.0) for place in range(min(found), max(found) + 1)}
    times_s = [place * step_s for place in found]
    return make_regular(
        times_s, list(found.values()), step_s=step_s, name=metric, unit=UNITS[metric]
    )


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
