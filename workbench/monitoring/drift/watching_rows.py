"""Rows with a time, watched hour by hour against reference rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from workbench.core.errors import InputError, NotFoundError
from workbench.core.viewers import Viewable
from workbench.evaluation.embedding_sketch import EmbeddingSketch

from .reading import Rows
from .table_sketch import make_grids, sketch_table
from .watching import StreamAlarm, watch_hours

_MOST_HOURS = 24 * 31


@dataclass(frozen=True)
class StreamWatch(Viewable):
    """What a watch of so many ``hours`` from ``since`` on came to: ``alarm`` is None where nothing
    was more than chance. ``raised`` and ``began`` are its hours as times in UTC."""

    reference: str
    current: str
    since: str
    hours: int
    rows: int
    columns: int
    level: float
    alarm: StreamAlarm | None
    raised: str | None
    began: str | None
    left_out: Mapping[str, str] = field(default_factory=dict)
    gate: bool = False

    @property
    def ok(self) -> bool:
        """What a gate goes by."""
        return not (self.gate and self.alarm is not None)


def watch_rows(
    reference: Rows, current: Rows, *, time: str = "time", level: float = 0.05, gate: bool = False
) -> StreamWatch:
    """Watch rows hour by hour, and say in which column and when they changed.

    Args:
        reference: Rows that were normal; of a whole week, if traffic has a week.
        current: Rows with their time, in any order; at most 31 days.
        time: The column with it: times, ISO 8601 in text, or Unix seconds.
        level: The chance that the watch alarms though nothing changes.
        gate: Whether ``ok`` is False after an alarm.

    Raises:
        NotFoundError: There is no such column.
        InputError: A time cannot be read, or the rows are of more than 31 days.
    """
    import numpy as np

    hours, first = _hours(current, time)
    tables = [side.table.drop(columns=time, errors="ignore") for side in (reference, current)]
    grids, left = make_grids(tables[0])
    whole = sketch_table(tables[0], grids)
    seen = sketch_table(tables[1], grids)  # says what cannot be compared
    left = {**left, **{name: why for name, why in seen.left_out.items() if name not in left}}
    watched: dict[str, Any] = {}
    for name, sketch in whole.columns.items():
        if isinstance(sketch, EmbeddingSketch):
            left[name] = "an hour holds too few embeddings to be watched"
        elif name in seen.columns:
            watched[name] = sketch
    if not watched:
        raise InputError("no column can be watched", hint="numbers or categories in both")
    kept = {name: grids[name] for name in watched}
    order = np.argsort(hours, kind="stable")
    cuts = np.searchsorted(hours[order], np.arange(1, hours.max() + 1))
    chosen = tables[1][list(watched)]
    parts = [
        sketch_table(chosen.iloc[part], kept, kinds_known=True).columns
        for part in np.split(order, cuts)
    ]
    alarm = watch_hours(watched, parts, level=level)

    def told(hour: int) -> str:
        return (first + dt.timedelta(hours=hour)).isoformat(timespec="minutes")

    return StreamWatch(
        reference.name, current.name, told(0), len(parts), len(chosen), len(watched), level, alarm,
        told(alarm.hour) if alarm else None, told(alarm.began_hour) if alarm else None, left, gate,
    )  # fmt: skip


def _hours(rows: Rows, time: str) -> tuple[Any, dt.datetime]:
    """The hour of each row, from 0, and the time at which the first one begins."""
    import pandas as pd

    if time not in rows.table.columns:
        raise NotFoundError.among("column", time, list(rows.table.columns))
    given = rows.table[time]
    seconds = pd.api.types.is_numeric_dtype(given)
    known = pd.api.types.is_datetime64_any_dtype(given) or seconds
    options: dict[str, Any] = {"unit": "s"} if seconds else {}
    try:
        times = pd.to_datetime(
            given, utc=True, **options | ({} if known else {"format": "ISO8601"})
        )
    except (ValueError, TypeError) as error:
        raise InputError(f"a time of {time} cannot be read: {error}", hint="ISO 8601") from None
    if not len(times) or bool(times.isna().any()):
        raise InputError(f"{int(times.isna().sum())} of {len(times)} rows have no time in {time}")
    first = times.min().floor("h")
    hours = ((times - first) // pd.Timedelta(hours=1)).to_numpy(int)
    if hours.max() >= _MOST_HOURS:
        raise InputError(
            f"the rows are of {hours.max() // 24 + 1} days",
            hint="at most 31; then begin a new watch",
        )
    return hours, first.to_pydatetime()
