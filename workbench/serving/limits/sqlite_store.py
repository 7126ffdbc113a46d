"""Limits in ``limits.sqlite`` of the home: the default, which needs no server.

A step is one transaction of some tens of microseconds, made in the caller's loop. The reservations
that are asked for in one turn of the loop are one step, which judges one after the other, and what
was settled since the last one goes into it as well. If another process holds the file the step is
made in a thread instead, so that the loop waits a few milliseconds at most.

**Clocks.** Windows and leases go by the machine's monotonic clock, which all its processes share
and no setting of the time moves; days and months go by the wall clock. After a restart the
monotonic clock begins anew: what then seems to come from the future is taken as of now, so that
nothing is let through and nothing is stuck for longer than a window.
"""

from __future__ import annotations

import asyncio
import contextlib
import copy
import dataclasses
import logging
import sqlite3
import sys
import time
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple, TypeVar

from workbench.core import settings
from workbench.core.errors import (
    BusyError,
    ConflictError,
    IntegrityError,
    LimitError,
    StorageError,
)
from workbench.identity.principals import Principal
from workbench.store.database import Database
from workbench.store.usage_rows import NANO, to_nano

from . import sqlite_steps as steps
from .carrying import Carried
from .leases import Renewals
from .protocol import (
    LEASE_S,
    LimitUse,
    Reservation,
    Truth,
    has_limits,
    new_reservation_id,
    not_held,
)
from .rules import Asked, judge, to_asked
from .sqlite_sheets import Late, Sheets
from .sqlite_steps import MIGRATIONS, Moment, UncountedError
from .truth import usage_truth

FILE_NAME = "limits.sqlite"
_LOOP_WAIT_S = 0.004
_THREAD_WAIT_S = 2.0
_SETTLED_WITHIN_S = 0.01  # until then more is held than was used, never less
_FORGOTTEN_S = 86_400.0  # a lease that ran out can still be settled for so long
_MOST_TASKS = 16
_TIDY_STEPS = 500  # about 4 MB of the WAL
log = logging.getLogger(__name__)
T = TypeVar("T")
Step = Callable[[sqlite3.Connection, Truth | None], T]


class _Wish(NamedTuple):
    """A reservation that is asked for."""

    principal: Principal
    made_id: str
    asked: Asked
    now: Moment
    made: asyncio.Future[Reservation | LimitError]


