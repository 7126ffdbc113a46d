"""The cache that the settings ask for."""

from __future__ import annotations

import logging
import time

from workbench.core import settings
from workbench.core.errors import WorkbenchError
from workbench.serving.call import Backend

from .answers import AnswerCache
from .hits import Identify
from .semantic import SemanticCache
from .twins import Twin

log = logging.getLogger(__name__)


def open_cache(
    identify: Identify | None = None, *, embedders: Backend | None = None
) -> AnswerCache:
    """The cache of the home that is set; ``close`` it at the end.

    Args:
        identify: Says what stands behind a model's name; by default ``Identities()``.
        embedders: Makes the vectors of the semantic cache; without it there is none.
    """
    from .identities import Identities

    twin = _open_twin()
    mode = settings.get("semantic_cache")
    semantic = None
    if embedders is not None and mode != "off" and settings.get("cache_memory_bytes"):
        semantic = _open_semantic(embedders, twin)
    return AnswerCache(
        identify or Identities(),
        twin=twin,
        memory_bytes=settings.get("cache_memory_bytes"),
        ttl_s=settings.get("cache_ttl_s"),
        semantic=semantic,
        semantic_always=mode == "on",
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
        return DiskTwin(most_bytes=most_bytes, texts=settings.get("semantic_cache_disk"))
    except (WorkbenchError, OSError) as error:  # a gateway without its cache's file can answer
        log.warning("answers are kept in memory alone: %s", error)
        return None


def _open_semantic(embedders: Backend, twin: Twin | None) -> SemanticCache:
    from .disk import DiskTwin
    from .embedder import BackendEmbedder
    from .meaning_file import MeaningFile

    kept = settings.get("semantic_cache_disk") and isinstance(twin, DiskTwin)
    made = SemanticCache(
        BackendEmbedder(embedders, settings.get("semantic_cache_model")),
        min_similarity=settings.get("semantic_cache_similarity"),
        most_entries=settings.get("semantic_cache_entries"),
        store=MeaningFile(twin.path) if kept and isinstance(twin, DiskTwin) else None,
    )
    made.start_loading(time.time())
    return made
