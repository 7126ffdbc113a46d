"""Limits in ``limits.sqlite`` of the home: the default, which needs no server.

A step is one transaction of a few tens of microseconds, made in the caller's loop. If another
process holds the file the step is made in a thread instead, so that the loop waits a few
milliseconds at most. What the file holds is derived: budgets are counted anew from the usage log,
windows and leases are forgotten with it.

**Clocks.** Windows and leases go by the machine's monotonic clock, which all its processes share
and no setting of the time moves; days and months go by the wall clock. After a restart the
monotonic clock begins anew: what then seems to come from the future is taken as of now, so that
nothing is let through and nothing is stuck for longer than a window.
"""

from __future__ import annotations

import asyncio
import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from workbench.core import settings
from workbench.core.errors import BusyError, StorageError
from workbench.identity.principals import Principal
from workbench.store.database import Database
from workbench.store.migrations import Migration
from workbench.store.usage_rows import NANO, to_nano

from .leases import Renewals
from .protocol import (
    LEASE_S,
    WINDOW_S,
    LimitUse,
    Reservation,
    Truth,
    has_limits,
    new_reservation_id,
    not_held,
)
from .rules import Asked, Figures, judge, period_bounds_s, periods, to_asked

FILE_NAME = "limits.sqlite"
_LOOP_WAIT_S = 0.004
_THREAD_WAIT_S = 2.0
_FORGOTTEN_S = 86_400.0  # a lease that ran out can still be settled for so long
T = TypeVar("T")

MIGRATIONS = (
    Migration(
        "limits",
        """
CREATE TABLE open (
    key_id TEXT NOT NULL,
    id TEXT NOT NULL,
    tokens INTEGER NOT NULL,
    nano_usd INTEGER NOT NULL,
    stream INTEGER NOT NULL,
    until_s REAL NOT NULL,
    PRIMARY KEY (key_id, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE buckets (
    key_id TEXT NOT NULL,
    second INTEGER NOT NULL,
    requests INTEGER NOT NULL,
    tokens INTEGER NOT NULL,
    PRIMARY KEY (key_id, second)
) STRICT, WITHOUT ROWID;
CREATE TABLE budgets (
    key_id TEXT NOT NULL,
    period TEXT NOT NULL,
    tokens INTEGER NOT NULL,
    nano_usd INTEGER NOT NULL,
    PRIMARY KEY (key_id, period)
) STRICT, WITHOUT ROWID;
""",
    ),
)


class _UncountedError(Exception):
    """The budgets of this key and period are not counted yet."""


