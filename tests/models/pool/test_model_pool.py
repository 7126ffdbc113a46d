"""The pool with real models: lending, queueing, evicting, failing, ending."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import CancelledError as FutureCancelledError
from pathlib import Path
from typing import Any

import psutil
import pytest

from workbench.core import events, settings
from workbench.core.errors import (
    CancelledError,
    CapabilityError,
    CapacityError,
    DeadlineError,
    EngineError,
    InputError,
    NotFoundError,
)
from workbench.models.formats.tiny import make_tiny_gguf
from workbench.models.pool import Loan, ModelPool, lender

pytestmark = pytest.mark.model
MB = 10**6


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Paths of three tiny models of different weights."""
    folder = tmp_path_factory.mktemp("tiny")
    return [str(make_tiny_gguf(folder / f"tiny{seed}.gguf", seed=seed)) for seed in range(3)]


@pytest.fixture
def pool() -> Iterator[ModelPool]:
    with ModelPool(2_000 * MB, cores=1) as made:
        yield made


_OTHERS: set[int] = set()


@pytest.fixture(scope="module", autouse=True)
def others() -> None:
    """What tests before these started in this process and still run: the browser."""
    _OTHERS.update(child.pid for child in psutil.Process().children(recursive=True))


def answers(loan: Loan) -> bool:
    """Whether the model says something; these may well begin with the end."""
    reply = loan.model.generate("The quick", max_tokens=3, temperature=0)
    return reply.finish_reason in ("stop", "length")


def children() -> list[psutil.Process]:
    found = psutil.Process().children(recursive=True)
    return [child for child in found if child.pid not in _OTHERS]


def test_a_loan_is_a_loaded_model(pool: ModelPool, tiny: list[str]) -> None:
    with events.listening(told := Told(), "models"), pool.borrow(tiny[0]) as loan:
        assert loan.loaded
        assert answers(loan)
        (resident,) = pool.state().models
        assert (resident.status, resident.in_flight, resident.threads) == ("ready", 1, 1)
        assert 0 < resident.resident_bytes == pool.state().used_bytes
    with pool.borrow(tiny[0]) as again:
        assert not again.loaded
        assert again.model is loan.model
    assert told.kinds == ["models.loaded"]


class Told:
    def __init__(self) -> None:
        self.events: list[events.Event] = []

    def __call__(self, event: events.Event) -> None:
        self.events.append(event)

    @property
    def kinds(self) -> list[str]:
        return [event.kind for event in self.events if event.kind != "models.chunk"]


def test_what_is_wrong_comes_out_of_the_ticket(pool: ModelPool, tiny: list[str]) -> None:
    with pytest.raises(NotFoundError, match="smollm2-135m"):
        pool.ask("smolm2-135m").result(timeout=30)
    with pytest.raises(InputError, match="made of other models"):
        pool.ask("ensemble/any").result(timeout=30)
    with pytest.raises(CapabilityError, match="cannot chat"):
        pool.ask("minilm-l6-v2", capability="chat").result(timeout=30)


def test_one_goes_for_another_and_a_pinned_one_stays(tiny: list[str]) -> None:
    with ModelPool(2_000 * MB, cores=1) as first:
        need = max(first.load(path).reckoned_bytes for path in tiny)
    with ModelPool(int(2.5 * need), cores=1) as pool, events.listening(told := Told(), "models"):
        pool.pin(tiny[0])
        for path in (tiny[1], tiny[2], tiny[1], tiny[0]):
            with pool.borrow(path, timeout_s=60) as loan:
                assert answers(loan)
        assert tiny[0] in {model.name for model in pool.state().models}
        evicted = [e.data for e in told.events if e.kind == "models.evicted"]
        assert [e["name"] for e in evicted] == [tiny[1], tiny[2]], (evicted, need, pool.state())
        with pytest.raises(CapacityError) as refused:
            pool.ask(tiny[2], swap=False).result(timeout=30)
        assert refused.value.context["budget_bytes"] == int(2.5 * need)
        assert refused.value.context["held_bytes"] > 0
        pool.pin(tiny[1])
        with pytest.raises(CapacityError, match="pinned"):
            pool.ask(tiny[2]).result(timeout=30)
    assert not children()


