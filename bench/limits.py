"""What keys, limits, settlements and sketches cost, each against what it is at least made of.

A pair of reserving and settling against two bare transactions (SQLite) or two bare scripts
(Redis); verifying a key against hashing it; settling many rows against one transaction each. The
figures are CPU time of this process, which a busy machine leaves as it is.
"""

from __future__ import annotations

import asyncio
import hashlib
import shutil
import socket
import sqlite3
import subprocess
import tempfile
import time
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from shape import Benchmark, Figure, take_turns

PAIRS, CHECKS, ROWS = 2000, 50_000, 5000
PROMPT = (
    "Explain to me how the reservation of tokens works in the gateway, and why it is that fifty "
    "streams at once do not overshoot. "
) * 4


def cpu_us(work: Callable[[], object], count: int) -> float:
    """CPU time of one of so many, in microseconds."""
    started_s = time.process_time()
    work()
    return (time.process_time() - started_s) / count * 1e6


def principal() -> Any:
    """A key with every limit, none of which is reached."""
    from workbench.identity import KeyLimits, Principal

    limits = KeyLimits(10**9, 10**9, 100, 10**12, 10**12, 1000.0, 1000.0)
    return Principal("key_1", "bench", "local", "user", frozenset({"inference"}), None, limits)


async def pairs(store: Any) -> None:
    """Reserve and settle, one after another."""
    who = principal()
    for _ in range(PAIRS):
        held = await store.reserve(who, tokens=100, usd=0.001, stream=True)
        await store.settle(held, tokens=50, usd=0.0005)


def nothing_settled(*_: Any) -> Any:
    """The truth of a bench: an empty usage log."""
    from workbench.store.usage_queries import Settled

    return Settled(((0, 0), (0, 0)), {})


Play = Callable[[Any], Coroutine[Any, Any, None]]


@contextmanager
def running(make: Callable[[], Any]) -> Iterator[Callable[[Play], Any]]:
    """A store in a loop of its own."""
    loop = asyncio.new_event_loop()

    async def opened() -> Any:
        return make()

    store = loop.run_until_complete(opened())
    try:
        yield lambda play: loop.run_until_complete(play(store))
    finally:
        loop.run_until_complete(store.close())
        loop.close()


def sqlite_pairs(rounds: int, folder: Path) -> Figure:
    """A pair on the SQLite file."""
    from workbench.serving.limits import SqliteLimits

    bare = sqlite3.connect(folder / "bare.sqlite", isolation_level=None)
    for pragma in ("journal_mode = WAL", "synchronous = NORMAL"):
        bare.execute(f"PRAGMA {pragma}")
    bare.execute("CREATE TABLE numbers (number INTEGER)")

    def two_bare() -> None:
        for number in range(2 * PAIRS):
            bare.execute("BEGIN IMMEDIATE")
            bare.execute("INSERT INTO numbers VALUES (?)", (number,))
            bare.execute("COMMIT")

    with running(lambda: SqliteLimits(folder / "l.sqlite", truth=nothing_settled)) as run:
        run(pairs)
        mine, theirs = take_turns(
            lambda: cpu_us(lambda: run(pairs), PAIRS),
            lambda: cpu_us(two_bare, PAIRS),
            rounds=rounds,
        )
    bare.close()
    return _figure("reserve and settle, SQLite", "two bare transactions", mine, theirs)


