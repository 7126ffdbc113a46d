"""The gateway against LiteLLM's proxy, and against the engine that it stands in front of.

    python bench/run.py --only gateway gateway-engine gateway-clients --rounds 3

CPU per request is the gateway's process with all that it started, the usage log's thread included;
the upstream and the clients are other processes. Latency is what the gateway adds to asking the
upstream directly, in the same round.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import load
from gateways import (
    BODY,
    Server,
    check_engine,
    start_litellm,
    start_ours,
    start_upstream,
)
from shape import Benchmark, Figure, take_turns
from sides import Side

SECONDS = 4.0
SYNCS, SYNC_BYTES, SYNC_FILE_BYTES = 100, 20_480, 4 << 20  # as a settlement's pages in the WAL
LONG_S = float(os.environ.get("BENCH_GATEWAY_CLIENTS_S", "60"))
CLIENTS = 16
TOKENS = 128
ENGINE = "llamacpp"  # of both sides, where an engine is held against the gateway before it
CHAT: dict[str, Any] = {
    "model": "smollm2-135m",
    "messages": [{"role": "user", "content": "Write a long story about a sailor and the sea."}],
    "max_tokens": TOKENS,
    "temperature": 0,
}


@dataclass(frozen=True)
class Round:
    """One side's round on the fixed upstream."""

    cpu_ms: float
    p50_ms: float
    per_s: float
    memory_mb: float
    p99_ms: float


def measure_side(server: Server) -> Round:
    """One client for its latency, then many for its rate; CPU is counted over the many."""
    alone = load.run(server.chat_url, server.key, BODY, clients=1, seconds=SECONDS)
    before_s = server.cpu_s()
    many = load.run(server.chat_url, server.key, BODY, clients=CLIENTS, seconds=SECONDS)
    spent_s = server.cpu_s() - before_s
    if alone.errors or many.errors:
        raise RuntimeError(f"{server.name}: {alone.errors + many.errors} errors")
    return Round(
        1000 * spent_s / len(many.times_s),
        alone.percentile_ms(0.5),
        many.per_s,
        server.memory_mb(),
        many.percentile_ms(0.99),
    )


def sync_ms() -> float:
    """What the disk under a settlement takes by itself: so much written over in a file, on it."""
    times_s, page = [], os.urandom(SYNC_BYTES)
    with tempfile.NamedTemporaryFile(prefix="bench-sync-") as file:
        file.write(bytes(SYNC_FILE_BYTES))
        file.flush()
        os.fsync(file.fileno())
        for number in range(SYNCS):
            began_s = time.perf_counter()
            os.pwrite(file.fileno(), page, number * SYNC_BYTES % SYNC_FILE_BYTES)
            getattr(os, "fdatasync", os.fsync)(file.fileno())
            times_s.append(time.perf_counter() - began_s)
    return 1000 * statistics.median(times_s)


