"""Streams read to their end, for the tests of every dialect."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Iterable
from typing import Any

import pytest

from workbench.serving.call import Call, Facts, Piece

Events = list[tuple[str, Any]]


@pytest.fixture
def read_stream() -> Callable[..., Events]:
    """Gives each event's name and data of what a dialect makes of pieces, faults among them."""

    def read(dialect: Any, call: Call, pieces: Iterable[Piece | Exception]) -> Events:
        async def come() -> AsyncIterator[Piece]:
            for piece in pieces:
                if isinstance(piece, Exception):
                    raise piece
                yield piece

        async def collect() -> bytes:
            facts = Facts(served_by="m2", prompt_tokens=3)
            chunks = dialect.render_stream(call, come(), facts, created_s=7.5)
            return b"".join([chunk async for chunk in chunks])

        blocks = asyncio.run(collect()).decode().split("\n\n")
        assert blocks.pop() == ""
        return [split(block) for block in blocks]

    return read


def split(block: str) -> tuple[str, Any]:
    """An event's name, if it has one, and its data."""
    *head, data = block.split("\n")
    text = data.removeprefix("data: ")
    name = head[0].removeprefix("event: ") if head else ""
    return name, text if text == "[DONE]" else json.loads(text)
