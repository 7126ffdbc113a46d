"""The gateway's state over HTTP: usage, cache, and how it is."""

from __future__ import annotations

import asyncio
import os
import time

from workbench.core.moments import moment_s
from workbench.identity.keys import Keys
from workbench.serving.admin_types import Cleared, Status, UsageList
from workbench.serving.asked import Asked
from workbench.serving.cache.answers import CacheFigures
from workbench.serving.cache.twins import Clearing
from workbench.store.usage_queries import totals


async def show_status(asked: Asked) -> Status:
    """How the gateway is."""
    import workbench

    gateway = asked.gateway
    state = gateway.pool.state()
    return Status(
        version=workbench.__version__,
        pid=os.getpid(),
        ready=gateway.unready() is None,
        uptime_s=gateway.uptime_s(),
        in_flight=sum(each.in_flight for each in gateway.directory.members()),
        queued=state.queued,
        settlements_waiting=gateway.usage.waiting(),
        cached_answers=(await gateway.cache.figures()).entries,
    )


async def show_usage(asked: Asked) -> UsageList:
    """Totals of what was settled."""
    query = asked.query

    def read() -> UsageList:
        of = None if query.key is None else [key.id for key in Keys().named(query.key)]
        return UsageList(
            list(
                totals(
                    by=query.by,
                    since_s=moment_s(query.since),
                    until_s=moment_s(query.until) if query.until else time.time() + 1,
                    key_id=of,
                )
            )
        )

    return await asyncio.to_thread(read)


async def show_cache(asked: Asked) -> CacheFigures:
    """What the cache holds and did."""
    return await asked.gateway.cache.figures()


async def clear_cache(asked: Asked) -> Cleared:
    """Forget answers, here and in every gateway that shares them."""
    query = asked.query
    clearing = Clearing(time.time() - query.older_than_s, tenant=query.user, model=query.model)
    return Cleared(await asked.gateway.cache.clear(clearing))
