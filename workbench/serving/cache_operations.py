"""What a user can ask of and about the cache."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlencode

import annotated_types as bounds

from workbench.core import settings
from workbench.core.errors import NotFoundError
from workbench.core.operations import operation
from workbench.core.viewers import Viewable
from workbench.serving.asking import GatewayClient

if TYPE_CHECKING:
    from workbench.serving.cache.twins import Clearing


@dataclass(frozen=True)
class CacheState(Viewable):
    """What a running gateway's cache holds and did since the start.

    ``entries`` and ``size_bytes`` are of its memory, which is empty at the start; ``twin`` is what
    it has on the disk (or in Redis) besides, and takes from there when it is asked for.
    """

    entries: int
    size_bytes: int
    most_bytes: int
    evictions: int
    lookups: int
    hits: int
    joined: int
    stored: int
    saved_s: float
    in_flight: int
    twin: dict[str, Any] | None = None
    semantic: dict[str, Any] | None = None


@dataclass(frozen=True)
class ClearedCache(Viewable):
    """How many answers were forgotten, and where."""

    answers: int
    where: str


@dataclass(frozen=True)
class SharedAnswer(Viewable):
    """Whether two requests may share an answer, and why. The parts are what the rules compare."""

    same: bool
    reason: str
    explanation: str
    similarity: float | None
    first: dict[str, str]
    second: dict[str, str]


@operation("serving.cache_stats", title="Show the cache", group="cache")
def show_cache(*, url: str | None = None, key_file: Path | None = None) -> CacheState:
    """Show what a running gateway's cache holds, what it saved and why it refused.

    Args:
        url: Where it is; by default the one that runs in this home.
        key_file: Holds a key for it; by default its owner's.
    """
    return CacheState(**GatewayClient(url, key_file).ask("GET", "/admin/v1/cache"))


@operation("serving.cache_clear", title="Empty the cache", group="cache")
def clear_cache(
    *,
    model: str | None = None,
    user: str | None = None,
    older_than_h: Annotated[float, bounds.Ge(0)] = 0.0,
    url: str | None = None,
    key_file: Path | None = None,
) -> ClearedCache:
    """Forget known answers, on the disk and in every gateway that shares them.

    A gateway that runs notices within a quarter of a second. If none runs, the file of this home
    is emptied.

    Args:
        model: Only this one's, its adapters' with it.
        user: Only this user's.
        older_than_h: Only what is older than so many hours.
        url: Where the gateway is; by default the one that runs in this home.
        key_file: Holds a key for it; by default its owner's.
    """
    older_than_s = 3600 * older_than_h
    try:
        client = GatewayClient(url, key_file)
    except NotFoundError:
        if url is not None:
            raise
        from workbench.serving.cache.twins import Clearing

        return _clear_file(Clearing(time.time() - older_than_s, tenant=user, model=model))
    given = {"model": model, "user": user, "older_than_s": older_than_s or None}
    query = urlencode({name: value for name, value in given.items() if value is not None})
    path = "/admin/v1/cache" + (f"?{query}" if query else "")
    return ClearedCache(client.ask("DELETE", path)["removed"], client.url)


def _clear_file(clearing: Clearing) -> ClearedCache:
    from workbench.serving.cache.disk import FILE_NAME, DiskTwin

    path = settings.home() / FILE_NAME
    if not path.exists():
        return ClearedCache(0, str(path))
    twin = DiskTwin(path, texts=settings.get("semantic_cache_disk"))
    try:
        return ClearedCache(twin.clear_now(clearing), str(path))
    finally:
        twin.close_now()


@operation("serving.cache_explain", title="Say why two requests share an answer", group="cache")
def explain(first: str, second: str, *, similarity: bool = False) -> SharedAnswer:
    """Say whether two requests would share an answer in the semantic cache, and why.

    Args:
        first: A request's text.
        second: Another's.
        similarity: Also the cosine of their vectors; the embedder is loaded for it.
    """
    from workbench.serving.cache.gate.gate import REASONS, Gate
    from workbench.serving.cache.gate.readings import read

    one, other = read(first), read(second)
    verdict = Gate().compare(one, other)
    cosine = _cosine(first, second) if similarity else None
    same, reason, said = verdict.same, verdict.reason, REASONS[verdict.reason]
    if same and cosine is not None and cosine < settings.get("semantic_cache_similarity"):
        same, reason = False, "similarity"
        said = "their vectors are not near enough for the gate to be asked"
    return SharedAnswer(same, reason, said, cosine, one.parts(), other.parts())


def _cosine(first: str, second: str) -> float:
    from workbench.models.loading import load
    from workbench.serving.cache.nearest import to_unit

    with load(settings.get("semantic_cache_model")) as model:
        left, right = (to_unit(row) for row in model.embed([first, second]).tolist())
    return float(left @ right)
