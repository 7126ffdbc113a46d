"""Single flight: identical calls at once are answered by one run, which all of them read.

The run is a task of its own, so it belongs to no client: one that goes away only stops reading,
and when nobody reads any more the run is cancelled.
"""

from __future__ import annotations

import asyncio
import contextlib
import copy
import time
from collections.abc import AsyncGenerator, Callable, Hashable
from contextlib import aclosing
from dataclasses import dataclass, field

from workbench.core.errors import CancelledError, WorkbenchError
from workbench.serving.call import Facts, Piece

Run = Callable[[], AsyncGenerator[Piece, None]]


@dataclass
class Flight:
    """One run, with the pieces that came until now. ``facts`` are those of who began it."""

    facts: Facts
    began_s: float
    took_s: float = 0.0
    pieces: list[Piece] = field(default_factory=list)
    error: BaseException | None = None
    ended: bool = False
    readers: int = 0
    task: asyncio.Task[None] | None = None
    _waiting: list[asyncio.Future[None]] = field(default_factory=list)

    def wake(self) -> None:
        """Let all who wait look again."""
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            if not each.done():
                each.set_result(None)

    async def beginning(self) -> None:
        """Wait until the first piece is there, or the end."""
        while not self.pieces and not self.ended:
            await self.next_change()

    async def next_change(self) -> None:
        """Wait until a piece has come or the run has ended."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiter)
        try:
            await waiter
        finally:
            if waiter in self._waiting:
                self._waiting.remove(waiter)


class Flights:
    """The runs that are under way. For one event loop.

    Args:
        clock: Tells Unix time.
    """

    def __init__(self, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._flights: dict[Hashable, Flight] = {}

    def __len__(self) -> int:
        return len(self._flights)

    def find(self, key: Hashable) -> Flight | None:
        """The run of a key, if there is one under way."""
        return self._flights.get(key)

    def begin(
        self, key: Hashable, facts: Facts, run: Run, *, landed: Callable[[Flight], None]
    ) -> Flight:
        """Start a run; read it with ``read``.

        Args:
            key: By which the same call is known.
            facts: What the run writes into.
            run: Answers.
            landed: Told when the run has come to its end without a fault.
        """
        flight = Flight(facts, self._clock())
        self._flights[key] = flight
        flight.task = asyncio.create_task(self._fly(key, flight, run, landed))
        return flight

    async def read(self, key: Hashable, flight: Flight) -> AsyncGenerator[Piece, None]:
        """The pieces of a run from its first, as they come.

        Raises:
            Exception: What the run raised, after its last piece.
        """
        async with self.holding(key, flight):
            place = 0
            while True:
                while place < len(flight.pieces):
                    place += 1
                    yield flight.pieces[place - 1]
                if flight.ended:
                    break
                await flight.next_change()
        if isinstance(flight.error, WorkbenchError):
            raise copy.copy(flight.error)  # several tasks raise it
        if isinstance(flight.error, asyncio.CancelledError):
            raise CancelledError("the gateway ended the answer", hint="ask again")
        if flight.error is not None:
            raise flight.error

    @contextlib.asynccontextmanager
    async def holding(self, key: Hashable, flight: Flight) -> AsyncGenerator[None, None]:
        """Be one of those for whom a run goes on, for a block."""
        flight.readers += 1
        try:
            yield
        finally:
            flight.readers -= 1
            if not flight.readers and not flight.ended:
                await self._abandon(key, flight)

    async def close(self) -> None:
        """Cancel what is under way."""
        for key, flight in list(self._flights.items()):
            await self._abandon(key, flight)

    async def _fly(
        self, key: Hashable, flight: Flight, run: Run, landed: Callable[[Flight], None]
    ) -> None:
        began_s = time.perf_counter()
        try:
            async with aclosing(run()) as pieces:
                async for piece in pieces:
                    flight.pieces.append(piece)
                    flight.wake()
        except BaseException as error:  # noqa: BLE001 - it is raised to those who read
            flight.error = error
        flight.took_s = time.perf_counter() - began_s
        self._forget(key, flight)
        if flight.error is None:
            landed(flight)
        flight.ended = True
        flight.wake()

    async def _abandon(self, key: Hashable, flight: Flight) -> None:
        """End a run that nobody reads, and wait until what it borrowed is given back."""
        self._forget(key, flight)  # first: nobody may join what is being ended
        assert flight.task is not None
        flight.task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.shield(flight.task)

    def _forget(self, key: Hashable, flight: Flight) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]
