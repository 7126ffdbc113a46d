"""Thousands of requests with faults through the pool's threads, with an engine that only pretends.

It stands in the registry of engines in llama.cpp's place, so that all of the pool is the real one.
"""

from __future__ import annotations

import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import CancelledError as FutureCancelledError
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import ModuleType
from typing import ClassVar

import pytest

from workbench.core.errors import DeadlineError, EngineError, StorageError, WorkbenchError
from workbench.models import footprints, loading
from workbench.models.pool import ModelPool
from workbench.models.pool.fair_queue import FairQueue
from workbench.models.pool.lines import Request
from workbench.models.pool.scheduler import Scheduler
from workbench.models.protocol import (
    CHAT,
    STREAM,
    Chunk,
    Engine,
    EngineSettings,
    ModelFiles,
    ModelInfo,
    Sampling,
)

MB = 10**6
TAKES = 60 * MB


class Pretender(Engine):
    """Loads at once, says little, and dies or fails to load as often as it is told to."""

    name = "llamacpp"
    capabilities = frozenset({CHAT, STREAM})
    has_own_process = True
    takes_many = True
    info = ModelInfo("none", 4096, 256, "none")
    chance = random.Random(7)
    lock = threading.Lock()
    live: ClassVar[set[Pretender]] = set()
    most_live = 0
    failing_loads = 0.0
    deaths = 0.0
    load_s = 0.0

    def __init__(self, files: ModelFiles, settings: EngineSettings) -> None:
        time.sleep(self.load_s)
        if self.chance.random() < self.failing_loads:
            raise EngineError("it would not load", hint="try again")
        self.parallel, self.at_once, self.most_at_once, self.dead = settings.parallel, 0, 0, False
        with self.lock:
            self.live.add(self)
            Pretender.most_live = max(Pretender.most_live, len(self.live))

    def tokenize(self, text: str, *, special: bool = False) -> list[int]:
        return list(text.encode())

    def detokenize(self, ids: Sequence[int]) -> str:
        return bytes(ids).decode(errors="replace")

    special_tokens: ClassVar[Mapping[str, str]] = {}
    chat_template = None
    bos_id = None

    def stream(
        self, prompt_ids: Sequence[int], sampling: Sampling, *, adapter: str | None = None
    ) -> Iterator[Chunk]:
        with self.lock:
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
            self.dead = self.dead or self.chance.random() < self.deaths
        try:
            if self.dead or self not in self.live:
                raise EngineError("its process ended", hint="load it again")
            yield Chunk("a", (97,), finish_reason="length")
        finally:
            with self.lock:
                self.at_once -= 1

    def memory_bytes(self) -> int:
        return 0 if self.dead else TAKES

    def close(self) -> None:
        with self.lock:
            self.live.discard(self)


@pytest.fixture
def pretender(monkeypatch: pytest.MonkeyPatch) -> type[Pretender]:
    """A fresh engine of that kind in the registry."""

    class Fresh(Pretender):
        live: ClassVar[set[Pretender]] = set()
        most_live = 0

    module = ModuleType("pretended_engine")
    module.Fresh = Fresh  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "pretended_engine", module)
    monkeypatch.setitem(loading._CLASSES, "llamacpp", ("pretended_engine", "Fresh", "numpy"))
    Pretender.most_live = 0
    return Fresh


@pytest.fixture
def names(tmp_path: Path) -> list[str]:
    """Files that no engine but that one would take for models."""
    paths = [tmp_path / f"{number}.gguf" for number in range(5)]
    for path in paths:
        path.write_bytes(b"a model, it says")
    return [str(path) for path in paths]


def run_many(pool: ModelPool, names: list[str], requests: int) -> Counter[str]:
    """Many callers with many wishes; what came of each."""
    said: Counter[str] = Counter()
    draw = random.Random(3)
    wishes = [
        (draw.choice(names), draw.choice("abc"), draw.randint(1, 300), draw.random())
        for _ in range(requests)
    ]

    def one(wish: tuple[str, str, int, float]) -> str:
        name, tenant, tokens, kind = wish
        ticket = pool.ask(
            name,
            tenant=tenant,
            tokens=tokens,
            priority=int(kind < 0.1),
            keep_alive_s=0 if kind > 0.95 else None,
            deadline_s=0.005 if 0.5 < kind < 0.55 else None,
        )
        if 0.2 < kind < 0.25 and ticket.cancel():
            return "cancelled"
        try:
            with ticket.result(timeout=60) as loan:
                loan.model.generate("x", max_tokens=1)
        except FutureCancelledError:
            return "cancelled"
        except DeadlineError:
            return "late"
        except EngineError:
            return "fault"
        return "served"

    with ThreadPoolExecutor(16) as threads:
        said.update(threads.map(one, wishes))
    return said


