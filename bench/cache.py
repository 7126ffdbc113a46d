"""What the cache costs and saves: hits, the gate, neighbours among many texts, identical calls."""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from pathlib import Path
from typing import Any

import load
from gateways import start_ours
from shape import REPO, Benchmark, Figure, take_turns

DEV = REPO / "tests" / "serving" / "cache" / "dev"
HIT_MS, GATE_US = 1.5, 200.0  # as promised
TEXTS = 10_000
CLIENTS = 16
BODY = {
    "model": "smollm2-135m",
    "messages": [{"role": "user", "content": "Name three rivers of Europe."}],
    "temperature": 0,
    "max_tokens": 64,
}


def cpu_us(work: Callable[[], object], times: int) -> float:
    """CPU of one of so many goes, in microseconds."""
    started_s = time.process_time()
    work()
    return 1e6 * (time.process_time() - started_s) / times


def hitting(rounds: int, folder: Path) -> list[Figure]:
    """An exact hit through the cache alone, with its twin on the disk."""
    from workbench.serving.cache.answers import AnswerCache
    from workbench.serving.cache.disk import DiskTwin
    from workbench.serving.call import Call, Facts, Piece, Usage

    class Who:
        key_id, user = "key_1", "ann"

    call = Call(
        "r",
        "chat",
        "m",
        messages=({"role": "user", "content": "hello " * 50},),
        sampling={"temperature": 0.0, "max_tokens": 64},
    )
    pieces = [
        *(Piece("word ") for _ in range(99)),
        Piece(".", finish_reason="stop", usage=Usage(60, 100)),
    ]

    async def paid(call: Any, who: Any, facts: Facts) -> AsyncGenerator[Piece, None]:
        facts.served_by = "m"
        for piece in pieces:
            yield piece

    async def free(call: Any, who: Any, facts: Facts, known: Any) -> AsyncGenerator[Piece, None]:
        async for piece in known:
            yield piece

    async def measure(times: int) -> float:
        cache = AnswerCache(lambda model: (model, 0.7), twin=DiskTwin(folder / "cache.sqlite"))
        async for _ in cache.answer(call, Who, Facts(), paid=paid, free=free):
            pass
        started_s = time.process_time()
        for _ in range(times):
            facts = Facts()
            async for _ in cache.answer(call, Who, facts, paid=paid, free=free):
                pass
            assert facts.cache == "exact"
        took_us = 1e6 * (time.process_time() - started_s) / times
        await cache.close()
        return took_us

    mine = [asyncio.run(measure(2000)) / 1000 for _ in range(rounds)]
    promised = (HIT_MS,) * rounds
    return [
        Figure("an exact hit in the cache", "as promised for all of the way", "ms of CPU",
               tuple(mine), promised, better="lower", bound=1.0)
    ]  # fmt: skip


def judging(rounds: int) -> Figure:
    """Reading a text and comparing it with one that was read, over the gate's own pairs."""
    from workbench.serving.cache.gate.gate import Gate
    from workbench.serving.cache.gate.readings import read

    pairs = [
        (row["a"], row["b"])
        for name in ("adversarial", "paraphrases")
        for row in map(json.loads, (DEV / f"{name}.jsonl").read_text("utf-8").splitlines())
    ]
    gate, anew = Gate(), read.__wrapped__  # without what it remembers
    known = [anew(b) for _, b in pairs]

    def judge() -> None:
        for (a, _), b in zip(pairs, known, strict=True):
            gate.compare(anew(a), b)

    judge()
    mine = [cpu_us(judge, len(pairs)) for _ in range(rounds)]
    return Figure("the gate on one pair", "as promised", "us of CPU", tuple(mine),
                  (GATE_US,) * rounds, better="lower", bound=1.0)  # fmt: skip


def neighbours(rounds: int) -> Figure:
    """The nearest of 10,000 vectors of MiniLM's length, against comparing them all in numpy."""
    import numpy as np

    from workbench.serving.cache.nearest import Nearest

    draw = np.random.default_rng(0)
    centres = draw.normal(size=(200, 384))
    rows = centres[draw.integers(0, 200, TEXTS)] + 0.6 * draw.normal(size=(TEXTS, 384))
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    nearest = Nearest()
    for ident, row in enumerate(rows):
        nearest.add(ident, row)
    asked = rows[draw.integers(0, TEXTS, 100)] + 0.01 * draw.normal(size=(100, 384))
    asked = (asked / np.linalg.norm(asked, axis=1, keepdims=True)).astype(np.float32)

    def walk() -> list[int]:
        return [nearest.search(row, limit=8)[0][0] for row in asked]

    def scan() -> list[int]:
        found = []
        for row in asked:
            cosines = rows @ row
            best = np.argpartition(-cosines, 8)[:8]
            found.append(int(best[np.argmax(cosines[best])]))
        return found

    agree = sum(one == other for one, other in zip(walk(), scan(), strict=True))
    mine, theirs = take_turns(
        lambda: cpu_us(walk, len(asked)), lambda: cpu_us(scan, len(asked)), rounds=rounds
    )
    return Figure("nearest of 10,000 texts", "a numpy scan", "us of CPU", tuple(mine),
                  tuple(theirs), better="lower", details={"agree": agree / 100})  # fmt: skip


def over_http(rounds: int) -> list[Figure]:
    """A hit from end to end, and 16 clients that ask the same at once, against no cache."""
    with tempfile.TemporaryDirectory() as base:
        gateway = start_ours(Path(base), None)  # in a process of its own, as clients have it
        url = gateway.chat_url

        def hits() -> float:
            return load.run(url, gateway.key, BODY, most=300).percentile_ms(0.5)

        hits()
        mine = [hits() for _ in range(rounds)]
        number = iter(range(time.time_ns(), 2**63))  # what no earlier run has asked

        def at_once(cache: str) -> float:
            asked = {**BODY, "workbench": {"cache": cache}}
            asked["messages"] = [
                {"role": "user", "content": f"Describe the number {next(number)}."}
            ]
            done = load.run(url, gateway.key, asked, clients=CLIENTS, most=1, seconds=60.0)
            assert not done.errors
            return done.seconds

        together, apart = take_turns(
            lambda: at_once("exact"), lambda: at_once("off"), rounds=max(1, rounds // 2)
        )
        gateway.close()
    return [
        Figure("an exact hit over HTTP, p50", "as promised", "ms", tuple(mine),
               (HIT_MS,) * rounds, better="lower", bound=1.0),
        Figure(f"{CLIENTS} identical calls at once", "the same without a cache", "s",
               tuple(together), tuple(apart), better="lower"),
    ]  # fmt: skip


def measure(rounds: int) -> Sequence[Figure]:
    """All of them; what needs no model in a home of its own."""
    from workbench.core import settings
    from workbench.store.database import close_all

    with tempfile.TemporaryDirectory() as base, settings.override(home=base):
        found = [*hitting(rounds, Path(base)), judging(rounds), neighbours(rounds)]
        close_all()
    return [*found, *over_http(rounds)]


BENCHMARKS = (Benchmark("cache", measure),)
