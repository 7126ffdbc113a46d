"""Both stores of limits, with a real redis-server that the tests start, stop and kill."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from workbench.identity import KeyLimits, Principal
from workbench.serving.limits import LimitStore, RedisLimits, SqliteLimits
from workbench.store.database import close_all

START_S = 1_795_600_000.0  # a Wednesday in November 2026, in the morning (UTC)
LONG_S = 3600.0  # nothing is renewed behind a test's back
PATIENT = {"timeout_s": 30.0}  # a live Redis on a busy machine may answer late; that is no fault


class Stores:
    """One kind of store: makes one, and runs a test's coroutine with it."""

    def __init__(self, kind: str, make: Callable[..., LimitStore]) -> None:
        self.kind, self.make = kind, make

    def now_s(self) -> float:
        """Now, on the clock of windows and leases."""
        return time.monotonic() if self.kind == "sqlite" else time.time()

    def run(self, play: Callable[[Any], Awaitable[Any]], **given: Any) -> Any:
        """What the coroutine gives, once the store is closed again."""

        async def run() -> Any:
            store = self.make(**{"lease_s": LONG_S, **given})
            try:
                return await play(store)
            finally:
                await store.close()

        return asyncio.run(run())


@pytest.fixture(params=["sqlite", "redis"])
def stores(request: pytest.FixtureRequest, home: Path) -> Iterator[Stores]:
    """Each kind of store by turns."""
    if request.param == "sqlite":
        yield Stores("sqlite", SqliteLimits)
    else:
        server = request.getfixturevalue("redis_server")
        yield Stores("redis", lambda **given: RedisLimits(server.url, **{**PATIENT, **given}))
    close_all()


def key(key_id: str = "key_1", **limits: Any) -> Principal:
    """A principal with these limits."""
    return Principal(key_id, "ci", "local", "user", frozenset(), None, KeyLimits(**limits))


def environment(home: Path) -> dict[str, str]:
    """What a process of its own needs to see the same home."""
    return {**os.environ, "WORKBENCH_HOME": str(home)}
