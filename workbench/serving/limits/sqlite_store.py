"""Limits in ``limits.sqlite`` of the home: the default, which needs no server.

A step is one transaction of some tens of microseconds, made in the caller's loop. If another
process holds the file the step is made in a thread instead, so that the loop waits a few
milliseconds at most.

**Clocks.** Windows and leases go by the machine's monotonic clock, which all its processes share
and no setting of the time moves; days and months go by the wall clock. After a restart the
monotonic clock begins anew: what then seems to come from the future is taken as of now, so that
nothing is let through and nothing is stuck for longer than a window.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sqlite3
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

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
from .sqlite_steps import MIGRATIONS, Moment, UncountedError
from .truth import usage_truth

FILE_NAME = "limits.sqlite"
_LOOP_WAIT_S = 0.004
_THREAD_WAIT_S = 2.0
_SETTLED_WITHIN_S = 0.01  # until then more is held than was used, never less
_FORGOTTEN_S = 86_400.0  # a lease that ran out can still be settled for so long
_TIDY_STEPS = 500  # about 4 MB of the WAL
log = logging.getLogger(__name__)
T = TypeVar("T")
Step = Callable[[sqlite3.Connection, Truth | None], T]


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
        self._late: dict[str, Step[object]] = {}
        self._flush: asyncio.Task[None] | None = None
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
        made_id, now = new_reservation_id(), self._now(now_s)
        gone = Reservation(made_id, principal.key_id)
        cancelled = False

        def step(connection: sqlite3.Connection, truth: Truth | None) -> Reservation | LimitError:
            if cancelled:
                return gone
            try:
                return self._reserve(connection, principal, made_id, asked, now, truth=truth)
            except LimitError as refusal:
                return refusal  # raised here it would undo what was mended on the way

        try:
            made = await self._make(step)
        except asyncio.CancelledError:
            # The thread may have made it before: then it is given back with the next step.
            cancelled = True
            self._late[made_id] = lambda connection, _: steps.remove(connection, gone)
            raise
        if isinstance(made, LimitError):
            raise made
        self._renewals.add(made)
        return made

    async def settle(
        self, reservation: Reservation, *, tokens: int, usd: float = 0.0, now_s: float | None = None
    ) -> None:
        """Count what was used, once, and give back the rest; see ``LimitStore``."""
        if not reservation.held:
            return
        self._renewals.drop(reservation)
        used = {"tokens": max(0, int(tokens)), "nano_usd": max(0, to_nano(usd))}
        now = self._now(now_s)
        self._late[reservation.id] = lambda connection, _: steps.settle(
            connection, reservation, now=now, **used
        )
        # With the next reservation's step, before it, or else in a moment: half the transactions.
        if self._flush is None:
            self._flush = asyncio.create_task(self._settle_late())

    async def _settle_late(self) -> None:
        await asyncio.sleep(_SETTLED_WITHIN_S)
        self._flush = None
        await self._settle_now()

    async def _settle_now(self) -> None:
        if self._late:
            try:
                await self._make(lambda connection, _: None)
            except (StorageError, BusyError) as error:
                log.warning("what was used is counted later: %s", error)

    async def release(self, reservation: Reservation) -> None:
        """Give back all; see ``LimitStore``."""
        if reservation.held:
            self._renewals.drop(reservation)
            await self._make_or_keep(
                reservation, lambda connection, _: steps.remove(connection, reservation)
            )

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

    async def _make_or_keep(self, reservation: Reservation, step: Step[object]) -> None:
        """Make a step now, or with the next one that can be made; made twice it does no more."""
        try:
            await self._make(step)
        except (StorageError, BusyError) as error:
            log.warning("what was used is counted later: %s", error)
            self._late[reservation.id] = step

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
        with database.transaction() as connection:
            late = list(self._late.items()) if self._late else ()
            for _, each in late:
                each(connection, None)
            made = step(connection, truth)
        for reservation_id, _ in late:
            self._late.pop(reservation_id, None)
        return made

    def _reserve(
        self,
        connection: sqlite3.Connection,
        principal: Principal,
        made_id: str,
        asked: Asked,
        now: Moment,
        *,
        truth: Truth | None,
    ) -> Reservation:
        key_id, lease_s = principal.key_id, self.lease_s
        figures = steps.read_figures(
            connection,
            key_id,
            now,
            lease_s=lease_s,
            truth=truth,
            budgets=principal.limits.has_budgets,
        )
        left = judge(principal, figures, asked)
        steps.hold(connection, key_id, made_id, asked=asked, now=now, lease_s=lease_s)
        usd = asked.nano_usd / NANO
        return Reservation(
            made_id, key_id, asked.tokens, usd, asked.stream, store="sqlite", left=left
        )

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
