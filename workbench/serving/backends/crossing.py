"""From a thread that works to the event loop that waits: what crosses, cheaply and in order."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Crossing(Generic[T]):
    """Items that one thread puts and one task reads.

    The loop is woken once for all that was put since it last looked, so that a token costs little
    when tokens come faster than they are sent. Nothing is held back: an answer is bounded by its
    ``max_tokens``, and a model must not wait for a slow reader.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._items: deque[T] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._knocked = False
        self._ended = False
        self._error: BaseException | None = None

    def put(self, item: T) -> None:
        """Hand over an item; from the thread."""
        self._items.append(item)
        self._knock()

    def end(self, error: BaseException | None = None) -> None:
        """Say that nothing follows, or what went wrong; from the thread."""
        self._error, self._ended = error, True
        self._knock()

    def _knock(self) -> None:
        if not self._knocked:
            self._knocked = True
            self._loop.call_soon_threadsafe(self._answer)

    def _answer(self) -> None:
        self._knocked = False  # what is put from now on knocks again
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def batches(self) -> AsyncIterator[list[T]]:
        """What has come since the last look, at least one item, until the end.

        Raises:
            BaseException: What ``end`` was told, after the last item.
        """
        while True:
            ended = self._ended  # asked first: what was put before the end must not be overlooked
            if self._items:
                batch = [self._items.popleft() for _ in range(len(self._items))]
                yield batch
                continue
            if ended:
                if self._error is not None:
                    raise self._error
                return
            self._waiter = self._loop.create_future()
            if not self._items and not self._ended:
                await self._waiter
