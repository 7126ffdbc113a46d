"""Training gives way to requests, and requests do not starve it: a real pool, a real training."""

from __future__ import annotations

import threading

import pytest

from workbench.core import events
from workbench.core.cancellation import cancellable
from workbench.core.errors import CancelledError, InputError
from workbench.finetuning.pipeline import stages
from workbench.finetuning.pipeline.giving_way import GivingWay
from workbench.finetuning.pipeline.running import run_once
from workbench.models.pool.model_pool import ModelPool

from .conftest import Define
from .made_gate import with_gate

STEPS = 6


class Clock:
    """Time that passes only where it is said."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s

    def sleep(self, seconds: float) -> None:
        self.now_s += max(seconds, 1e-3)


def work(steps: int, *, least_share: float, asked: bool) -> float:
    """The share of the time that steps of one second had."""
    clock = Clock()
    give_way = GivingWay(least_share, asked=lambda: asked, clock=clock, sleep=clock.sleep)
    for _ in range(steps):
        give_way()
        clock.now_s += 1.0
    give_way()
    assert give_way.waited_s == pytest.approx(clock.now_s - steps)
    return steps / clock.now_s


def test_it_keeps_its_share_and_no_more_while_requests_never_end() -> None:
    assert work(50, least_share=0.1, asked=False) == 1.0
    assert work(50, least_share=0.1, asked=True) == pytest.approx(0.1, abs=1e-3)
    assert work(50, least_share=0.5, asked=True) == pytest.approx(0.5, abs=1e-3)
    assert work(50, least_share=1.0, asked=True) == 1.0  # it never gives way
    for wrong in (0.0, 1.5):
        with pytest.raises(InputError, match="least share"):
            GivingWay(wrong)


def test_one_that_pauses_can_be_cancelled() -> None:
    clock = Clock()
    give_way = GivingWay(0.001, asked=lambda: True, clock=clock, sleep=clock.sleep)
    give_way()
    clock.now_s += 1.0
    with (
        cancellable() as token,
        events.listening(lambda event: token.cancel(), "finetuning.gives_way"),
        pytest.raises(CancelledError),
    ):
        give_way()
    assert clock.now_s < 10


def steps_while_asked(pool: ModelPool, *, least_share: float) -> tuple[int, int]:
    """How many steps came while a loan was out, and how many pauses, in a run that ends."""
    loan = pool.ask("tiny", tokens=8).result()
    seen, pauses = 0, 0
    gave_back = threading.Event()

    def hear(event: events.Event) -> None:
        nonlocal seen, pauses
        if event.kind == "finetuning.step":
            seen += not gave_back.is_set()
        elif event.kind == "finetuning.gives_way":
            pauses += 1
            if least_share < 0.01:  # it would pause for minutes: the request ends
                loan.give_back(tokens=8)
                gave_back.set()

    try:
        with events.listening(hear, "finetuning"):
            assert run_once("p", stages=with_gate()).state == "promoted"
    finally:
        loan.give_back(tokens=8)
    return seen, pauses


@pytest.mark.parametrize("variant", ["sound", "deaf"])
def test_training_pauses_until_the_request_has_its_answer(
    define: Define, monkeypatch: pytest.MonkeyPatch, variant: str
) -> None:
    define()
    deaf = {"asked": lambda: False} if variant == "deaf" else {}
    monkeypatch.setattr(stages, "GivingWay", lambda: GivingWay(1e-4, **deaf))
    with ModelPool(1 << 30) as pool:
        seen, pauses = steps_while_asked(pool, least_share=1e-4)
    # The first step shows how long one takes; after it there is a pause, and then nobody waits.
    assert (seen, pauses) == ((1, 1) if variant == "sound" else (STEPS, 0))


def test_training_ends_though_the_request_never_does(
    define: Define, monkeypatch: pytest.MonkeyPatch
) -> None:
    define()
    monkeypatch.setattr(stages, "GivingWay", lambda: GivingWay(0.5))
    with ModelPool(1 << 30) as pool:
        seen, pauses = steps_while_asked(pool, least_share=0.5)
    assert (seen, pauses) == (STEPS, STEPS - 1)
