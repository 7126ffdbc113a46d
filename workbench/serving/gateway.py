"""The gateway's parts, put together: what a request needs, for as long as the server runs."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

from workbench.core import settings as core_settings
from workbench.serving.backends.local import LocalBackend
from workbench.serving.pipeline import Pipeline
from workbench.serving.provisional import OneAtATime, OneKey
from workbench.serving.requests import key_of
from workbench.serving.settings import ServingSettings

log = logging.getLogger(__name__)


class Gateway:
    """Everything that the routes share. Make it, ``start`` it in the loop, ``close`` it there.

    Args:
        settings: The gateway's.
        keys: Knows whose a key is.
    """

    def __init__(self, settings: ServingSettings, *, keys: OneKey) -> None:
        self.settings = settings
        self._keys = keys
        self._pool = OneAtATime()
        self.local = LocalBackend(self._pool, threads=settings.threads)
        self.pipeline = Pipeline(self.local)
        self.ready = asyncio.Event()
        self.failed: Exception | None = None

    def identify(self, headers: Mapping[str, str]) -> Any:
        """Whose request this is.

        Raises:
            AccessError: There is no key, or nobody's.
        """
        return self._keys.verify(key_of(headers))

    async def start(self) -> None:
        """Load what is to be loaded before the gateway is ready."""
        wanted = self.settings.load_at_start
        for name in (core_settings.get("model"),) if wanted is None else wanted:
            loan = await asyncio.wrap_future(self._pool.ask(name))
            loan.give_back(tokens=0)
        self.ready.set()

    async def close(self) -> None:
        """Unload the models and write what is to be written."""
        self.ready.clear()
        await asyncio.to_thread(self._pool.close)
        await asyncio.to_thread(self.local.close)
