"""Both twins of the cache, with a real redis-server that the tests start, stop and kill."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from workbench.identity import KeyLimits, Principal
from workbench.serving.cache.answers import AnswerCache
from workbench.serving.cache.disk import DiskTwin
from workbench.serving.cache.redis_twin import RedisTwin
from workbench.serving.cache.twins import Twin
from workbench.serving.call import Call, Facts, Piece, Usage


@dataclass
class Model:
    """Answers calls as it is told, and counts how often: what a pipeline's backend does."""

    pieces: list[Piece] = field(default_factory=lambda: answer("Paris."))
    runs: int = 0
    free_runs: int = 0
    gate: asyncio.Event | None = None
    error: Exception | None = None
    fail_after: int = 0
    cancelled: int = 0

    async def paid(self, call: Call, principal: Any, facts: Facts) -> AsyncGenerator[Piece, None]:
        self.runs += 1
        facts.served_by, facts.backend = call.model, "local"
        try:
            for place, piece in enumerate(self.pieces):
                if self.gate is not None:
                    await self.gate.wait()
                if self.error is not None and place == self.fail_after:
                    raise self.error
                yield piece
        except asyncio.CancelledError:
            self.cancelled += 1
            raise

    async def free(
        self, call: Call, principal: Any, facts: Facts, pieces: AsyncIterator[Piece]
    ) -> AsyncGenerator[Piece, None]:
        self.free_runs += 1
        async for piece in pieces:
            yield piece


def answer(*texts: str) -> list[Piece]:
    """The pieces of one choice, token by token."""
    parts = [Piece(text) for text in texts[:-1]]
    return [*parts, Piece(texts[-1], finish_reason="stop", usage=Usage(5, len(texts)))]


def ask(text: str = "What is the capital of France?", **fields: Any) -> Call:
    """A greedy call."""
    sampling = {"temperature": 0.0, "max_tokens": 16, **fields.pop("sampling", {})}
    messages = fields.pop("messages", ({"role": "user", "content": text},))
    made = {"request_id": "req_1", "kind": "chat", "model": "smollm2-135m", **fields}
    return Call(messages=messages, sampling=sampling, **made)


def key(key_id: str = "key_1", user: str = "ann") -> Principal:
    """A principal."""
    return Principal(key_id, "ci", user, "user", frozenset(), None, KeyLimits())


def identify(model: str) -> tuple[str, float | None]:
    """Every model's identity is its name, and its own temperature 0.7."""
    return model, 0.7


@dataclass
class Got:
    """What a client got."""

    text: str
    facts: Facts
    pieces: list[Piece]


class Caches:
    """One kind of twin: makes caches over the same one, and runs a test's coroutine."""

    def __init__(self, kind: str, make_twin: Callable[[], Twin]) -> None:
        self.kind, self.make_twin = kind, make_twin

    def make(self, **given: Any) -> AnswerCache:
        """A cache over the twin."""
        return AnswerCache(
            given.pop("identify", identify), twin=given.pop("twin", self.make_twin()), **given
        )

    @staticmethod
    async def get(
        cache: AnswerCache, model: Model, call: Call | None = None, who: Principal | None = None
    ) -> Got:
        """One whole answer."""
        facts = Facts()
        pieces = [
            piece
            async for piece in cache.answer(
                call or ask(), who or key(), facts, paid=model.paid, free=model.free
            )
        ]
        return Got("".join(piece.text for piece in pieces), facts, pieces)

    def run(self, play: Callable[[AnswerCache], Awaitable[Any]], **given: Any) -> Any:
        """What the coroutine gives, once the cache is closed again."""

        async def run() -> Any:
            cache = self.make(**given)
            try:
                return await play(cache)
            finally:
                await cache.close()

        return asyncio.run(run())


@pytest.fixture(params=["sqlite", "redis"])
def caches(request: pytest.FixtureRequest, home: Path) -> Iterator[Caches]:
    """Each kind of twin by turns, empty."""
    if request.param == "sqlite":
        yield Caches("sqlite", DiskTwin)
    else:
        server = request.getfixturevalue("redis_server")
        server.ask("FLUSHALL")
        yield Caches("redis", lambda: RedisTwin(server.url, timeout_s=5.0))