def test_a_model_that_cannot_fit_is_refused_with_the_figures(tiny: list[str]) -> None:
    with ModelPool(1 * MB, cores=1) as pool, pytest.raises(CapacityError) as refused:
        pool.ask(tiny[0]).result(timeout=30)
    assert refused.value.context["needed_bytes"] > refused.value.context["budget_bytes"] == MB
    assert refused.value.hint


def test_a_process_that_dies_is_noticed_and_loaded_anew(pool: ModelPool, tiny: list[str]) -> None:
    with pytest.raises(EngineError), pool.borrow(tiny[0]) as loan:
        (child,) = children()
        os.kill(child.pid, signal.SIGKILL)
        loan.model.generate("The quick", max_tokens=20)
    with pool.borrow(tiny[0], timeout_s=60) as loan:
        assert loan.loaded
        assert answers(loan)


def test_unloading_lets_work_in_flight_end_and_ends_it_when_time_is_up(
    pool: ModelPool, tiny: list[str]
) -> None:
    loan = pool.ask(tiny[0]).result(timeout=60)
    done = threading.Thread(target=lambda: pool.unload(tiny[0], drain_s=60))
    done.start()
    while pool.state().models[0].status != "draining":
        time.sleep(0.01)
    waiting = pool.ask(tiny[0])
    assert not waiting.done()
    loan.give_back()
    assert waiting.result(timeout=60).loaded
    done.join()
    assert pool.unload(tiny[0], drain_s=0)
    with pytest.raises(EngineError, match="closed"):
        waiting.result().model.generate("The", max_tokens=1)
    waiting.result().give_back()
    assert not pool.unload(tiny[0])


def test_leaving_the_queue_and_missing_a_deadline(pool: ModelPool, tiny: list[str]) -> None:
    loans = [pool.ask(tiny[0], tokens=4).result(timeout=60) for _ in range(2)]
    left, late, last = (pool.ask(tiny[0], deadline_s=s) for s in (None, 0.05, None))
    assert left.cancel()
    with pytest.raises(FutureCancelledError):
        left.result()
    with pytest.raises(DeadlineError):
        late.result(timeout=30)
    assert pool.state().queued == 1
    for loan in loans:
        loan.give_back(tokens=3)
        loan.give_back(tokens=3)
    with last.result(timeout=30) as loan:
        assert loan.model is loans[0].model


def test_keep_alive_zero_unloads_at_once(pool: ModelPool, tiny: list[str]) -> None:
    with pool.borrow(tiny[0], keep_alive_s=0):
        pass
    for _ in range(500):
        if not pool.state().models:
            break
        time.sleep(0.01)
    assert not pool.state().models


def pool_threads() -> set[int]:
    """Those of every pool in this process; another test's gateway may have one."""
    return {t.ident or 0 for t in threading.enumerate() if t.name.startswith("model-pool")}


def test_closing_refuses_what_waits_and_leaves_no_process(tiny: list[str]) -> None:
    others = pool_threads()
    pool = ModelPool(2_000 * MB, cores=1)
    loans = [pool.ask(tiny[0], tokens=4).result(timeout=60) for _ in range(2)]
    waiting = pool.ask(tiny[0])
    pool.close(drain_s=0)
    with pytest.raises(CancelledError):
        waiting.result(timeout=5)
    with pytest.raises(CancelledError):
        pool.ask(tiny[0]).result(timeout=5)
    with contextlib.suppress(EngineError):
        loans[0].model.generate("The", max_tokens=1)
    assert not children()
    assert pool_threads() <= others


def gone_within_a_while(pids: list[int]) -> bool:
    for _ in range(1000):
        if not any(psutil.pid_exists(pid) for pid in pids):
            return True
        time.sleep(0.01)
    return False