@contextmanager
def sides() -> Iterator[tuple[Server, Server, Server]]:
    """The upstream, ours and LiteLLM; all are gone at the end."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="bench-gateway-")))
        upstream = start_upstream()
        stack.callback(upstream.close)
        ours = start_ours(folder, upstream)
        stack.callback(ours.close)
        theirs = start_litellm(folder, upstream)
        stack.callback(theirs.close)
        yield upstream, ours, theirs


def against_litellm(rounds: int) -> Sequence[Figure]:
    """CPU, added latency, rate and memory."""
    with sides() as (upstream, ours, theirs):
        for server in (ours, theirs):
            load.run(server.chat_url, server.key, BODY, seconds=60, most=50)
        direct: list[float] = []
        syncs: list[float] = []

        def ask_ours() -> Round:
            syncs.append(sync_ms())
            alone = load.run(upstream.chat_url, "none", BODY, seconds=SECONDS / 2)
            direct.append(alone.percentile_ms(0.5))
            return measure_side(ours)

        mine, other = take_turns(ask_ours, lambda: measure_side(theirs), rounds=rounds)
    added = tuple(each.p50_ms - base for each, base in zip(mine, direct, strict=True))
    theirs_added = tuple(each.p50_ms - base for each, base in zip(other, direct, strict=True))
    details = {"direct_p50_ms": direct, "clients": CLIENTS, "ours": [vars(r) for r in mine],
               "theirs": [vars(r) for r in other]}  # fmt: skip

    def figure(name: str, unit: str, attribute: str, **more: Any) -> Figure:
        values = [tuple(getattr(each, attribute) for each in side) for side in (mine, other)]
        ours, theirs = values
        return Figure(name, "LiteLLM proxy", unit, ours, theirs, details=details, **more)

    promised = len(mine)
    return (
        figure("gateway: CPU per request", "ms", "cpu_ms", better="lower", bound=20.0),
        figure("gateway: requests a second, 16 clients", "1/s", "per_s"),
        Figure("gateway: added p50, one client", "LiteLLM proxy", "ms", added, theirs_added,
               better="lower", details=details),
        Figure("gateway: added p50, one client, of which the disk", "one sync", "ms", added,
               tuple(syncs), better="lower", details=details),
        Figure("gateway: added p50 against what was promised", "1 ms", "ms", added,
               (1.0,) * promised, better="lower", bound=1.0, details=details),
        figure("gateway: memory", "MB", "memory_mb", better="lower"),
        Figure("gateway: memory against what was promised", "120 MB", "MB",
               tuple(each.memory_mb for each in mine), (120.0,) * promised, better="lower",
               bound=1.0, details=details),
    )  # fmt: skip


def tokens_per_s(server: Server, body: dict[str, Any], **how: Any) -> tuple[float, load.Load]:
    """Tokens a second of streams, each event but the last being a token."""
    asked = {**body, "stream": True, "stream_options": {"include_usage": True}}
    asked["workbench"] = {"cache": "off"}
    found = load.run(server.chat_url, server.key, asked, **how)
    if found.errors:
        raise RuntimeError(f"{found.errors} of {len(found.times_s)} answers failed")
    return len(found.times_s) * int(body["max_tokens"]) / found.seconds, found


@contextmanager
def with_models(*, engine: str | None = None) -> Iterator[Server]:
    """Ours over the model here, in the home that is set, which has its files."""
    with tempfile.TemporaryDirectory(prefix="bench-gateway-") as folder:
        server = start_ours(Path(folder), None, engine=engine)
        try:
            yield server
        finally:
            server.close()


def against_engine(rounds: int) -> Sequence[Figure]:
    """Tokens a second through the gateway, whole and streamed, against the engine in Python."""
    threads = int(os.environ.get("WORKBENCH_THREADS", "1"))
    os.environ["WORKBENCH_THREADS"] = str(threads)
    body = {**CHAT, "workbench": {"cache": "off"}}
    with (
        with_models(engine=ENGINE) as server,
        Side(f"ours on {ENGINE}", threads=threads) as engine,
    ):

        def whole() -> float:
            found = load.run(server.chat_url, server.key, body, seconds=600, most=2)
            return 2 * TOKENS / sum(found.times_s)

        def direct() -> float:
            samples = [engine.ask(TOKENS) for _ in range(2)]
            return sum(s.tokens for s in samples) / sum(s.wall_s for s in samples)

        def stream() -> float:
            return tokens_per_s(server, CHAT, seconds=600, most=2)[0]

        whole(), direct(), stream()
        check_engine(server, ENGINE)
        ours, theirs = take_turns(whole, direct, rounds=rounds)
        streamed, again = take_turns(stream, direct, rounds=rounds)
    details = {"tokens": TOKENS, "threads": threads, "engine": ENGINE}
    name = "gateway: tokens/s, {} answers"
    return (
        Figure(name.format("whole"), "the engine direct", "tokens/s", tuple(ours), tuple(theirs),
               bound=0.95, details=details),
        Figure(name.format("streamed"), "the engine direct", "tokens/s", tuple(streamed),
               tuple(again), bound=0.95, details=details),
    )  # fmt: skip


def many_clients(rounds: int) -> Sequence[Figure]:
    """16 clients at a time for a while against one, streamed, on the model here."""
    body = {**CHAT, "max_tokens": 32}
    firsts: list[dict[str, float]] = []
    with with_models() as server:

        def many() -> float:
            rate, found = tokens_per_s(server, body, clients=CLIENTS, seconds=LONG_S)
            ordered = sorted(found.first_s)
            places = {"p50": 0.5, "p99": 0.99}
            firsts.append({n: ordered[int(p * len(ordered))] for n, p in places.items()})
            return rate

        def one() -> float:
            return tokens_per_s(server, body, clients=1, seconds=min(LONG_S, 30.0))[0]

        one()
        before_mb = server.memory_mb()
        ours, theirs = take_turns(many, one, rounds=rounds)
        grown_mb = server.memory_mb() - before_mb
    details = {"first_token_s": firsts, "seconds": LONG_S, "grown_mb": grown_mb,
               "finished": time.time()}  # fmt: skip
    return (
        Figure("gateway: tokens/s of 16 clients", "one client", "tokens/s", tuple(ours),
               tuple(theirs), bound=0.95, details=details),
    )  # fmt: skip


BENCHMARKS = (
    Benchmark("gateway", against_litellm),
    Benchmark("gateway-engine", against_engine),
    Benchmark("gateway-clients", many_clients),
)
