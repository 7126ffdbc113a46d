"""The cache that the settings ask for."""

from __future__ import annotations

import logging

from workbench.core import settings
from workbench.core.errors import WorkbenchError

from .answers import AnswerCache, Identify
from .twins import Twin

log = logging.getLogger(__name__)


def open_cache(identify: Identify | None = None) -> AnswerCache:
    """The cache of the home that is set; ``close`` it at the end.

    Args:
        identify: Says what stands behind a model's name; by default ``Identities()``.
    """
    from .identities import Identities

    return AnswerCache(
        identify or Identities(),
        twin=_open_twin(),
        memory_bytes=settings.get("cache_memory_bytes"),
        ttl_s=settings.get("cache_ttl_s"),
    )


def _open_twin() -> Twin | None:
    """Redis where one is named, otherwise the disk, unless that is not wanted or fails."""
    if not settings.get("cache_memory_bytes"):
        return None
    if settings.get("redis_url"):
        from .redis_twin import RedisTwin

        return RedisTwin()
    most_bytes = settings.get("cache_disk_bytes")
    if not most_bytes:
        return None
    from .disk import DiskTwin

    try:
        return DiskTwin(most_bytes=most_bytes)
    except (WorkbenchError, OSError) as error:  # a gateway without its cache's file can answer
        log.warning("answers are kept in memory alone: %s", error)
        return None
