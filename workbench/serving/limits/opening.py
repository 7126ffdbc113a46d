"""The store of limits that the settings ask for."""

from __future__ import annotations

import contextlib

from workbench.core import settings

from .protocol import LimitStore


async def open_limits() -> LimitStore:
    """The limits of the home that is set, with budgets counted anew; ``close`` it at the end.

    In Redis where the setting ``redis_url`` names one, otherwise in ``limits.sqlite``.

    Raises:
        ConfigError: ``redis_url`` is no address.
        DependencyError: The package redis is not installed.
        StorageError: The file cannot be opened.
    """
    from .redis_link import RedisAwayError
    from .sqlite_store import SqliteLimits

    if not settings.get("redis_url"):
        own = SqliteLimits()
        await own.rebuild()
        return own
    from .falling_back import FallingBackLimits
    from .redis_store import RedisLimits

    shared = RedisLimits()
    local = settings.get("limits_when_down") == "local"
    store: LimitStore = FallingBackLimits(shared, SqliteLimits()) if local else shared
    with contextlib.suppress(RedisAwayError):  # then it is counted anew when it is back
        await store.rebuild()
    return store
