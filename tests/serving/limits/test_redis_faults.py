"""A Redis that is a black hole, is killed, comes back empty, or is shared by several homes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from workbench.core import settings
from workbench.core.errors import BusyError, ConfigError, LimitError
from workbench.serving.limits import (
    FallingBackLimits,
    RedisAwayError,
    RedisLimits,
    SqliteLimits,
    open_limits,
)
from workbench.serving.limits.redis_link import RedisLink
from workbench.store.database import close_all
from workbench.store.usage import UsageLog
from workbench.store.usage_rows import UsageRow

from ..redis_servers import RedisServer
from .conftest import PATIENT, key

TIMING = {"timeout_s": 0.25, "again_s": 0.05, "lease_s": 3600.0}
LIMITS = {"tokens_per_minute": 100, "budget_tokens_day": 100}
Harm = Callable[[RedisServer], None]


@pytest.fixture(autouse=True)
def _close() -> Any:
    yield
    close_all()


def run(play: Callable[[Any], Awaitable[None]], make: Callable[[], Any]) -> None:
    async def all_of_it() -> None:
        store = make()
        try:
            await play(store)
        finally:
            await store.close()

    asyncio.run(all_of_it())


async def used_up(store: Any, **asked: Any) -> float:
    with pytest.raises(LimitError) as told:
        await store.reserve(key(**LIMITS), **asked)
    return float(told.value.context["used"])


async def eventually(attempt: Callable[[], Awaitable[Any]]) -> Any:
    """Try until Redis is found to be back: it is looked for only every so often."""
    for _ in range(400):
        try:
            return await attempt()
        except RedisAwayError:
            await asyncio.sleep(0.01)
    return pytest.fail("it never came back")


def settled(log: UsageLog, held: Any, tokens: int) -> None:
    row = UsageRow(
        request_id="r",
        key_id=held.key_id,
        user="u",
        model_asked="m",
        prompt_tokens=tokens,
        settlement_id=held.id,
    )
    log.settle(row).result()


@pytest.mark.parametrize("harm", [RedisServer.freeze, RedisServer.kill], ids=["frozen", "killed"])
def test_while_it_is_away_requests_are_refused_and_nothing_settled_is_lost(
    own_redis: RedisServer, harm: Harm, caplog: pytest.LogCaptureFixture
) -> None:
    async def play(store: RedisLimits) -> None:
        log = UsageLog()
        held = await store.reserve(key(**LIMITS), tokens=60)
        harm(own_redis)
        with pytest.raises(
            BusyError, match=r"the Redis at 127\.0\.0\.1:\d+, which is away"
        ) as told:
            await store.reserve(key(**LIMITS), tokens=1)
        assert told.value.context["http_status"] == 503
        assert told.value.context["retry_after_s"] == 0.05
        assert "WORKBENCH_LIMITS_WHEN_DOWN" in str(told.value.hint)
        settled(log, held, 40)
        await store.settle(held, tokens=40)  # does not fail: it is done later
        await store.release(held)
        if harm is RedisServer.freeze:
            own_redis.thaw()
        else:
            own_redis.start()  # empty: what it held is gone
        after = await eventually(lambda: store.reserve(key(**LIMITS), tokens=60))
        assert await used_up(store, tokens=1) == 100  # 40 settled, 60 held
        await store.release(after)
        await store.reserve(key(**LIMITS), tokens=60)
        log.close()

    run(play, lambda: RedisLimits(own_redis.url, **TIMING))
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING"]
    assert "answers again" in caplog.text


def test_nobody_waits_for_one_that_is_known_to_be_away(
    own_redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def play(store: RedisLimits) -> None:
        await store.reserve(key(**LIMITS), tokens=1)
        own_redis.freeze()
        with pytest.raises(RedisAwayError):
            await store.reserve(key(**LIMITS), tokens=1)
        asked: list[Any] = []
        monkeypatch.setattr(RedisLink, "_guard", lambda *_, **__: asked.append(1))
        for _ in range(100):
            with pytest.raises(RedisAwayError) as told:
                await store.reserve(key(**LIMITS), tokens=1)
            assert not told.value.sent
        assert asked == []
        assert len(store._late) == 1  # of the one that was sent; the others held nothing
        monkeypatch.undo()

    run(play, lambda: RedisLimits(own_redis.url, **{**TIMING, "again_s": 3600.0}))


def test_a_reservation_whose_answer_was_lost_is_given_back(own_redis: RedisServer) -> None:
    async def play(store: RedisLimits) -> None:
        await store.reserve(key(**LIMITS), tokens=1)
        own_redis.freeze()
        with pytest.raises(RedisAwayError):
            await store.reserve(key(**LIMITS), tokens=90)  # lies in the socket of the frozen one
        own_redis.thaw()  # ... which does it now
        await eventually(lambda: store.reserve(key(**LIMITS), tokens=90))

    run(play, lambda: RedisLimits(own_redis.url, **TIMING))


def test_a_cancelled_reservation_is_given_back(own_redis: RedisServer) -> None:
    async def play(store: RedisLimits) -> None:
        await store.reserve(key(**LIMITS), tokens=1)
        own_redis.freeze()
        task = asyncio.create_task(store.reserve(key(**LIMITS), tokens=90))
        await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        own_redis.thaw()
        assert len(store._late) == 1
        await store._recover()
        await store.reserve(key(**LIMITS), tokens=90)

    run(play, lambda: RedisLimits(own_redis.url, **{**TIMING, "timeout_s": 5.0}))


def test_falling_back_to_this_machine_and_coming_back(
    own_redis: RedisServer, caplog: pytest.LogCaptureFixture
) -> None:
    def make() -> FallingBackLimits:
        return FallingBackLimits(RedisLimits(own_redis.url, **TIMING), SqliteLimits(lease_s=3600.0))

    async def play(store: Any) -> None:
        log, budget = UsageLog(), key(budget_tokens_day=100)
        held = await store.reserve(budget, tokens=30)
        settled(log, held, 30)
        await store.settle(held, tokens=30)
        own_redis.freeze()
        for tokens in (20, 10):
            held = await store.reserve(budget, tokens=tokens)
            assert held.store == "sqlite"
            settled(log, held, tokens)
            await store.settle(held, tokens=tokens)
        assert (await store.usage(budget.key_id)).tokens_day == 60
        with pytest.raises(LimitError) as told:
            await store.reserve(budget, tokens=41)
        assert told.value.context["used"] == 60  # also what was settled in Redis before
        own_redis.thaw()
        for _ in range(400):
            held = await store.reserve(budget, tokens=1)
            await store.release(held)
            if held.store == "redis":
                break
            await asyncio.sleep(0.01)
        assert held.store == "redis"
        with pytest.raises(LimitError) as told:
            await store.reserve(budget, tokens=41)
        assert told.value.context["used"] == 60  # also what was settled here meanwhile
        log.close()

    run(play, make)
    warned = [record for record in caplog.records if "on this machine alone" in record.message]
    assert len(warned) == 1


def test_homes_that_share_a_redis_add_up(
    redis_server: RedisServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def play(_: Any) -> None:
        stores = []
        for name in "ab":
            with settings.override(home=tmp_path / name):
                log = UsageLog()
                stores.append(RedisLimits(redis_server.url, **{**TIMING, **PATIENT}))
            row = UsageRow(
                request_id="r", key_id="key_1", user="u", model_asked="m", prompt_tokens=20
            )
            log.settle(row).result()
            log.close()
        assert stores[0]._home != stores[1]._home
        # Each counts its own home's share when it first asks.
        assert await used_up(stores[0], tokens=81) == 20
        assert await used_up(stores[1], tokens=61) == 40
        assert await used_up(stores[0], tokens=61) == 40
        await stores[0].rebuild()
        assert await used_up(stores[0], tokens=61) == 40
        for store in stores:
            await store.close()

    run(play, lambda: SqliteLimits(lease_s=3600.0))


def test_who_died_while_counting_holds_nobody_up_for_long(
    redis_server: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def play(store: RedisLimits) -> None:
        def die(*_: Any) -> Any:
            raise KeyError("died")

        truth = store._truth
        monkeypatch.setattr(store, "_truth", die)
        with pytest.raises(KeyError):
            await store.reserve(key(**LIMITS), tokens=1, now_s=1000.0)
        monkeypatch.setattr(store, "_truth", truth)
        monkeypatch.setattr("workbench.serving.limits.redis_store._TRIES", 3)
        with pytest.raises(BusyError, match="still being counted"):
            await store.reserve(key(**LIMITS), tokens=1, now_s=1002.9)
        await store.reserve(key(**LIMITS), tokens=1, now_s=1003.1)

    run(play, lambda: RedisLimits(redis_server.url, **{**TIMING, **PATIENT}))


def test_a_clock_that_is_set_back_lets_nothing_through_and_sticks_to_nothing(
    redis_server: RedisServer,
) -> None:
    async def play(store: RedisLimits) -> None:
        limits = key(tokens_per_minute=100, concurrent_streams=1)
        held = await store.reserve(limits, tokens=60, stream=True, now_s=100_000.0)
        await store.settle(held, tokens=60, now_s=100_000.0)
        await store.reserve(limits, tokens=40, stream=True, now_s=100_000.0)
        back_s = 50_000.0
        with pytest.raises(LimitError):
            await store.reserve(limits, tokens=1, now_s=back_s)
        with pytest.raises(LimitError):
            await store.reserve(limits, tokens=0, stream=True, now_s=back_s + 29)
        await store.reserve(limits, tokens=0, stream=True, now_s=back_s + 30)
        with pytest.raises(LimitError):
            await store.reserve(limits, tokens=41, now_s=back_s + 60)
        await store.reserve(limits, tokens=100, now_s=back_s + 61)

    run(play, lambda: RedisLimits(redis_server.url, **{**TIMING, **PATIENT, "lease_s": 30.0}))


@pytest.mark.parametrize("url", ["nonsense", "http://127.0.0.1", "redis://x:y@h:port/0"])
def test_an_address_that_is_none(home: Path, url: str) -> None:
    async def open_it() -> None:
        with settings.override(redis_url=url):
            await open_limits()

    with pytest.raises(ConfigError, match="'redis_url' is no address") as told:
        asyncio.run(open_it())
    assert "x:y" not in str(told.value)


def test_the_password_is_in_no_message(
    own_redis: RedisServer, home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    own_redis.ask("CONFIG SET requirepass another")
    url = own_redis.url.replace("//", "//:hunter2@")

    async def play(store: Any) -> None:
        with pytest.raises(BusyError) as told:
            await store.reserve(key(**LIMITS), tokens=1)
        assert "WRONGPASS" in str(told.value) or "AuthenticationError" in str(told.value)
        assert "hunter2" not in str(told.value) + str(told.value.hint)

    run(play, lambda: RedisLimits(url, **{**TIMING, **PATIENT}))
    assert "hunter2" not in caplog.text


def test_opening_as_the_settings_say(own_redis: RedisServer, home: Path) -> None:
    async def kind(**given: Any) -> str:
        with settings.override(**given):
            store = await open_limits()
        await store.close()
        return type(store).__name__

    url = own_redis.url
    assert asyncio.run(kind()) == "SqliteLimits"
    assert asyncio.run(kind(redis_url=url)) == "RedisLimits"
    assert asyncio.run(kind(redis_url=url, limits_when_down="local")) == "FallingBackLimits"
    own_redis.kill()
    assert asyncio.run(kind(redis_url=url)) == "RedisLimits"  # it may come later