class SqliteLimits:
    """Limits in a SQLite file.

    Args:
        path: The file, by default ``limits.sqlite`` of the home.
        truth: What was settled, by default of the usage log of the home.
        clock: Tells Unix time; tests give their own.
        steady: Tells the time of windows and leases; tests give their own.
        lease_s: How long a reservation holds unless it is renewed.
    """

    def __init__(
        self,
        path: Path | None = None,
        *,
        truth: Truth | None = None,
        clock: Callable[[], float] = time.time,
        steady: Callable[[], float] = time.monotonic,
        lease_s: float = LEASE_S,
    ) -> None:
        path = path or settings.home() / FILE_NAME
        self._fast = Database(path, migrations=MIGRATIONS, busy_s=_LOOP_WAIT_S, durable=False)
        self._patient = Database(path, migrations=MIGRATIONS, busy_s=_THREAD_WAIT_S, durable=False)
        self._truth = truth or _usage_truth()
        self._clock, self._steady, self.lease_s = clock, steady, lease_s
        # One thread: steps that must wait for the file do it one behind the other.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="limits")
        self._renewals = Renewals(self._renew, every_s=lease_s / 3)
        self._patient.connection()  # a file that cannot be opened is told now
        self._tidied_s = float("-inf")

    async def reserve(
        self,
        principal: Principal,
        *,
        tokens: int,
        usd: float = 0.0,
        stream: bool = False,
        now_s: float | None = None,
    ) -> Reservation:
        """Hold what a call may need at most; see ``LimitStore``."""
        asked = to_asked(tokens, usd, stream=stream)
        if not has_limits(principal.limits):
            return not_held(principal, tokens=tokens, usd=usd, stream=stream)
        made_id = new_reservation_id()
        step = lambda database, count: self._reserve(  # noqa: E731 - one step, run here or there
            database, principal, asked, made_id, now_s, count=count
        )
        made = await self._step(step)
        self._renewals.add(made)
        return made

    async def settle(
        self, reservation: Reservation, *, tokens: int, usd: float = 0.0, now_s: float | None = None
    ) -> None:
        """Count what was used, once, and give back the rest; see ``LimitStore``."""
        if reservation.held:
            self._renewals.drop(reservation)
            used = (max(0, int(tokens)), max(0, to_nano(usd)))
            await self._step(lambda database, _: self._settle(database, reservation, used, now_s))

    async def release(self, reservation: Reservation) -> None:
        """Give back all; see ``LimitStore``."""
        if reservation.held:
            self._renewals.drop(reservation)
            await self._step(lambda database, _: self._take(database, reservation))

    async def usage(self, key_id: str) -> LimitUse:
        """What a key has used and holds now; see ``LimitStore``."""

        def step(database: Database, _: bool) -> LimitUse:
            with database.transaction() as connection:
                return self._figures(connection, key_id, None, count=True).use(key_id)

        return await self._apart(step)

    async def rebuild(self) -> None:
        """Count budgets anew from the usage log: each when it is next asked for."""

        def step(database: Database, _: bool) -> None:
            with database.transaction() as connection:
                connection.execute("DELETE FROM budgets")

        await self._apart(step)

    async def close(self) -> None:
        """Let go of the file; see ``LimitStore``."""
        await self._renewals.close()
        await asyncio.get_running_loop().run_in_executor(self._thread, self._patient.close)
        self._thread.shutdown()
        self._patient.close()
        self._fast.close()

    async def _step(self, step: Callable[[Database, bool], T]) -> T:
        """Make a step here, or in the thread if the file is held or budgets must be counted."""
        try:
            return step(self._fast, False)
        except _UncountedError:
            pass
        except StorageError as error:
            if not _is_busy(error):
                raise
        return await self._apart(step)

    async def _apart(self, step: Callable[[Database, bool], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(
                self._thread, step, self._patient, True
            )
        except StorageError as error:
            if not _is_busy(error):
                raise
            raise BusyError(
                f"{self._patient.path} is held by another process that does not let go",
                hint="look for a stopped workbench process and end it",
                retry_after_s=1.0,
            ) from error

    def _reserve(
        self,
        database: Database,
        principal: Principal,
        asked: Asked,
        made_id: str,
        now_s: float | None,
        *,
        count: bool,
    ) -> Reservation:
        with database.transaction() as connection:
            figures = self._figures(
                connection, principal.key_id, now_s, count=count, budgets=_has_budgets(principal)
            )
            left = judge(principal, figures, asked)
            connection.execute(
                "INSERT INTO open VALUES (?, ?, ?, ?, ?, ?)",
                (
                    principal.key_id,
                    made_id,
                    asked.tokens,
                    asked.nano_usd,
                    asked.stream,
                    figures.window_s + self.lease_s,
                ),
            )
            self._count(connection, principal.key_id, int(figures.window_s), requests=1)
        return Reservation(
            made_id,
            principal.key_id,
            asked.tokens,
            asked.nano_usd / NANO,
            asked.stream,
            store="sqlite",
            left=left,
        )

    def _settle(
        self,
        database: Database,
        reservation: Reservation,
        used: tuple[int, int],
        now_s: float | None,
    ) -> None:
        key_id, (tokens, nano_usd) = reservation.key_id, used
        with database.transaction() as connection:
            if not _remove(connection, reservation):
                return  # it was settled or released before
            steady_s = self._steady() if now_s is None else now_s
            if tokens:
                self._count(connection, key_id, int(steady_s), tokens=tokens)
            for period in periods(self._clock() if now_s is None else now_s):
                # Where there is no row it is not counted yet: then the usage log has this as well.
                connection.execute(
                    "UPDATE budgets SET tokens = tokens + ?, nano_usd = nano_usd + ? "
                    "WHERE key_id = ? AND period = ?",
                    (tokens, nano_usd, key_id, period),
                )

    def _take(self, database: Database, reservation: Reservation) -> None:
        with database.transaction() as connection:
            _remove(connection, reservation)

    def _renew(self, reservations: list[Reservation]) -> None:
        until_s = self._steady() + self.lease_s
        with self._patient.transaction() as connection:
            connection.executemany(
                "UPDATE open SET until_s = ? WHERE key_id = ? AND id = ?",
                [(until_s, each.key_id, each.id) for each in reservations],
            )

    def _figures(
        self,
        connection: sqlite3.Connection,
        key_id: str,
        now_s: float | None,
        *,
        count: bool,
        budgets: bool = True,
    ) -> Figures:
        steady_s = self._steady() if now_s is None else now_s
        wall_s = self._clock() if now_s is None else now_s
        rows = connection.execute(
            "SELECT second, requests, tokens FROM buckets WHERE key_id = ? ORDER BY second",
            (key_id,),
        ).fetchall()
        first = int(steady_s) - WINDOW_S
        if rows and (rows[0][0] < first or rows[-1][0] > steady_s):
            rows = _mend_buckets(connection, key_id, first, int(steady_s))
        tokens, nano_usd, streams = connection.execute(
            "SELECT coalesce(sum(tokens), 0), coalesce(sum(nano_usd), 0), coalesce(sum(stream), 0) "
            "FROM open WHERE key_id = ? AND until_s > ?",
            (key_id, steady_s),
        ).fetchone()
        day, month = (
            [self._settled(connection, key_id, period, count=count) for period in periods(wall_s)]
            if budgets
            else [(0, 0), (0, 0)]
        )
        return Figures(
            steady_s,
            wall_s,
            [(row[0], row[1]) for row in rows if row[1]],
            [(row[0], row[2]) for row in rows if row[2]],
            tokens,
            nano_usd,
            streams,
            day,
            month,
        )

    def _settled(
        self, connection: sqlite3.Connection, key_id: str, period: str, *, count: bool
    ) -> tuple[int, int]:
        """What a key's settlements of a period come to.

        Counting them holds the file, so that no settlement falls between the usage log and here.
        One that is in the log and not yet settled here is left out, for it will be added.
        """
        row = connection.execute(
            "SELECT tokens, nano_usd FROM budgets WHERE key_id = ? AND period = ?", (key_id, period)
        ).fetchone()
        if row is not None:
            return row[0], row[1]
        if not count:
            raise _UncountedError
        unsettled = connection.execute("SELECT id FROM open WHERE key_id = ?", (key_id,)).fetchall()
        counted = self._truth(key_id, *period_bounds_s(period), [each[0] for each in unsettled])
        connection.execute("INSERT INTO budgets VALUES (?, ?, ?, ?)", (key_id, period, *counted))
        return counted

    def _count(
        self,
        connection: sqlite3.Connection,
        key_id: str,
        second: int,
        *,
        requests: int = 0,
        tokens: int = 0,
    ) -> None:
        connection.execute(
            "INSERT INTO buckets VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
            "requests = requests + excluded.requests, tokens = tokens + excluded.tokens",
            (key_id, second, requests, tokens),
        )


def _has_budgets(principal: Principal) -> bool:
    return any(name.startswith("budget") for name, _ in principal.limits.items())


def _remove(connection: sqlite3.Connection, reservation: Reservation) -> bool:
    cursor = connection.execute(
        "DELETE FROM open WHERE key_id = ? AND id = ?", (reservation.key_id, reservation.id)
    )
    return cursor.rowcount == 1


def _mend_buckets(
    connection: sqlite3.Connection, key_id: str, first: int, now: int
) -> list[sqlite3.Row]:
    """Drop buckets that count no more, and take those from the future as of now."""
    connection.execute("DELETE FROM buckets WHERE key_id = ? AND second < ?", (key_id, first))
    requests, tokens = connection.execute(
        "SELECT sum(requests), sum(tokens) FROM buckets WHERE key_id = ? AND second > ?",
        (key_id, now),
    ).fetchone()
    if requests is not None:
        connection.execute("DELETE FROM buckets WHERE key_id = ? AND second > ?", (key_id, now))
        connection.execute(
            "INSERT INTO buckets VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
            "requests = requests + excluded.requests, tokens = tokens + excluded.tokens",
            (key_id, now, requests, tokens),
        )
    return connection.execute(
        "SELECT second, requests, tokens FROM buckets WHERE key_id = ? ORDER BY second", (key_id,)
    ).fetchall()


def _is_busy(error: StorageError) -> bool:
    code = getattr(error.__cause__, "sqlite_errorcode", 0) & 0xFF
    return code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _usage_truth() -> Truth:
    from workbench.store.database import open_database
    from workbench.store.usage_queries import settled_of

    database = open_database()
    return lambda *of: settled_of(database, *of)