def redis_pairs(rounds: int, folder: Path) -> Figure:
    """A pair on a real redis-server."""
    import redis.asyncio

    from workbench.serving.limits import RedisLimits

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["redis-server", "--port", str(port), "--save", "", "--dir", str(folder)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as server:
        url = f"redis://127.0.0.1:{port}/0"

        async def two_bare(_: Any) -> None:
            client = redis.asyncio.Redis.from_url(url)
            script = client.register_script("return 1")
            for _ in range(2 * PAIRS):
                await script(keys=["k"], args=[1])
            await client.aclose()

        try:
            for _ in range(200):
                try:
                    socket.create_connection(("127.0.0.1", port)).close()
                    break
                except ConnectionError:
                    time.sleep(0.02)
            made = lambda: RedisLimits(url, truth=nothing_settled, home_id="bench")  # noqa: E731
            with running(made) as run:
                run(pairs)
                mine, theirs = take_turns(
                    lambda: cpu_us(lambda: run(pairs), PAIRS),
                    lambda: cpu_us(lambda: run(two_bare), PAIRS),
                    rounds=rounds,
                )
        finally:
            server.terminate()
    return _figure("reserve and settle, Redis", "two bare scripts", mine, theirs)


def verifying(rounds: int) -> Figure:
    """A key that is known, verified again."""
    from workbench import identity

    key = identity.create_key("bench").key

    def ours() -> None:
        for _ in range(CHECKS):
            identity.verify(key)

    def hashing() -> None:
        known = {hashlib.sha256(key.encode()).digest(): 1}
        for _ in range(CHECKS):
            known[hashlib.sha256(key.encode()).digest()]

    mine, theirs = take_turns(
        lambda: cpu_us(ours, CHECKS), lambda: cpu_us(hashing, CHECKS), rounds=rounds
    )
    identity.revoke_key("bench")
    return _figure("verify a key", "its sha256 in a dict", mine, theirs)


def settling(rounds: int, folder: Path) -> Figure:
    """Many settlements, each waited for, against a synced transaction each; rows a second."""
    from workbench.store.database import Database
    from workbench.store.usage import UsageLog
    from workbench.store.usage_rows import INSERT, UsageRow, row_values

    def rows(count: int) -> list[Any]:
        return [
            UsageRow(request_id="r", key_id="k", user="u", model_asked="m") for _ in range(count)
        ]

    def ours() -> float:
        log, started_s = UsageLog(Database(folder / "a.sqlite")), time.perf_counter()
        for done in [log.settle(row) for row in rows(ROWS)]:
            done.result()
        rate = ROWS / (time.perf_counter() - started_s)
        log.close()
        return rate

    def one_by_one() -> float:
        database, started_s = Database(folder / "b.sqlite"), time.perf_counter()
        for row in rows(ROWS // 10):
            with database.transaction() as connection:
                connection.execute(INSERT, row_values(row))
        database.close()
        return ROWS / 10 / (time.perf_counter() - started_s)

    mine, theirs = take_turns(ours, one_by_one, rounds=rounds)
    return Figure(
        "settlements on the disk", "a transaction each", "rows/s", tuple(mine), tuple(theirs)
    )


def sketching(rounds: int) -> Figure:
    """Language and sketch of a prompt of 500 characters whose words were seen before."""
    from workbench.serving.call import Call
    from workbench.serving.sketches import sketch_call

    call = Call("r", "chat", "m", messages=({"role": "user", "content": PROMPT[:500]},))

    def ours() -> None:
        for _ in range(1000):
            sketch_call(call)

    def splitting() -> None:
        for _ in range(1000):
            PROMPT[:500].casefold().split()

    mine, theirs = take_turns(
        lambda: cpu_us(ours, 1000), lambda: cpu_us(splitting, 1000), rounds=rounds
    )
    return _figure("sketch a prompt of 500 characters", "splitting it into words", mine, theirs)


def _figure(name: str, peer: str, mine: list[float], theirs: list[float]) -> Figure:
    return Figure(name, peer, "us of CPU", tuple(mine), tuple(theirs), better="lower")


def measure(rounds: int) -> list[Figure]:
    """All of them, in a home of their own."""
    from workbench.core import settings
    from workbench.store.database import close_all

    with tempfile.TemporaryDirectory() as base, settings.override(home=base):
        folder = Path(base)
        found = [
            verifying(rounds),
            sqlite_pairs(rounds, folder),
            settling(rounds, folder),
            sketching(rounds),
        ]
        if shutil.which("redis-server"):
            found.append(redis_pairs(rounds, folder))
        close_all()
    return found


BENCHMARKS = (Benchmark("limits", measure),)
