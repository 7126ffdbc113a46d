"""The desk: one thread that holds every open page, decides, writes, and then tells.

What came in meanwhile is done together, in one transaction: rights are looked at in it, updates
are applied and written in it, and nobody is told before it is on the disk. Twenty people who type
wait for the disk together.
"""

from __future__ import annotations

import asyncio
import contextvars
import logging
import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

from workbench.core.errors import AccessError, BusyError, EngineError, InputError, WorkbenchError
from workbench.identity.scopes import SignedIn
from workbench.identity.spaces import check_space
from workbench.store.database import Database, open_database

from .doors import FORBIDDEN, MALFORMED, NOT_STORED, SIGNED_OUT, Door, Outbox
from .hearing import hear
from .messages import UPDATE, may_write, refused_message, sync_message
from .open_page import OpenPage
from .pages import Pages
from .presence_messages import ask_for_more, tell_here, tell_left
from .rights import LOOKED_AGAIN_S, Authority

log = logging.getLogger(__name__)
T = TypeVar("T")

CHANGE_SEEN_S = 0.25  # so late at most a door is closed through which nothing comes
_MOST_JOBS, _MOST_BYTES = 512, 8 << 20


@dataclass(frozen=True)
class _Job:
    """Something to do at the desk; ``door`` is whose it is, ``future`` who waits for it."""

    run: Callable[[Outbox], Any]
    door: Door | None = None
    future: asyncio.Future[Any] | None = None
    size: int = 0
    writes: bool = False


