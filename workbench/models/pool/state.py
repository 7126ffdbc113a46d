"""What a pool says of itself."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.core.viewers import Viewable


@dataclass(frozen=True)
class ResidentModel:
    """A model in memory, or on its way in or out.

    ``status`` is loading, ready, draining or unloading. ``reckoned_bytes`` is the most that it is
    known to take. Times are Unix times; ``expires_s`` None means that it stays until its room is
    needed. ``adapters`` are those that requests may name. ``tokens_per_s`` is the median over its
    last loans, of prompt and answer together: what the queue reckons its waits by, and more than
    the rate at which an answer is written.
    """

    name: str
    engine: str
    status: str
    resident_bytes: int
    reckoned_bytes: int
    in_flight: int
    queued: int
    pinned: bool
    parallel: int
    threads: int
    adapters: tuple[str, ...]
    loaded_at_s: float | None
    last_used_s: float | None
    expires_s: float | None
    tokens_per_s: float | None


@dataclass(frozen=True)
class QueuedModel:
    """A model that is waited for and not in memory."""

    name: str
    engine: str
    queued: int
    needed_bytes: int
    failures: int


@dataclass(frozen=True)
class PoolState(Viewable):
    """The memory of a pool and who holds it.

    ``used_bytes`` is measured, ``reserved_bytes`` what the models in memory and those being loaded
    are known to grow to beyond it. ``queued`` counts all who wait.
    """

    budget_bytes: int
    used_bytes: int
    reserved_bytes: int
    models: tuple[ResidentModel, ...]
    waiting: tuple[QueuedModel, ...]
    queued: int
