"""Where samples are kept: a row a name and minute, an hour once minutes are two days old."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from workbench.core.errors import NotFoundError
from workbench.core.moments import moment_s
from workbench.core.viewers import Viewable
from workbench.store.database import Database, open_database

from .kinds import KINDS, Kind

MINUTE_S, HOUR_S = 60, 3600
MINUTES_KEPT_S = 2 * 86_400
HOURS_KEPT_S = 400 * 86_400

# What falls into a span that has a row is averaged with it: two may write in one minute.
_MERGE = """
ON CONFLICT (name, step_s, start_s) DO UPDATE SET
    mean = mean + (excluded.mean - mean) * excluded.readings / (readings + excluded.readings),
    low = min(low, excluded.low), high = max(high, excluded.high),
    readings = readings + excluded.readings
"""
_ADD = f"INSERT INTO samples VALUES (?, {MINUTE_S}, ?, ?, ?, ?, 1) {_MERGE}"
_FOLD = f"""
INSERT INTO samples SELECT name, {HOUR_S}, start_s / {HOUR_S} * {HOUR_S} AS hour,
    sum(mean * readings) / sum(readings), min(low), max(high), sum(readings)
FROM samples WHERE step_s = {MINUTE_S} AND start_s < ? GROUP BY name, hour {_MERGE}
"""


@dataclass(frozen=True)
class SampleSeries(Viewable):
    """Samples of one name, the oldest first: the mean of each span with its least and greatest
    reading. ``times_s`` are the Unix times at which spans begin, ``steps_s`` how long each is: a
    minute, or an hour where they are older than two days. A span without a reading is not there."""

    name: str
    unit: str
    times_s: tuple[float, ...]
    values: tuple[float, ...]
    low: tuple[float, ...] = field(default=(), repr=False)
    high: tuple[float, ...] = field(default=(), repr=False)
    steps_s: tuple[float, ...] = field(default=(), repr=False)

    def __len__(self) -> int:
        return len(self.times_s)


@dataclass(frozen=True)
class Newest:
    """The newest reading of a name, and when its span began."""

    kind: Kind
    value: float
    time_s: float


class Samples:
    """The samples of one store.

    Args:
        database: The store, by default that of WORKBENCH_HOME.
        clock: Tells Unix time; tests give their own.
    """

    def __init__(
        self, database: Database | None = None, *, clock: Callable[[], float] = time.time
    ) -> None:
        self._database = database
        self._clock = clock

    @property
    def database(self) -> Database:
        """The store."""
        return self._database or open_database()

    def add(self, readings: Mapping[str, float]) -> int:
        """Keep readings of now, in one transaction; returns how many.

        A value that is no finite number is left out.
        """
        start_s = int(self._clock() // MINUTE_S * MINUTE_S)
        rows = [
            (name, start_s, value, value, value)
            for name, value in readings.items()
            if math.isfinite(value)
        ]
        with self.database.transaction() as connection:
            connection.executemany(_ADD, rows)
        return len(rows)

    def thin(self) -> int:
        """Put minutes that are older than two days together to hours, and forget hours that are
        older than 400 days; returns how many rows fewer there are."""
        now_s = self._clock()
        whole_s = int((now_s - MINUTES_KEPT_S) // HOUR_S * HOUR_S)
        last_s = int((now_s - HOURS_KEPT_S) // HOUR_S * HOUR_S)
        with self.database.transaction() as connection:
            before = connection.execute("SELECT count(*) FROM samples").fetchone()[0]
            connection.execute(_FOLD, (whole_s,))
            for step_s, until_s in ((MINUTE_S, whole_s), (HOUR_S, last_s)):
                connection.execute(
                    "DELETE FROM samples WHERE step_s = ? AND start_s < ?", (step_s, until_s)
                )
            after = connection.execute("SELECT count(*) FROM samples").fetchone()[0]
        return int(before - after)

    def series(
        self, name: str, *, since: float | str | None = None, until: float | str | None = None
    ) -> SampleSeries:
        """The samples of a name from one moment up to another; see ``series``."""
        kind = _kind(name)
        now_s = self._clock()
        bounds = (_bound_s(since, -math.inf, now_s), _bound_s(until, math.inf, now_s))
        rows = self.database.read(
            "SELECT start_s, step_s, mean, low, high FROM samples WHERE name = ? "
            "AND start_s >= ? AND start_s < ? ORDER BY start_s, step_s",
            (name, *bounds),
        )
        columns = ("start_s", "mean", "low", "high", "step_s")
        return SampleSeries(
            name, kind.unit, *(tuple(row[each] for row in rows) for each in columns)
        )

    def newest(self, *, until_s: float | None = None) -> dict[str, Newest]:
        """The newest reading of each name that has one, up to a Unix time."""
        rows = [
            row
            for name in KINDS
            for row in self.database.read(
                "SELECT name, start_s, mean FROM samples WHERE name = ? AND step_s = ? "
                "AND start_s <= ? ORDER BY start_s DESC LIMIT 1",
                (name, MINUTE_S, self._clock() if until_s is None else until_s),
            )
        ]
        return {
            row["name"]: Newest(KINDS[row["name"]], row["mean"], float(row["start_s"]))
            for row in rows
        }


def series(
    name: str,
    *,
    since: float | str | None = None,
    until: float | str | None = None,
    database: Database | None = None,
) -> SampleSeries:
    """What was sampled under a name.

    Args:
        name: Of ``KINDS``, such as ``disk_free_bytes``.
        since: The first moment: a Unix time, or as users say it (``24h``, ``2026-11-25``).
        until: The first that does not count any more.
        database: The store, by default that of WORKBENCH_HOME.

    Raises:
        NotFoundError: Nothing is sampled under that name.
    """
    return Samples(database).series(name, since=since, until=until)


def _kind(name: str) -> Kind:
    if name not in KINDS:
        raise NotFoundError.among("sample", name, KINDS, hint="workbench monitoring sample")
    return KINDS[name]


def _bound_s(told: float | str | None, otherwise: float, now_s: float) -> float:
    if told is None:
        return otherwise
    return moment_s(told, now_s=now_s) if isinstance(told, str) else float(told)
