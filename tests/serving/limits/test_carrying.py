"""A limit does not begin anew when Redis goes away, nor when it comes back."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from workbench.core.errors import LimitError
from workbench.identity.principals import Principal
from workbench.serving.limits import FallingBackLimits, RedisLimits, SqliteLimits
from workbench.serving.limits.carrying import Bucket, Passing
from workbench.serving.limits.protocol import Reservation
from workbench.store.database import close_all

from ..redis_servers import RedisServer
from .conftest import key

TIMING = {"timeout_s": 0.25, "again_s": 0.05, "lease_s": 3600.0}


@pytest.fixture(autouse=True)
def _close() -> Iterator[None]:
    yield
    close_all()


class Forgetful(FallingBackLimits):
    """As it was: each place counts from nothing."""

    async def _return(self) -> None:
        self._in_own = Passing()

    async def reserve(self, principal: Principal, **asked: Any) -> Any:
        self._in_shared = Passing()
        return await super().reserve(principal, **asked)


async def refused(store: Any, who: Principal, **asked: Any) -> bool:
    """Whether a limit stands in the way."""
    try:
        held = await store.reserve(who, **asked)
    except LimitError:
        return True
    await store.release(held)
    return False


async def until_in(store: Any, place: str) -> None:
    """Ask with another key until reservations are made there."""
    for _ in range(400):
        held = await store.reserve(key(key_id="key_other", requests_per_minute=10_000), tokens=0)
        await store.release(held)
        if held.store == place:
            return
        await asyncio.sleep(0.01)
    pytest.fail(f"it never came to {place}")


def play(own_redis: RedisServer, kind: type[FallingBackLimits]) -> list[bool]:
    """Use a window and the streams up by halves before Redis goes, and while it is away.

    Returns whether what is then too much was refused: tokens and streams while it is away, tokens
    and streams once it is back, a stream after all were settled.
    """

    async def run() -> list[bool]:
        store = kind(RedisLimits(own_redis.url, **TIMING), SqliteLimits(lease_s=3600.0))
        who = key(tokens_per_minute=100, concurrent_streams=2)
        try:
            first = await store.reserve(who, tokens=60)
            await store.settle(first, tokens=50)
            early = await store.reserve(who, tokens=1, stream=True)
            own_redis.freeze()
            await until_in(store, "sqlite")
            found = [await refused(store, who, tokens=60)]
            late = await store.reserve(who, tokens=1, stream=True)
            found.append(await refused(store, who, tokens=1, stream=True))
            more = await store.reserve(who, tokens=30)
            await store.settle(more, tokens=30)
            own_redis.thaw()
            await until_in(store, "redis")
            found.append(await refused(store, who, tokens=30))
            found.append(await refused(store, who, tokens=1, stream=True))
            for each in (early, late):
                await store.settle(each, tokens=1)
            found.append(await refused(store, who, tokens=1, stream=True))
            used = await store.usage(who.key_id)
            assert (used.streams, used.reserved_tokens) == (0, 0)
            if kind is FallingBackLimits:
                assert used.tokens_minute == 82  # 50, 30 and the two streams': nothing twice
        finally:
            await store.close()
        return found

    return asyncio.run(run())


def test_limits_do_not_begin_anew_where_they_go(own_redis: RedisServer) -> None:
    assert play(own_redis, FallingBackLimits) == [True, True, True, True, False]


def test_one_that_forgets_is_found_out(own_redis: RedisServer) -> None:
    assert play(own_redis, Forgetful) == [False, False, False, False, False]


def test_what_is_a_minute_old_is_not_carried() -> None:
    now_s = 1000.0
    passing = Passing(lambda: now_s)
    held = [Reservation(name, "k", tokens=5) for name in "abc"]
    passing.hold(held[0])
    passing.settle(held[0], 7)
    now_s = 1040.0
    passing.hold(held[1])
    now_s = 1061.0
    passing.settle(held[1], 3)
    passing.settle(held[1], 3)  # once
    (carried,) = passing.take()
    assert carried.buckets == (Bucket(21, 1, 0), Bucket(0, 0, 3))
    assert carried.held == ()
    assert list(passing.take()) == []
    passing.put_back(carried)
    assert list(passing.take()) == [carried]