class _Grants:
    """The step that makes reservations, each or its refusal.

    Args:
        wishes: In the order in which they came.
        sheets_of: Gives the sheets for a connection.
        lease_s: How long they hold.
    """

    def __init__(
        self,
        wishes: Sequence[_Wish],
        sheets_of: Callable[[sqlite3.Connection], Sheets],
        *,
        lease_s: float,
    ) -> None:
        self._wishes, self._sheets_of, self._lease_s = wishes, sheets_of, lease_s

    def __call__(
        self, connection: sqlite3.Connection, truth: Truth | None
    ) -> list[Reservation | LimitError]:
        """Make them, in a transaction."""
        sheets = self._sheets_of(connection)
        made: list[Reservation | LimitError] = []
        for wish in self._wishes:
            try:
                made.append(self._make(connection, sheets, wish, truth))
            except LimitError as refusal:
                made.append(refusal)  # raised here it would undo what was mended on the way
        sheets.write(connection)
        return made

    def _make(
        self, connection: sqlite3.Connection, sheets: Sheets, wish: _Wish, truth: Truth | None
    ) -> Reservation:
        principal, asked, now = wish.principal, wish.asked, wish.now
        if wish.made.cancelled():
            return Reservation(wish.made_id, principal.key_id, held=False)
        sheet = sheets.find(
            connection, principal.key_id, now, truth=truth, budgets=principal.limits.has_budgets
        )
        left = judge(principal, sheet.figures(now), asked)
        sheet.hold(wish.made_id, asked, now, lease_s=self._lease_s)
        return Reservation(
            wish.made_id,
            principal.key_id,
            asked.tokens,
            asked.nano_usd / NANO,
            asked.stream,
            store="sqlite",
            left=left,
        )


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
        self.path = path or settings.home() / FILE_NAME
        self._truth = truth or usage_truth()
        self._clock, self._steady, self.lease_s = clock, steady, lease_s
        self._fast, self._patient = _open(self.path)
        self._made = 0
        self._wishes: list[_Wish] = []
        self._sheets = Sheets(lease_s=lease_s)
        self._late: dict[str, Late] = {}
        self._flush: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        # One thread: steps that must wait for the file do it one behind the other.
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="limits")
        self._renewals = Renewals(self._renew, every_s=lease_s / 3)
        self._tidy()

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
        loop = asyncio.get_running_loop()
        made_id, now = new_reservation_id(), self._now(now_s)
        wish = _Wish(principal, made_id, asked, now, loop.create_future())
        try:
            if not self._wishes and not self._renewals.any:  # nobody else is here to be waited for
                made = (await self._make(self._grants([wish])))[0]
            else:
                self._wishes.append(wish)
                if len(self._wishes) == 1:  # after it come those who ask in this turn of the loop
                    self._start(self._grant())
                made = await wish.made
        except asyncio.CancelledError:
            # It may have been made before: then it is given back with the next step.
            wish.made.cancel()
            self._keep(Late(Reservation(made_id, principal.key_id)))
            raise
        if isinstance(made, LimitError):
            raise made
        self._renewals.add(made)
        return made

    async def _grant(self) -> None:
        """Make the reservations that are asked for."""
        wishes, self._wishes = self._wishes, []
        try:
            made = await self._make(self._grants(wishes))
        except Exception as error:  # noqa: BLE001 - it is raised to each who asked
            for wish in wishes:
                if not wish.made.done():
                    wish.made.set_exception(copy.copy(error))
            return
        for wish, each in zip(wishes, made, strict=True):
            if not wish.made.done():  # else who asked has gone away
                wish.made.set_result(each)

    def _grants(self, wishes: Sequence[_Wish]) -> _Grants:
        return _Grants(wishes, self._sheets_of, lease_s=self.lease_s)

    async def settle(
        self, reservation: Reservation, *, tokens: int, usd: float = 0.0, now_s: float | None = None
    ) -> None:
        """Count what was used, once, and give back the rest; see ``LimitStore``."""
        if not reservation.held:
            return
        self._renewals.drop(reservation)
        nano_usd = max(0, to_nano(usd))
        self._keep(Late(reservation, max(0, int(tokens)), nano_usd, self._now(now_s)))

    def _keep(self, late: Late) -> None:
        """Do it with the next step, before that, or else in a moment: half the transactions."""
        self._late.setdefault(late.reservation.id, late)  # the first word counts
        if self._flush is None:
            loop = asyncio.get_running_loop()
            self._flush = loop.call_later(_SETTLED_WITHIN_S, self._settle_late)

    def _settle_late(self) -> None:
        self._flush = None
        if self._late:
            self._start(self._settle_now())

    async def _settle_now(self) -> None:
        if self._late:
            try:
                await self._make(lambda connection, _: None)
            except (StorageError, BusyError) as error:
                log.warning("what was used is counted later: %s", error)

    def _start(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)  # the loop itself does not hold on to it
        if len(self._tasks) > _MOST_TASKS:
            self._tasks = {each for each in self._tasks if not each.done()}

    async def release(self, reservation: Reservation) -> None:
        """Give back all; see ``LimitStore``."""
        if reservation.held:
            self._renewals.drop(reservation)
            self._late.setdefault(reservation.id, Late(reservation))
            await self._settle_now()

    async def carry_over(self, carried: Carried) -> None:
        """Count and hold what was let through elsewhere, as if it had been here."""
        now = self._now(None)

        def step(connection: sqlite3.Connection, _: Truth | None) -> None:
            steps.carry(connection, carried, now, until_s=now.steady_s + self.lease_s)

        await self._make(step)
        for each in carried.held:
            self._renewals.add(dataclasses.replace(each, store="sqlite"))

    async def usage(self, key_id: str) -> LimitUse:
        """What a key has used and holds now; see ``LimitStore``."""
        now = self._now(None)

        def step(connection: sqlite3.Connection, truth: Truth | None) -> LimitUse:
            figures = steps.read_figures(connection, key_id, now, lease_s=self.lease_s, truth=truth)
            return figures.use(key_id)

        return await self._make(step)

    async def rebuild(self) -> None:
        """Count budgets anew from the usage log: each when it is next asked for."""
        await self._make(lambda connection, _: connection.execute("DELETE FROM budgets"))

    async def close(self) -> None:
        """Let go of the file; see ``LimitStore``."""
        await self._renewals.close()
        if self._flush is not None:
            self._flush.cancel()
        await self._settle_now()
        await asyncio.get_running_loop().run_in_executor(self._thread, self._patient.close)
        self._thread.shutdown()
        self._patient.close()
        self._fast.close()

    async def _make(self, step: Step[T]) -> T:
        """Make a step here, or in the thread if the file is held or budgets must be counted."""
        self._made += 1
        loop = asyncio.get_running_loop()
        if self._made % _TIDY_STEPS == 0:
            loop.run_in_executor(self._thread, self._tidy)
        try:
            return self._run(self._fast, step, None)
        except UncountedError:
            pass
        except StorageError as error:
            if not _is_busy(error):
                raise
        return await loop.run_in_executor(self._thread, self._run_patiently, step)

    def _run_patiently(self, step: Step[T]) -> T:
        try:
            return self._run(self._patient, step, self._truth)
        except StorageError as error:
            if not _is_busy(error):
                raise
            raise BusyError(
                f"{self.path} is held by another process that does not let go",
                hint="look for a stopped workbench process and end it",
                retry_after_s=1.0,
                http_status=503,
            ) from error

    def _run(self, database: Database, step: Step[T], truth: Truth | None) -> T:
        sheets = self._sheets if database is self._fast else Sheets(lease_s=self.lease_s)
        try:
            with database.transaction() as connection:
                sheets.begin(connection)
                late = list(self._late.values()) if self._late else ()
                for each in late:
                    sheets.end(connection, each)
                if not isinstance(step, _Grants):  # which writes all at once
                    sheets.write(connection)
                made = step(connection, truth)
        except BaseException:
            sheets.forget()
            raise
        if not isinstance(step, _Grants):  # it may have written past the sheets
            sheets.forget()
        for each in late:
            if self._late.get(each.reservation.id) is each:
                del self._late[each.reservation.id]
        return made

    def _sheets_of(self, connection: sqlite3.Connection) -> Sheets:
        """The sheets that are kept for the loop's connection; for the thread's, empty ones."""
        if self._sheets.connection is connection:
            return self._sheets
        return Sheets(lease_s=self.lease_s)

    def _renew(self, reservations: list[Reservation]) -> None:
        with self._patient.transaction() as connection:
            steps.renew(connection, reservations, self._steady() + self.lease_s)

    def _tidy(self) -> None:
        """Drop what counts no more; its commit makes the checkpoint that the loop's do not."""
        try:
            with self._patient.transaction() as connection:
                steps.tidy(connection, self._now(None), forgotten_s=_FORGOTTEN_S)
        except StorageError as error:
            log.warning("%s was not tidied: %s", self.path, error)

    def _now(self, now_s: float | None) -> Moment:
        if now_s is not None:
            return Moment(now_s, now_s)
        return Moment(self._steady(), self._clock())


def _open(path: Path) -> tuple[Database, Database]:
    """The file for the loop and for the thread.

    What is in it can be counted anew, so a damaged one is moved aside.
    """
    # The loop's own commits make no checkpoint: that would hold it up for milliseconds.
    fast = Database(
        path, migrations=MIGRATIONS, busy_s=_LOOP_WAIT_S, durable=False, wal_bytes=sys.maxsize
    )
    patient = Database(path, migrations=MIGRATIONS, busy_s=_THREAD_WAIT_S, durable=False)
    try:
        patient.read("PRAGMA quick_check")
        patient.read("SELECT 1 FROM budgets")
    except (ConflictError, IntegrityError) as error:
        log.warning("limits are counted anew: %s", error)
        patient.close()
        for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
            with contextlib.suppress(FileNotFoundError):
                path.with_name(name).replace(path.with_name(f"{name}.damaged"))
        patient.read("SELECT 1 FROM budgets")
    return fast, patient


def _is_busy(error: StorageError) -> bool:
    code = getattr(error.__cause__, "sqlite_errorcode", 0) & 0xFF
    return code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
