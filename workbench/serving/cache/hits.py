"""What the cache and the pipeline hand each other."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from workbench.serving.call import Call, Facts, Piece

from .twins import TwinFigures


class Principal(Protocol):
    """What is needed of ``workbench.identity.Principal``."""

    @property
    def key_id(self) -> str:
        """The key."""
        ...

    @property
    def user(self) -> str:
        """Whose it is: the tenant."""
        ...


class Identify(Protocol):
    """Says which weights stand behind a model's name, and its own temperature."""

    def __call__(self, model: str) -> tuple[str, float | None]:
        """The identity, and the temperature where a request names none (None if unknown)."""
        ...


# Both are handed the principal that ``answer`` was given, whatever more that is.
Paid = Callable[[Call, Any, Facts], AsyncGenerator[Piece, None]]
Free = Callable[[Call, Any, Facts, AsyncIterator[Piece]], AsyncGenerator[Piece, None]]


@dataclass(frozen=True)
class Hit:
    """An answer that was known. ``similarity`` is the cosine of a semantic one."""

    kind: Literal["exact", "semantic"]
    pieces: tuple[Piece, ...]
    served_by: str
    age_s: float
    saved_s: float
    similarity: float | None = None

    def tell(self, facts: Facts) -> None:
        """Write into ``facts`` what is told of it."""
        facts.served_by, facts.backend = self.served_by, "cache"
        facts.cache, facts.cache_age_s = self.kind, self.age_s
        facts.cache_similarity = self.similarity

    async def each(self) -> AsyncGenerator[Piece, None]:
        """Its pieces, as a run would give them."""
        for piece in self.pieces:
            yield piece


def tell_flight(flight: Facts, facts: Facts) -> None:
    """Write into ``facts`` what is true of a run for all who read it."""
    facts.served_by, facts.backend = flight.served_by, flight.backend
    facts.fallbacks = flight.fallbacks
    facts.cache = "flight"


@dataclass(frozen=True)
class SemanticFigures:
    """What is held, and what became of the lookups. ``refused`` counts the gate's reasons."""

    entries: int
    lookups: int
    hits: int
    without_vector: int
    refused: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class CacheFigures:
    """What the cache holds, and what it did since the gateway started."""

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
    twin: TwinFigures | None = None
    semantic: SemanticFigures | None = None
