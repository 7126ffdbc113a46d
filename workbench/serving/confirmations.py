"""From the thread that writes to the loop that waits: which settlements are on the disk."""

from __future__ import annotations

import asyncio
import functools
import logging
from collections import deque
from collections.abc import Callable

from workbench.core.errors import WorkbenchError

log = logging.getLogger(__name__)
Outcome = bool | WorkbenchError


class Confirmations:
    """Futures of a loop that another thread fulfils.

    ``asyncio.wrap_future`` knocks at the loop once for each future; here a batch knocks once.
    """

    def __init__(self) -> None:
        self._outcomes: deque[tuple[asyncio.Future[bool], Outcome]] = deque()
        self._knocked = False

    def make(self) -> tuple[asyncio.Future[bool], Callable[[Outcome], None]]:
        """A future of the running loop, and what fulfils it, from any thread."""
        loop = asyncio.get_running_loop()
        future: asyncio.Future[bool] = loop.create_future()
        return future, functools.partial(self._tell, loop, future)

    def _tell(
        self, loop: asyncio.AbstractEventLoop, future: asyncio.Future[bool], outcome: Outcome
    ) -> None:
        self._outcomes.append((future, outcome))
        if not self._knocked:
            self._knocked = True
            try:
                loop.call_soon_threadsafe(self._answer)
            except RuntimeError:  # the loop has ended, and with it all who waited
                self._knocked = False
                self._outcomes.clear()
                log.debug("a settlement is on the disk, and nobody waits for it")

    def _answer(self) -> None:
        self._knocked = False  # what comes from now on knocks again
        while self._outcomes:
            future, outcome = self._outcomes.popleft()
            if future.done():  # who waited was cancelled
                continue
            if isinstance(outcome, WorkbenchError):
                future.set_exception(outcome)
            else:
                future.set_result(outcome)
