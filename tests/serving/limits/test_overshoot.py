"""Fifty at once overshoot by exactly nothing, in one process and in two; a broken store does."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from workbench.core.errors import LimitError
from workbench.identity import Principal
from workbench.serving.limits import RedisLimits, Reservation, SqliteLimits
from workbench.serving.limits import sqlite_steps as steps
from workbench.serving.limits.protocol import new_reservation_id
from workbench.serving.limits.redis_store import _name
from workbench.serving.limits.rules import judge, to_asked

from ..redis_servers import RedisServer
from .conftest import PATIENT, START_S, Stores, environment, key

ALLOWED = {"tokens_per_minute": 1000, "budget_tokens_day": 1000, "concurrent_streams": 40}
ASKED = 30  # 33 of them fit into 1000
TASKS = 50


async def all_at_once(store: Any, principal: Principal, **given: Any) -> int:
    """Start all tasks, let each that was let in wait for the others, and say how many were in."""
    let_in: list[Reservation] = []

    async def stream() -> None:
        try:
            held = await store.reserve(principal, tokens=ASKED, stream=True, **given)
        except LimitError:
            return
        let_in.append(held)
        await asyncio.sleep(0)
        await store.settle(held, tokens=ASKED, **given)

    await asyncio.gather(*(stream() for _ in range(TASKS)))
    return len(let_in)


def test_fifty_streams_at_once_overshoot_by_nothing(stores: Stores) -> None:
    async def play(store: Any) -> None:
        assert await all_at_once(store, key(**ALLOWED), now_s=START_S) == 33
        assert await all_at_once(store, key(**ALLOWED), now_s=START_S) == 0
        assert await all_at_once(store, key(**ALLOWED), now_s=START_S + 61) == 0  # the day's
        assert await all_at_once(store, key(**ALLOWED), now_s=START_S + 86_400) == 33

    stores.run(play)


def test_fifty_streams_share_the_places_that_there_are(stores: Stores) -> None:
    async def play(store: Any) -> None:
        principal = key(concurrent_streams=7)
        open_now, most, done = 0, 0, 0

        async def stream() -> None:
            nonlocal open_now, most, done
            while True:
                try:
                    held = await store.reserve(principal, tokens=1, stream=True)
                    break
                except LimitError:
                    await asyncio.sleep(0.001)
            open_now += 1
            most = max(most, open_now)
            await asyncio.sleep(0.002)
            open_now -= 1
            done += 1
            await store.settle(held, tokens=1)

        await asyncio.gather(*(stream() for _ in range(TASKS)))
        assert (most, done) == (7, TASKS)

    stores.run(play)


class CheckThenAddSqlite(SqliteLimits):
    """Looks in one transaction and holds in another."""

    async def reserve(self, principal: Principal, *, tokens: int, **given: Any) -> Reservation:
        now, asked = self._now(given["now_s"]), to_asked(tokens, 0.0, stream=True)
        figures = await self._make(
            lambda connection, truth: steps.read_figures(
                connection, principal.key_id, now, lease_s=self.lease_s, truth=truth
            )
        )
        judge(principal, figures, asked)
        await asyncio.sleep(0)  # what any wait on a network or a thread is
        made_id = new_reservation_id()
        await self._make(
            lambda connection, _: steps.hold(
                connection, principal.key_id, made_id, asked=asked, now=now, lease_s=self.lease_s
            )
        )
        return Reservation(made_id, principal.key_id, tokens)


class CheckThenAddRedis(RedisLimits):
    """Asks the script for figures only, and holds with a command of its own."""

    async def reserve(self, principal: Principal, *, tokens: int, **given: Any) -> Reservation:
        now_s, asked = given["now_s"], to_asked(tokens, 0.0, stream=True)
        _, figures = await self._figures(principal.key_id, now_s, limits=principal.limits)
        judge(principal, figures, asked)
        await asyncio.sleep(0.05)  # a slow network: all have looked before the first one holds
        made_id = new_reservation_id()
        until_ms = round((now_s + self.lease_s) * 1000)
        await self._link._client.hset(
            _name(principal.key_id, "open"), made_id, f"{tokens} 0 1 {until_ms}"
        )
        return Reservation(made_id, principal.key_id, tokens)


@pytest.mark.parametrize("broken", [CheckThenAddSqlite, CheckThenAddRedis])
def test_a_store_that_looks_and_then_adds_overshoots(
    broken: type[Any], home: Path, redis_server: RedisServer
) -> None:
    make: Callable[..., Any] = broken
    if broken is CheckThenAddRedis:
        make = lambda **given: CheckThenAddRedis(redis_server.url, **PATIENT, **given)  # noqa: E731

    async def play(store: Any) -> int:
        return await all_at_once(store, key(**ALLOWED), now_s=START_S)

    assert Stores("broken", make).run(play) > 33


PROCESS = """
import asyncio, json, sys
from workbench.core.errors import LimitError
from workbench.identity import KeyLimits, Principal
from workbench.serving.limits import RedisLimits, SqliteLimits

async def main():
    url, tokens = sys.argv[1], int(sys.argv[2])
    limits = KeyLimits(tokens_per_minute=1000, budget_tokens_day=1000)
    principal = Principal("key_1", "ci", "local", "user", frozenset(), None, limits)
    store = RedisLimits(url, lease_s=3600, timeout_s=30) if url else SqliteLimits(lease_s=3600)
    print("ready", flush=True)
    sys.stdin.readline()

    async def stream():
        try:
            held = await store.reserve(principal, tokens=tokens, now_s=float(sys.argv[3]))
        except LimitError:
            return 0
        await store.settle(held, tokens=tokens, now_s=float(sys.argv[3]))
        return tokens

    print(json.dumps(sum(await asyncio.gather(*(stream() for _ in range(100))))), flush=True)
    await store.close()

asyncio.run(main())
"""


def test_two_processes_overshoot_by_nothing(stores: Stores, home: Path, request: Any) -> None:
    url = request.getfixturevalue("redis_server").url if stores.kind == "redis" else ""
    processes = [
        subprocess.Popen(
            [sys.executable, "-W", "error", "-c", PROCESS, url, str(tokens), str(START_S)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=environment(home),
            text=True,
        )
        for tokens in (7, 11)
    ]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    used = []
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        out, _ = process.communicate(timeout=120)
        assert process.returncode == 0
        used.append(json.loads(out))
    assert 1000 - 7 < sum(used) <= 1000
    assert all(used)
