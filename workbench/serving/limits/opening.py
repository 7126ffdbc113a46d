"""The store of limits that the settings ask for."""

from __future__ import annotations

import contextlib

from workbench.core import settings

from .protocol import LimitStore


def make_limits() -> LimitStore:
    """The limits of the home that is set, as they are; ``close`` them at the end.

    In Redis where the setting ``redis_url`` names one, otherwise in ``limits.sqlite``. Make it
    where a loop runs.

    Raises:
        ConfigError: ``redis_url`` is no address.
        DependencyError: The package redis is not installed.
        StorageError: The file cannot be opened.
    """
    from .sqlite_store import SqliteLimits

    if not settings.get("redis_url"):
        return SqliteLimits()
    from .falling_back import FallingBackLimits
    from .redis_store import RedisLimits

    shared = RedisLimits()
    local = settings.get("limits_when_down") == "local"
    return FallingBackLimits(shared, SqliteLimits()) if local else shared


async def open_limits() -> LimitStore:
    """The same with budgets counted anew, for a gateway that starts. Raises as ``make_limits``."""
    from .redis_link import RedisAwayError

    store = make_limits()
    with contextlib.suppress(RedisAwayError):  # then they are counted anew when it is back
        await store.rebuild()
    return store