def test_a_lost_loan_comes_back(
    pool: ModelPool, tiny: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    kept = pool.ask(tiny[0], tokens=4).result(timeout=60)

    async def cancelled_in_the_instant() -> None:
        waiting = asyncio.ensure_future(asyncio.wrap_future(pool.ask(tiny[0], tokens=4)))
        await asyncio.sleep(0)  # the loan is there, and its future has not been told
        waiting.cancel()

    asyncio.run(cancelled_in_the_instant())
    with pool.borrow(tiny[0], tokens=4, timeout_s=60) as loan:
        assert loan.model is kept.model
    kept.give_back()
    assert "lost" in caplog.text


def test_a_pool_that_nobody_has_any_more_ends(tiny: list[str]) -> None:
    pool = ModelPool(2_000 * MB, cores=1)
    with pool.borrow(tiny[0]):
        pids = [child.pid for child in children()]
    assert pids
    del pool
    gc.collect()
    assert gone_within_a_while(pids)


def test_an_interpreter_that_ends_leaves_nothing_behind(tiny: list[str], home: Path) -> None:
    script = (
        "import sys, psutil\n"
        "from workbench.models.pool import ModelPool\n"
        "pool = ModelPool(10**9, cores=1)\n"
        "loan = pool.ask(sys.argv[1]).result(timeout=60)\n"
        "pool.ask(sys.argv[2])\n"
        "print(*(child.pid for child in psutil.Process().children()))\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script, tiny[0], tiny[1]], capture_output=True, text=True, check=True
    )
    pids = [int(pid) for pid in ended.stdout.split()]
    assert pids
    assert gone_within_a_while(pids)
    assert ended.stderr == ""


def test_a_model_that_died_while_idle_is_loaded_anew_before_it_is_lent(
    pool: ModelPool, tiny: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lender, "_CHECK_S", 0.0)
    pool.load(tiny[0])
    (child,) = children()
    child.kill()  # and nobody waits for it: it is a zombie, which takes no memory
    while child.status() != psutil.STATUS_ZOMBIE:
        time.sleep(0.001)
    with pool.borrow(tiny[0], timeout_s=60) as loan:
        assert answers(loan)
        assert loan.loaded


def test_a_model_that_dies_again_and_again_is_let_rest(pool: ModelPool, tiny: list[str]) -> None:
    for _ in range(2):
        with contextlib.suppress(EngineError), pool.borrow(tiny[0], timeout_s=60) as loan:
            (child,) = children()
            child.kill()
            loan.model.generate("The quick", max_tokens=20)
    with pytest.raises(EngineError, match="failed 2 times") as resting:
        pool.ask(tiny[0]).result(timeout=60)
    assert 0 < resting.value.context["retry_after_s"] <= 2
    with pool.borrow(tiny[1], timeout_s=60):
        pass


def test_closing_amid_a_load_ends_it(tiny: list[str]) -> None:
    pool = ModelPool(2_000 * MB, cores=1)
    ticket = pool.ask(tiny[0])
    while not pool.state().models:
        time.sleep(0.001)
    pool.close(drain_s=0)
    with pytest.raises(CancelledError):
        ticket.result(timeout=5)
    assert not children()


def test_a_model_that_is_loaded_serves_who_names_no_engine(
    pool: ModelPool, tiny: list[str]
) -> None:
    with settings.override(engine="transformers"):
        pool.ask(tiny[0], engine="llamacpp").result(timeout=60).give_back()
        with pool.borrow(tiny[0]) as loan:
            assert (loan.model.engine, loan.loaded) == ("llamacpp", False)


def test_two_kinds_of_models_under_one_budget(
    shared_home_path: Path, smollm2_gguf: Path, minilm_folder: Path
) -> None:
    said: dict[str, Any] = {}
    with settings.override(home=shared_home_path), ModelPool(3_000 * MB, cores=1) as pool:
        chat, embed = pool.ask("smollm2-135m"), pool.ask("minilm-l6-v2", capability="embed")
        with chat.result(timeout=120) as loan:
            said["chat"] = loan.model.generate("The capital of France is", max_tokens=4).text
        with embed.result(timeout=120) as loan:
            said["embed"] = loan.model.embed("A text.").shape
        assert {m.name for m in pool.state().models} == {"smollm2-135m", "minilm-l6-v2"}
    assert "Paris" in said["chat"]
    assert said["embed"] == (384,)
