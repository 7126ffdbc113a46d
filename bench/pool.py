"""The pool of models: memory under a budget, short jobs behind long ones, what lending costs.

    python bench/run.py --only pool --rounds 3
    python bench/pool.py --requests 1000            # the soak alone, with every figure

Three models are asked for at random under a budget that holds two of them: SmolLM2-135M as shipped
(Q4_1), the same in Q8_0, and the MiniLM embedder, which is another kind in another engine. The
memory of all their processes is looked at every 50 ms, from outside.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil
from shape import Benchmark, Figure, take_turns

CHAT, EMBED = "smollm2-135m", "minilm-l6-v2"
LONG, SHORT = 200, 8
LONGS = 4
CONTEXT_TOKENS = 1024


@dataclass(frozen=True)
class Soak:
    """What came of many mixed requests."""

    requests: int
    failed: int
    served: dict[str, int]
    loads: int
    budget_mb: float
    peak_mb: float
    over_budget: float
    duration_s: float
    tokens_per_s: float
    wait_p50_s: float
    wait_p99_s: float
    loads_per_100_requests: float


class Watch:
    """The memory of all child processes, looked at from outside."""

    def __init__(self, every_s: float = 0.05) -> None:
        self.peak_bytes = 0
        self._every_s = every_s
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Watch:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        me = psutil.Process()
        while not self._ended.wait(self._every_s):
            taken = 0
            for child in me.children(recursive=True):
                try:
                    parent = child.parent()
                    if parent is not None and child.cmdline() == parent.cmdline():
                        continue  # forked, not yet another program: its pages are its parent's
                    taken += child.memory_info().rss
                except psutil.Error:
                    continue
            self.peak_bytes = max(self.peak_bytes, taken)


def second_chat_model(folder: Path) -> str:
    """The default model in Q8_0, made once."""
    from workbench.models import catalogue
    from workbench.models.formats.requantize import requantize
    from workbench.models.loading import model_files

    path = folder / "smollm2-135m-q8_0.gguf"
    if not path.exists():
        source = model_files(catalogue.find(CHAT)).gguf
        assert source is not None
        folder.mkdir(parents=True, exist_ok=True)
        requantize(source, path, "Q8_0")
    return str(path)


def work_on(loan: Any, prompt: str, tokens: int) -> int:
    """Use a loan; how many tokens it took."""
    if "embed" in loan.model.capabilities and "chat" not in loan.model.capabilities:
        loan.model.embed(prompt)
        return len(loan.model.tokenize(prompt))
    reply = loan.model.generate(prompt, max_tokens=tokens)
    return int(reply.prompt_tokens + reply.completion_tokens)


def budget_for_two(names: list[str], **options: Any) -> int:
    """Bytes that hold any two of the models in use, and not all three."""
    from workbench.models.pool import ModelPool

    peaks = []
    for name in names:  # one at a time: what each takes is written down as it is seen
        with ModelPool(64 << 30, **options) as pool:
            for number in range(10):
                with pool.borrow(name) as loan:
                    work_on(loan, "The quick brown fox jumps over the lazy dog. " * 12, 4 + number)
            peaks.append(pool.state().models[0].reckoned_bytes)
    peaks.sort()
    assert sum(peaks) > 1.1 * (peaks[1] + peaks[2]), "two of them must not be all of them"
    return round(1.02 * (peaks[1] + peaks[2]))


def soak(requests: int, *, clients: int = 8, seed: int = 0, names: list[str] | None = None) -> Soak:
    """Mixed requests of four tenants under a budget for two of three models."""
    from workbench.core import settings
    from workbench.models.pool import ModelPool

    names = names or [CHAT, second_chat_model(settings.home() / "bench"), EMBED]
    budget = budget_for_two(names)
    draw = random.Random(seed)
    work = [
        (draw.choice(names), draw.choice("abcd"), draw.choice((2, 4, 8, 24)))
        for _ in range(requests)
    ]
    served: Counter[str] = Counter()
    tokens = 0
    faults: list[str] = []
    waits: list[float] = []
    lock = threading.Lock()
    loads = 0

    def one(item: tuple[str, str, int]) -> None:
        nonlocal tokens, loads
        name, tenant, most = item
        try:
            with pool.borrow(name, tenant=tenant, tokens=most + 20, timeout_s=600) as loan:
                used = work_on(loan, f"{tenant} asks about the sea and its ships", most)
        except Exception as error:  # noqa: BLE001 - counted, and told below
            with lock:
                faults.append(f"{Path(name).name}: {error!r}")
            return
        with lock:
            served[Path(name).name] += 1
            tokens += used
            waits.append(loan.queued_s)

    from workbench.core import events

    def count(_: events.Event) -> None:
        nonlocal loads
        loads += 1

    started_s = time.perf_counter()
    with events.listening(count, "models.loaded"), Watch() as watch, ModelPool(budget) as pool:
        with ThreadPoolExecutor(clients) as threads:
            list(threads.map(one, work))
        duration_s = time.perf_counter() - started_s
    for fault in faults[:5]:
        sys.stderr.write(fault + "\n")
    waits.sort()
    return Soak(
        requests,
        len(faults),
        dict(served),
        loads,
        budget / 1e6,
        watch.peak_bytes / 1e6,
        watch.peak_bytes / budget,
        duration_s,
        tokens / duration_s,
        statistics.median(waits),
        waits[int(0.99 * len(waits))],
        100 * loads / requests,
    )


def wait_of_short(run: Callable[[str, int], float]) -> float:
    """How long a short job waits for its first token while long ones are in work and queued."""
    with ThreadPoolExecutor(LONGS + 1) as threads:
        longs = []
        for number in range(LONGS):
            longs.append(threads.submit(run, f"long{number}", LONG))
            time.sleep(0.05)  # the order of coming is the order in the queue
        time.sleep(0.3)
        short = threads.submit(run, "short", SHORT).result()
        for long in longs:
            long.result()
    return short


@contextmanager
def fair_side() -> Iterator[Callable[[], float]]:
    """Ours: a pool, a tenant a job."""
    from workbench.models.pool import ModelPool

    with ModelPool() as pool:
        pool.load(CHAT)

        def run(tenant: str, tokens: int) -> float:
            started_s = time.perf_counter()
            with pool.borrow(CHAT, tenant=tenant, tokens=tokens + 10) as loan:
                chunks = loan.model.stream(f"{tenant} tells of the sea:", max_tokens=tokens)
                next(chunks)
                first_s = time.perf_counter() - started_s
                for _ in chunks:
                    pass
            return first_s

        yield lambda: wait_of_short(run)


@contextmanager
def fifo_side() -> Iterator[Callable[[], float]]:
    """llama.cpp's own queue: the same process with as many slots, given everything at once."""
    from workbench import models
    from workbench.models.protocol import Sampling

    with models.load(CHAT, parallel=2, context_tokens=4096) as model:
        engine = model._engine

        def run(tenant: str, tokens: int) -> float:
            started_s = time.perf_counter()
            ids = model.prompt_ids(f"{tenant} tells of the sea:")
            chunks = engine.stream(ids, Sampling(max_tokens=tokens, temperature=0.0))
            next(iter(chunks))
            first_s = time.perf_counter() - started_s
            for _ in chunks:
                pass
            return first_s

        yield lambda: wait_of_short(run)