def test_two_thousand_requests_with_faults(pretender: type[Pretender], names: list[str]) -> None:
    pretender.failing_loads, pretender.deaths, pretender.load_s = 0.01, 0.001, 0.002
    with ModelPool(150 * MB, patience_s=0.02, turn_share=1.0, cores=1) as pool:
        said = run_many(pool, names, 2000)
        assert sum(said.values()) == 2000
        assert said["served"] > 1000, said  # a model that failed twice rests for a second
        assert said["fault"] > 0
        state = pool.state()
        assert (state.queued, sum(model.in_flight for model in state.models)) == (0, 0)
        assert all(engine.most_at_once <= engine.parallel for engine in pretender.live)
    assert Pretender.most_live == 2  # what the budget holds, with the estimate of 67 MB for each
    assert not pretender.live


def test_without_faults_nothing_fails(pretender: type[Pretender], names: list[str]) -> None:
    with ModelPool(150 * MB, patience_s=0.02, turn_share=1.0, cores=1) as pool:
        said = run_many(pool, names, 500)
    assert said["fault"] == 0
    assert set(said) <= {"served", "cancelled", "late"}


def test_a_disk_that_is_full_costs_no_model(
    pretender: type[Pretender], names: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise StorageError("no space left", hint="free some")

    monkeypatch.setattr(footprints, "_put", full)
    with ModelPool(150 * MB, cores=1) as pool:
        for name in names:
            with pool.borrow(name, timeout_s=60) as loan:
                assert loan.model.generate("x", max_tokens=1).text == "a"
    assert not pretender.live


def test_a_fault_in_looking_a_name_up_is_told(
    pretender: type[Pretender], names: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr("workbench.models.pool.lender.describe", broken)
    with ModelPool(150 * MB, cores=1) as pool, pytest.raises(RuntimeError, match="of ours"):
        pool.ask(names[0]).result(timeout=10)


def test_a_first_come_first_served_queue_would_let_one_tenant_fill_the_engine(
    pretender: type[Pretender], names: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Fifo(FairQueue[Request]):
        def pop(self, now_s: float, *, short: bool = False) -> Request | None:
            job = self.oldest
            if job is not None:
                self.remove(job)
            return job

    def place_of_the_modest() -> int:
        """How many of the greedy tenant's jobs are lent the model before the other's one."""
        order: list[str] = []
        with ModelPool(150 * MB, slots=1, cores=1) as pool:
            held = pool.ask(names[0]).result(timeout=60)
            tickets = [pool.ask(names[0], tenant="greedy", tokens=100) for _ in range(20)]
            tickets.append(pool.ask(names[0], tenant="modest", tokens=100))
            for ticket in tickets:
                ticket.add_done_callback(lambda done: order.append(done.tenant))
            held.give_back()
            for ticket in tickets:
                ticket.add_done_callback(lambda done: done.result().give_back(tokens=100))
            for ticket in tickets:
                ticket.result(timeout=60)
        return order.index("modest")

    assert place_of_the_modest() <= 5
    monkeypatch.setattr(Scheduler, "queue_class", Fifo)
    assert place_of_the_modest() == 20


def test_a_pool_says_what_it_holds(pretender: type[Pretender], names: list[str]) -> None:
    with ModelPool(150 * MB, cores=1) as pool:
        pool.pin(names[0])
        loan = pool.ask(names[1], tokens=200).result(timeout=60)
        waiting = [pool.ask(names[1], tokens=200) for _ in range(2)]
        state = pool.state()
        by_name = {model.name: model for model in state.models}
        assert by_name[names[0]].pinned
        assert by_name[names[0]].expires_s is None
        assert (by_name[names[1]].in_flight, by_name[names[1]].queued) == (1, 2)
        assert (state.used_bytes, state.queued) == (2 * TAKES, 2)
        assert state.used_bytes + state.reserved_bytes <= state.budget_bytes
        assert "1.gguf" in repr(pool)
        loan.give_back(tokens=50)
        for ticket in waiting:
            ticket.result(timeout=60).give_back(tokens=50)
        (model,) = (model for model in pool.state().models if model.name == names[1])
        assert model.tokens_per_s is not None
        assert model.expires_s is not None
        assert abs(model.expires_s - time.time() - 300) < 60
    with pytest.raises(WorkbenchError):
        pool.ask(names[0]).result(timeout=10)
