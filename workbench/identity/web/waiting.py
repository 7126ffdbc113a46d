"""Threads that wait for providers, apart from those in which passwords are checked."""

from __future__ import annotations

import asyncio
import contextvars
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from workbench.core.errors import BusyError

from .asking import Answer

WAITERS = 4
MOST_WAITING = 32


class Waiters:
    """A slow provider keeps those alone waiting who go there, and so many at once at most."""

    def __init__(self) -> None:
        self._threads = ThreadPoolExecutor(WAITERS, thread_name_prefix="oidc")
        self._waiting = 0

    async def run(self, call: Callable[[], Answer]) -> Answer:
        """What the call gives. Raises BusyError if too many wait already."""
        if self._waiting >= MOST_WAITING:
            raise BusyError(
                f"{self._waiting} others are on their way to a provider",
                hint="wait a little, or sign in by password",
                retry_after_s=10.0,
            )
        self._waiting += 1
        try:
            context = contextvars.copy_context()
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, context.run, call)
        finally:
            self._waiting -= 1
