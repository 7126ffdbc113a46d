"""Rows with a time, watched hour by hour against reference rows."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InputError, NotFoundError
from workbench.core.viewers import Viewable
from workbench.evaluation.embedding_sketch import EmbeddingSketch

from .reading import AnyRows
from .table_sketch import Grid, make_grids, sketch_rows, sketch_table
from .usage import UsageRows
from .watching import StreamAlarm, watch_hours

if TYPE_CHECKING:
    import pandas as pd

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
    reference: AnyRows,
    current: AnyRows,
    *,
    time: str = "time",
    level: float = 0.05,
    gate: bool = False,
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
    first, hours = _span(current, time)
    sides = [side.without(time) for side in (reference, current)]
    grids, left = make_grids(sides[0].sample)
    whole = sketch_rows(sides[0], grids)
    seen = sketch_table(sides[1].sample, grids)  # says what cannot be compared
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
    parts = _by_hour(current, kept, time, first, hours)
    alarm = watch_hours(watched, parts, level=level)

    def told(hour: int) -> str:
        return (first + dt.timedelta(hours=hour)).isoformat(timespec="minutes")

    return StreamWatch(
        reference.name, current.name, told(0), hours, current.count, len(watched), level, alarm,
        told(alarm.hour) if alarm else None, told(alarm.began_hour) if alarm else None, left, gate,
    )  # fmt: skip


def _span(rows: AnyRows, time: str) -> tuple[dt.datetime, int]:
    """The hour at which the rows begin, and over how many hours they go."""
    import pandas as pd

    if time not in rows.names:
        raise NotFoundError.among("column", time, rows.names)
    if isinstance(rows, UsageRows):
        first, last = pd.Timestamp(rows.first), pd.Timestamp(rows.last)
    else:
        times = _read_times(rows.table[time], time)
        first, last = times.min(), times.max()
    first = first.floor("h")
    hours = int((last - first) // pd.Timedelta(hours=1)) + 1
    if hours > _MOST_HOURS:
        raise InputError(
            f"the rows are of {(hours - 1) // 24 + 1} days",
            hint="at most 31; then begin a new watch",
        )
    return first.to_pydatetime(), hours


def _by_hour(
    rows: AnyRows, grids: Mapping[str, Grid], time: str, first: dt.datetime, hours: int
) -> list[Mapping[str, Any]]:
    """The sketches of each hour; of one without rows they are empty."""
    import numpy as np
    import pandas as pd

    made: list[Any] = [None] * hours
    names = list(grids)
    for table in rows.parts([*names, time]):
        none = sketch_table(table[names].iloc[:0], grids, kinds_known=True)
        since = _read_times(table[time], time) - pd.Timestamp(first)
        at = (since // pd.Timedelta(hours=1)).to_numpy(int)
        order = np.argsort(at, kind="stable")
        here, begins = np.unique(at[order], return_index=True)
        for hour, part in zip(here, np.split(order, begins[1:]), strict=True):
            found = sketch_table(table[names].iloc[part], grids, kinds_known=True)
            made[hour] = found if made[hour] is None else made[hour] + found
    return [(none if each is None else each).columns for each in made]


def _read_times(given: pd.Series, time: str) -> pd.Series:
    import pandas as pd

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
    return times
