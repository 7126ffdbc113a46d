"""The gateway's parts, put together: what a request needs, for as long as the server runs."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from typing import Any

from workbench.core import settings as core_settings
from workbench.core.errors import NotFoundError
from workbench.identity.principals import Principal
from workbench.identity.verification import Verifier, verifier
from workbench.models.pool import ModelPool
from workbench.models.routing.standing import Standing
from workbench.serving.accounts import Accounts
from workbench.serving.backends.balance import Balance
from workbench.serving.backends.directory import Directory
from workbench.serving.backends.fallback import Chain
from workbench.serving.backends.local import LocalBackend
from workbench.serving.backends.upstream import UpstreamBackend
from workbench.serving.backends.virtual import VirtualBackend
from workbench.serving.cache.identities import Identities, moves
from workbench.serving.cache.opening import open_cache
from workbench.serving.cache.remembered import Remembered
from workbench.serving.limits.protocol import LimitStore
from workbench.serving.metrics import Metrics
from workbench.serving.pipeline import Pipeline
from workbench.serving.requests import key_of
from workbench.serving.routing import Router
from workbench.serving.settings import ServingSettings
from workbench.store.usage import UsageLog

log = logging.getLogger(__name__)
_LOOK_EVERY_S = 10.0
_NEW_S = 1.0  # names that are made up cost a look at the store a second at most


class Gateway:
    """Everything that the routes share. Make it, ``start`` it in the loop, ``close`` it there.

    Args:
        settings: The gateway's.
        limits: Where reservations are held.
        pool: Lends the models; one of its own if None.
    """

    def __init__(
        self, settings: ServingSettings, *, limits: LimitStore, pool: ModelPool | None = None
    ) -> None:
        self.settings = settings
        self.started_s = time.time()
        self.verifier: Verifier = verifier()
        self.pool = pool or ModelPool()
        self.local = LocalBackend(self.pool, threads=settings.threads)
        upstreams = [UpstreamBackend(each) for each in settings.upstreams.values()]
        self.directory = Directory(self.local, upstreams, prices=settings.prices)
        self.limits = limits
        self.usage = UsageLog()
        self.accounts = Accounts(self.limits, self.usage, self.directory)
        known = Remembered(Identities(self.directory.identity_elsewhere), moves=moves)
        self.cache = open_cache(known, embedders=self.local)
        self.chain = Chain(self.directory.find, fallbacks=settings.fallback)
        self.directory.virtual = VirtualBackend(
            self.chain, price=self.directory.price, pool=self.pool
        )
        self.router = Router(self.directory, self.chain, settings.routing)
        self.pipeline = Pipeline(
            self.chain,
            self.directory,
            self.accounts,
            self.cache,
            self.router,
            standing=Standing(),
            find=self.find,
            count=self.local.count_tokens,
        )
        self.metrics = Metrics(self)
        self.ready = asyncio.Event()
        self.failed: Exception | None = None
        self._looking: asyncio.Task[Any] | None = None
        self._warming: asyncio.Task[None] | None = None

    def identify(self, headers: Mapping[str, str]) -> Principal:
        """Whose request this is.

        Raises:
            AccessError: There is no key, or it is not in force.
        """
        return self.verifier.verify(key_of(headers) or "")

    def unready(self) -> str | None:
        """Why a request would be refused now, whoever asked; None if it would not be."""
        if not self.ready.is_set():
            return "models are being loaded, or the gateway ends"
        fault = self.accounts.disk_fault()
        return None if fault is None else f"{fault.message}; {fault.hint}"

    def uptime_s(self) -> float:
        """How long it has run."""
        return time.time() - self.started_s

    async def find(self, name: str) -> Balance:
        """The backends of a name, also of a model that has just come.

        Raises:
            NotFoundError: Nobody answers for it.
        """
        if self.directory.seconds_since_look() > _LOOK_EVERY_S and self._looking is None:
            self._looking = asyncio.create_task(self._look())
        try:
            return self.directory.find(name)
        except NotFoundError:
            await self.find_new()
            return self.directory.find(name)

    async def find_new(self) -> None:
        """Look which models are here, unless that was done a moment ago."""
        if self.directory.seconds_since_look() > _NEW_S:
            await asyncio.to_thread(self.directory.refresh)

    async def _look(self) -> None:
        try:
            await asyncio.to_thread(self.directory.refresh)
        finally:
            self._looking = None

    async def start(self) -> None:
        """Load what is to be loaded before the gateway is ready."""
        await asyncio.to_thread(self.directory.refresh)
        wanted = self.settings.load_at_start
        for name in (core_settings.get("model"),) if wanted is None else wanted:
            loan = await asyncio.wrap_future(self.pool.ask(name))
            loan.give_back(tokens=0)
        await asyncio.to_thread(self.directory.refresh)
        for name, missing in self.directory.lacking():
            log.warning("%s cannot ask %s: nobody answers for it", name, missing)
        self.ready.set()
        self._warming = asyncio.create_task(self.router.warm_up())

    async def close(self) -> None:
        """Unload the models and write what is to be written."""
        self.ready.clear()
        if self._warming is not None:
            self._warming.cancel()
        await self.cache.close()
        await asyncio.to_thread(self.pool.close)
        await asyncio.to_thread(self.local.close)
        for upstream in self.directory.upstreams.values():
            await upstream.close()
        await asyncio.to_thread(self.usage.close)
        await self.limits.close()
        await asyncio.to_thread(self.verifier.write_last_used)
