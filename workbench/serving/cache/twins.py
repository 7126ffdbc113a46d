"""What outlives the memory: the protocol of its twin on the disk or in Redis."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from .entries import Entry


@dataclass(frozen=True)
class Clearing:
    """What is to be forgotten: answers whose run began before a time, of a tenant or model.

    None stands for each of them. An adapter is a model of its own; ``NAME`` clears ``NAME:...``
    as well, since its weights stand behind them, and ``NAME:ADAPTER`` each ``NAME:ADAPTER@...``.
    """

    before_s: float
    tenant: str | None = None
    model: str | None = None

    def covers(self, entry: Entry) -> bool:
        """Whether an entry is meant."""
        return self.meets(entry.tenant, entry.model, entry.made_s)

    def meets(self, tenant: str, model: str, made_s: float) -> bool:
        """Whether what has these three is meant."""
        if made_s >= self.before_s or self.tenant not in (None, tenant):
            return False
        below = (f"{self.model}:", f"{self.model}@")
        return self.model is None or model == self.model or model.startswith(below)


@dataclass(frozen=True)
class TwinFigures:
    """How much a twin holds; None where that is not known."""

    kind: str
    entries: int | None = None
    size_bytes: int | None = None
    away: bool = False


class Twin(Protocol):
    """Keeps entries beyond the life of the process. Nothing that it does fails a request."""

    kind: str

    async def get(self, key: bytes, tenant: str, model: str, now_s: float) -> Entry | None:
        """The entry, if it is there, was not cleared and has not expired."""
        ...

    def put(self, entry: Entry) -> None:
        """Keep an entry, soon; what cannot be kept is dropped."""
        ...

    async def clear(self, clearing: Clearing) -> int:
        """Forget, here and in every process that shares the twin; how many there were."""
        ...

    async def new_clearings(self) -> list[Clearing]:
        """What was cleared, by whomever, since this was last asked."""
        ...

    async def figures(self) -> TwinFigures:
        """How much there is."""
        ...

    async def flush(self) -> None:
        """Wait until what was put is kept."""
        ...

    async def close(self) -> None:
        """Write what waits and let go."""
        ...
