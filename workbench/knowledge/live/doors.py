"""A door: one connection to a page, as the loop sees it and as the desk does.

The loop owns what goes out (``push``, ``cut``, ``take``); the desk owns the rest, and speaks to the
loop through an ``Outbox`` that is delivered once its transaction is on the disk.
"""

from __future__ import annotations

import asyncio
import itertools
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from workbench.identity.scopes import SignedIn

from .rights import Rights

if TYPE_CHECKING:
    from .open_page import OpenPage

MALFORMED, SIGNED_OUT, FORBIDDEN, SLOW, NOT_STORED = 4400, 4401, 4403, 4408, 1011
# For a client that reads slowly, beside the largest, which may be a whole page; it may join again.
MOST_WAITING_BYTES = 32 << 20
MOST_ANSWERED_BYTES = 96 << 20  # to what was heard at once: a whole page, and what comes after it
MOST_WAITING = 20_000
MOST_UNHEARD_BYTES, MOST_UNHEARD = 4 << 20, 64  # of one connection; then its socket waits
_TOO_SLOW = "too slow: join again for what was missed"
_numbers = itertools.count(1)


@dataclass(eq=False)
class Door:
    """One connection. Made in the loop, whose queue it has."""

    signed: SignedIn
    space: str
    acknowledges: bool = False
    number: int = field(default_factory=lambda: next(_numbers))
    # The desk's.
    rights: Rights = field(default_factory=Rights)
    page: OpenPage | None = None
    heard: int = 0  # updates, also those that were refused
    faults: int = 0  # refused, malformed, or asked for again, since the last that was taken
    # The loop's.
    waiting: deque[bytes] = field(default_factory=deque)
    waiting_bytes: int = 0
    woken: asyncio.Event = field(default_factory=asyncio.Event)
    closing: tuple[int, str] | None = None
    unheard: int = 0
    unheard_bytes: int = 0
    has_room: asyncio.Event = field(default_factory=asyncio.Event)
    cut_off: asyncio.Event = field(default_factory=asyncio.Event)

    def push(self, data: bytes) -> None:
        """Have something sent. A client that lags too far behind is cut off."""
        if self.closing is not None:
            return
        self.waiting.append(data)
        self.waiting_bytes += len(data)
        if len(self.waiting) > MOST_WAITING or (
            self.waiting_bytes > MOST_WAITING_BYTES
            and self.waiting_bytes - max(map(len, self.waiting)) > MOST_WAITING_BYTES
        ):
            self.cut(SLOW, _TOO_SLOW)
        self.woken.set()

    def cut(self, code: int, reason: str) -> None:
        """Have the connection closed, with what was to be sent first unless it is slow."""
        if self.closing is None:
            self.closing = (code, reason)
            if code == SLOW:
                self.waiting.clear()
            self.woken.set()
            self.cut_off.set()

    def take(self) -> bytes:
        """The next that is to be sent."""
        data = self.waiting.popleft()
        self.waiting_bytes -= len(data)
        return data

    def count(self, size: int, *, by: int) -> None:
        """Count what came in and was not looked at yet: ``by`` is 1 or -1."""
        self.unheard += by
        self.unheard_bytes += by * size
        if self.unheard < MOST_UNHEARD and self.unheard_bytes < MOST_UNHEARD_BYTES:
            self.has_room.set()
        else:
            self.has_room.clear()


class Outbox:
    """What is said once a transaction is on the disk, in order."""

    def __init__(self) -> None:
        self._calls: list[tuple[Callable[..., object], tuple[Any, ...]]] = []
        self._bytes: dict[Door, int] = {}

    def send(self, door: Door, data: bytes) -> None:
        """Send something through a door. Who asks for a whole page again and again, before any of
        it is sent, is cut off rather than waited for by all that memory."""
        before = self._bytes.get(door, 0)
        if before > MOST_ANSWERED_BYTES:
            self.cut(door, SLOW, _TOO_SLOW)
            return
        self._bytes[door] = before + len(data)
        self._calls.append((door.push, (data,)))

    def cut(self, door: Door, code: int, reason: str) -> None:
        """Close a door."""
        # A close frame has room for 123 bytes.
        self._calls.append((door.cut, (code, reason.encode()[:120].decode(errors="ignore"))))

    def heard(self, door: Door, size: int) -> None:
        """Say that a message was looked at."""
        self._calls.append((_uncount, (door, size)))

    def answer(self, future: asyncio.Future[Any], result: Any) -> None:
        """Give a result."""
        self._calls.append((_settle, (future, result, None)))

    def fail(self, future: asyncio.Future[Any], error: BaseException) -> None:
        """Give an error."""
        self._calls.append((_settle, (future, None, error)))

    def deliver(self) -> None:
        """In the loop: say all of it."""
        for call, values in self._calls:
            call(*values)


def _uncount(door: Door, size: int) -> None:
    door.count(size, by=-1)


def _settle(future: asyncio.Future[Any], result: Any, error: BaseException | None) -> None:
    if future.done():  # who asked has gone
        return
    if error is None:
        future.set_result(result)
    else:
        future.set_exception(error)