def switch_times(rounds: int) -> tuple[list[float], list[float]]:
    """Seconds to get a loan of the other of two loaded models, and to a first token unloaded."""
    from workbench.core import settings
    from workbench.models.pool import ModelPool

    other = second_chat_model(settings.home() / "bench")
    lent, cold = [], []
    with ModelPool() as pool:
        for name in (CHAT, other):
            pool.load(name)
        for number in range(50 * rounds):
            started_s = time.perf_counter()
            with pool.borrow((CHAT, other)[number % 2]):
                lent.append(time.perf_counter() - started_s)
        for _ in range(3 * rounds):
            pool.unload(CHAT)
            started_s = time.perf_counter()
            with pool.borrow(CHAT) as loan:
                chunks = loan.model.stream("The sea", max_tokens=2)
                next(chunks)
                cold.append(time.perf_counter() - started_s)
                chunks.close()
    return lent, cold


def measure(rounds: int) -> list[Figure]:
    """All figures of the pool."""
    with fair_side() as ours, fifo_side() as theirs:
        mine, others = take_turns(ours, theirs, rounds=rounds)
    lent, cold = switch_times(rounds)
    found = soak(1000)
    flawless = found.failed == 0 and len(found.served) == 3
    return [
        Figure(
            f"first token of a short job behind {LONGS} long ones",
            "llama.cpp's own queue",
            "s",
            tuple(mine),
            tuple(others),
            better="lower",
            bound=5.0,
            details={"long_tokens": LONG, "short_tokens": SHORT, "slots": 2},
        ),
        _against("a loan of another loaded model, p50", lent, 0.005),
        _against("first token of a model of 98 MB that is not loaded, p50", cold, 1.0),
        Figure(
            "peak memory, 1,000 requests for three models under a budget for two",
            "105% of the budget",
            "MB",
            (found.peak_mb if flawless else float("inf"),),
            (1.05 * found.budget_mb,),
            better="lower",
            bound=1.0,
            details=asdict(found),
        ),
    ]


def _against(name: str, seconds: list[float], bound_s: float) -> Figure:
    p50 = statistics.median(seconds)
    details = {"p99_s": sorted(seconds)[int(0.99 * len(seconds))], "times": len(seconds)}
    return Figure(name, "the bound", "s", (p50,), (bound_s,), "lower", 1.0, details)


BENCHMARKS = (Benchmark("pool", measure),)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=1000)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    found = soak(chosen.requests, clients=chosen.clients, seed=chosen.seed)
    sys.stdout.write(json.dumps(asdict(found), indent=1) + "\n")
    return int(found.failed > 0 or found.over_budget > 1.05 or len(found.served) < 3)


if __name__ == "__main__":
    sys.exit(main())