class Desk:
    """The live pages of one store. It is started in a loop, to which it speaks.

    Args:
        database: The store, by default that of WORKBENCH_HOME.
        clock: Tells Unix time; tests give their own.
    """

    def __init__(
        self, database: Database | None = None, *, clock: Callable[[], float] = time.time
    ) -> None:
        self.database = database or open_database()
        self.pages = Pages(self.database, clock=clock)
        self.authority = Authority(self.database, clock=clock)
        self._open: dict[str, OpenPage] = {}
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._number, self._look_s = -1, 0.0
        self._stopped = False

    def start(self) -> None:
        """Begin, in the loop that will be spoken to."""
        self._loop = asyncio.get_running_loop()
        self.database.keep_wal()  # commits all day
        run = contextvars.copy_context().run
        self._thread = threading.Thread(target=run, args=(self._run,), name="live desk")
        self._thread.start()

    async def stop(self) -> None:
        """Do what was asked for, then end."""
        self._stopped = True
        self._jobs.put(None)
        if self._thread is not None:
            await asyncio.to_thread(self._thread.join)

    async def enter(self, door: Door) -> None:
        """Open a door to its page.

        Raises:
            AccessError: Who signed in may not read there, or has signed out.
        """
        await self._wait_for(lambda out: self._enter(door, out), door=door)

    def hear(self, door: Door, data: bytes) -> None:
        """Take what came through a door."""
        door.count(len(data), by=1)
        run = partial(self._hear, door, data)
        self._jobs.put(_Job(run, door, None, len(data), may_write(data)))

    def leave(self, door: Door) -> None:
        """Close a door whose connection is gone."""
        self._jobs.put(_Job(lambda out: self._leave(door, out)))

    async def ask(self, call: Callable[[], T]) -> T:
        """What a call gives that is made in the desk's thread: it sees what is on the disk."""
        result: T = await self._wait_for(lambda out: call())
        return result

    async def write_text(self, signed: SignedIn, space: str, text: str) -> int:
        """Make a page's text another one; returns the number of its last update.

        Raises:
            AccessError: He may not.
            InputError: The space is none.
        """
        space = check_space(space)
        result: int = await self._wait_for(
            lambda out: self._write_text(signed, space, text, out), size=len(text), writes=True
        )
        return result

    def page(self, space: str) -> OpenPage:
        """In the desk's thread: a page, in memory if somebody is there."""
        return self._open.get(space) or OpenPage(self.pages, space)

    async def _wait_for(self, run: Callable[[Outbox], Any], **about: Any) -> Any:
        if self._stopped:
            raise BusyError("the server is ending", hint="ask again when it is back")
        future = asyncio.get_running_loop().create_future()
        self._jobs.put(_Job(run, future=future, **about))
        return await future

    # From here on: the desk's thread.

    def _run(self) -> None:
        while True:
            jobs, ending = self._next()
            self._do(jobs)
            if ending:
                break
        try:
            with self.database.transaction():
                for page in self._open.values():
                    page.sum_up(least=50)
        except WorkbenchError as error:
            log.warning("states of pages were not kept: %s", error)
        self.database.close()

    def _next(self) -> tuple[list[_Job], bool]:
        """What is to be done together, and whether it is the last."""
        jobs: list[_Job] = []
        size = 0
        try:
            job = self._jobs.get(timeout=CHANGE_SEEN_S)
            while job is not None:
                jobs.append(job)
                size += job.size
                if len(jobs) >= _MOST_JOBS or size >= _MOST_BYTES:
                    break
                job = self._jobs.get_nowait()
            return jobs, job is None
        except queue.Empty:
            return jobs, False

    def _do(self, jobs: list[_Job]) -> None:
        out = Outbox()
        try:
            if any(job.writes for job in jobs):
                with self.database.transaction():
                    self._do_each(jobs, out)
            else:
                self._do_each(jobs, out)
        except BaseException as error:
            if not isinstance(error, WorkbenchError):
                log.exception("the live desk failed")
            if not isinstance(error, Exception):  # a panic of the library, which nobody waits for
                error = EngineError(f"the library of live pages failed: {error}")
            out = self._give_up(jobs, error)
        self._loop.call_soon_threadsafe(out.deliver)

    def _do_each(self, jobs: list[_Job], out: Outbox) -> None:
        number, now_s = self.authority.changes(), time.monotonic()
        if number != self._number or now_s >= self._look_s:
            self._number, self._look_s = number, now_s + LOOKED_AGAIN_S
            for page in list(self._open.values()):
                for door in list(page.doors.values()):
                    self._look(door, out, used=False)
        for page in self._open.values():
            if update := page.catch_up():
                self._tell(page, update, None, out)
        for job in jobs:
            self._do_one(job, out)
        for page in self._open.values():
            page.sum_up()

    def _do_one(self, job: _Job, out: Outbox) -> None:
        if job.future is None:
            job.run(out)
            if job.door is not None:
                out.heard(job.door, job.size)
            return
        try:
            out.answer(job.future, job.run(out))
        except WorkbenchError as error:
            out.fail(job.future, error)

    def _give_up(self, jobs: list[_Job], error: Exception) -> Outbox:
        """Nothing of these jobs was written: those whose they are join again, or are told."""
        out = Outbox()
        for page in list(self._open.values()):
            for door in list(page.doors.values()):
                out.cut(door, NOT_STORED, f"not stored, join again: {error}")
                door.page = None
        self._open.clear()  # made anew from the store
        for job in jobs:
            if job.future is not None:
                out.fail(job.future, error)
            if job.door is not None:
                out.heard(job.door, job.size)
        return out

    def _look(self, door: Door, out: Outbox, *, used: bool) -> bool:
        """Bring a door's rights up to date, and close it if it may not even read any more."""
        rights = door.rights
        could_edit = rights.edit
        self.authority.now(door.signed, door.space, rights, number=self._number, used=used)
        if rights.ended is not None:
            out.cut(door, SIGNED_OUT, str(rights.ended))
        elif not rights.read:
            out.cut(door, FORBIDDEN, rights.said)
        else:
            if could_edit and not rights.edit:
                out.send(door, refused_message(rights.said))
            elif rights.edit and not could_edit and door.page is not None:
                ask_for_more(door.page, door, out)
            return True
        self._leave(door, out)
        return False

    def _enter(self, door: Door, out: Outbox) -> None:
        self.authority.now(door.signed, door.space, door.rights, number=self._number, used=True)
        if door.rights.ended is not None:
            raise door.rights.ended
        if not door.rights.read:
            raise AccessError(door.rights.said, reason="role", space=door.space)
        page = self._open.get(door.space)
        if page is None:
            page = self._open[door.space] = OpenPage(self.pages, door.space)
        door.page = page
        page.doors[door.number] = door
        tell_here(page, door, out)

    def _hear(self, door: Door, data: bytes, out: Outbox) -> None:
        page = door.page
        if page is None or not self._look(door, out, used=True):
            return
        try:
            changed = hear(page, door, data, out)
        except InputError as error:
            out.cut(door, MALFORMED, str(error))
            self._leave(door, out)
            return
        if changed:
            self._tell(page, changed, door, out)

    def _tell(self, page: OpenPage, update: bytes, writer: Door | None, out: Outbox) -> None:
        message = sync_message(UPDATE, update)
        for door in page.doors.values():
            if door is not writer and door.rights.read:
                out.send(door, message)

    def _leave(self, door: Door, out: Outbox) -> None:
        page, door.page = door.page, None
        if page is None:
            return
        page.doors.pop(door.number, None)
        tell_left(page, door, out)
        if not page.doors and self._open.get(page.space) is page:
            page.sum_up(least=50)
            del self._open[page.space]

    def _write_text(self, signed: SignedIn, space: str, text: str, out: Outbox) -> int:
        self.authority.require(signed, space, "edit")
        page = self.page(space)
        page.catch_up()
        if changed := page.write_text(text, user=signed.user):
            self._tell(page, changed, None, out)
        page.sum_up()  # where nobody has it open, nothing else does
        return page.number
