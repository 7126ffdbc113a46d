"""Reserve before, settle after: the same for each store."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from workbench.core.errors import LimitError
from workbench.identity import KeyLimits, Principal
from workbench.serving.limits import SqliteLimits
from workbench.store.database import close_all

START_S = 1_795_600_000.0  # a Wednesday in November 2026, in the morning (UTC)


def key(**limits: Any) -> Principal:
    return Principal("key_1", "ci", "local", "user", frozenset(), None, KeyLimits(**limits))


@pytest.fixture
def store(home: object) -> Iterator[SqliteLimits]:
    made = SqliteLimits()
    yield made
    asyncio.run(made.close())
    close_all()


def test_tokens_are_held_then_counted(store: SqliteLimits) -> None:
    async def run() -> None:
        principal = key(tokens_per_minute=100)
        held = await store.reserve(principal, tokens=60, now_s=START_S)
        with pytest.raises(LimitError) as told:
            await store.reserve(principal, tokens=41, now_s=START_S)
        assert told.value.context == {
            "limit": "tokens_per_minute",
            "allowed": 100,
            "used": 60,
            "asked": 41,
            "retry_after_s": 2.0,
        }
        await store.settle(held, tokens=20, now_s=START_S)
        await store.settle(held, tokens=20, now_s=START_S)  # once
        await store.release(held)
        other = await store.reserve(principal, tokens=80, now_s=START_S)
        assert [(left.limit, left.left) for left in other.left] == [("tokens_per_minute", 0)]
        await store.release(other)
        with pytest.raises(LimitError):
            await store.reserve(principal, tokens=81, now_s=START_S + 59.9)
        await store.release(await store.reserve(principal, tokens=100, now_s=START_S + 61))

    asyncio.run(run())
