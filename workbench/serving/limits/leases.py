"""Keeping reservations alive: those of this process are renewed for as long as it lives."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import logging
import time
from collections.abc import Awaitable, Callable

from workbench.core.errors import WorkbenchError

from .protocol import Reservation

log = logging.getLogger(__name__)

LONGEST_S = 3600.0  # nothing is renewed for longer: who forgot to settle must not hold it for good


class Renewals:
    """The open reservations of one store in this process, renewed from time to time.

    Args:
        renew: Renews them all; a plain function runs in a thread.
        every_s: How often.
    """

    def __init__(
        self,
        renew: Callable[[list[Reservation]], Awaitable[None] | None],
        *,
        every_s: float,
    ) -> None:
        self._renew, self._every_s = renew, every_s
        self._open: dict[str, tuple[Reservation, float]] = {}
        self._task: asyncio.Task[None] | None = None

    def add(self, reservation: Reservation) -> None:
        """Renew this one from now on."""
        self._open[reservation.id] = (reservation, time.monotonic())
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._keep())

    @property
    def any(self) -> bool:
        """Whether one is open."""
        return bool(self._open)

    def drop(self, reservation: Reservation) -> None:
        """Renew this one no more."""
        self._open.pop(reservation.id, None)

    async def close(self) -> None:
        """Renew nothing any more."""
        self._open.clear()
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _keep(self) -> None:
        while self._open:
            await asyncio.sleep(self._every_s)
            await self.renew()

    async def renew(self) -> None:
        """Renew all that are not too old."""
        oldest_s = time.monotonic() - LONGEST_S
        for reservation, began_s in list(self._open.values()):
            if began_s < oldest_s:
                log.warning("a reservation of %s was never settled", reservation.key_id)
                self.drop(reservation)
        due = [reservation for reservation, _ in self._open.values()]
        if not due:
            return
        try:
            if inspect.iscoroutinefunction(self._renew):
                await self._renew(due)
            else:
                await asyncio.to_thread(self._renew, due)
        except WorkbenchError as error:  # the next time will come before they run out
            log.warning("%d reservations were not renewed: %s", len(due), error)
