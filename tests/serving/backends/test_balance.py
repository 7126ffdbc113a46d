"""Who gets a call: by weight and expected wait, and long prompts where they were before."""

from __future__ import annotations

import random
import time
from collections import Counter
from typing import Any

import pytest

from workbench.serving.backends.balance import Balance, Latency, Member, prompt_beginning
from workbench.serving.backends.breaker import Breaker
from workbench.serving.call import Call


class Named:
    def __init__(self, name: str) -> None:
        self.name = name

    def answer(self, call: Any, facts: Any) -> Any:
        raise NotImplementedError


def members(*weights: float) -> list[Member]:
    return [Member(Named(f"b{n}"), "m", Breaker(), weight) for n, weight in enumerate(weights)]


def call(text: str = "Hi", **more: Any) -> Call:
    return Call("r", "chat", "m", messages=({"role": "user", "content": text},), **more)


def firsts(balance: Balance, calls: list[Call]) -> Counter[str]:
    return Counter(balance.order(each)[0].backend.name for each in calls)


def test_equal_ones_share_by_weight() -> None:
    balance = Balance(members(3.0, 1.0, 1.0), draw=random.Random(1))
    found = firsts(balance, [call() for _ in range(3000)])
    # The first of two is drawn by weight, and on a tie it is kept.
    assert found["b0"] > 1.5 * max(found["b1"], found["b2"])
    assert min(found["b1"], found["b2"]) > 300


def test_the_slower_of_two_is_asked_less_and_the_busier_too() -> None:
    both = members(1.0, 1.0)
    balance = Balance(both, draw=random.Random(1))
    both[0].streams.tell(1.0, time.monotonic())
    both[1].streams.tell(0.1, time.monotonic())
    assert firsts(balance, [call(stream=True) for _ in range(100)]) == {"b1": 100}
    both[1].in_flight = 30
    assert firsts(balance, [call(stream=True) for _ in range(100)]) == {"b0": 100}


def test_who_rests_is_asked_last() -> None:
    three = members(1.0, 1.0, 1.0)
    for _ in range(5):
        three[1].breaker.failed()
    for _ in range(50):
        order = Balance(three).order(call())
        assert [each.backend.name for each in order][-1] == "b1" and len(order) == 3


def test_a_long_prompt_goes_where_its_beginning_went() -> None:
    balance = Balance(members(1.0, 1.0, 1.0, 1.0), draw=random.Random(1))
    system = "You are a helpful assistant of the library. " * 30
    homes = {
        number: firsts(balance, [call(f"{number} {system} {q}") for q in range(20)])
        for number in range(40)
    }
    assert all(len(home) == 1 for home in homes.values())
    spread = Counter(next(iter(home)) for home in homes.values())
    assert len(spread) == 4 and max(spread.values()) < 25, "different prompts spread"


def test_a_home_that_has_too_much_to_do_is_passed_by() -> None:
    four = members(1.0, 1.0, 1.0, 1.0)
    balance = Balance(four, draw=random.Random(1))
    long = call("word " * 200)
    home = balance.order(long)[0]
    home.in_flight = 6
    assert balance.order(long)[0] is not home


def test_only_the_prompts_of_a_member_that_leaves_move() -> None:
    four = members(1.0, 1.0, 1.0, 1.0)
    calls = [call(f"{n} " + "word " * 200) for n in range(60)]
    before = [Balance(four).order(each)[0].name for each in calls]
    after = [Balance(four[:3]).order(each)[0].name for each in calls]
    moved = [old for old, new in zip(before, after, strict=True) if old != new]
    assert moved and set(moved) == {"b3/m"}


def test_a_peak_is_believed_at_once_and_fades() -> None:
    latency = Latency()
    latency.tell(0.1, 0.0)
    latency.tell(2.0, 1.0)
    assert latency.value_s == 2.0
    latency.tell(0.1, 1.0)
    assert latency.value_s == pytest.approx(0.9 * 2.0 + 0.1 * 0.1)
    assert latency.expect_s(100.0) < 0.01, "who is not asked is believed to be quick again"
    latency.tell(0.1, 100.0)
    assert latency.value_s < 0.2


def test_the_beginning_of_a_prompt_is_bounded() -> None:
    assert len(prompt_beginning(call("x" * 100_000))) == 1024
    assert prompt_beginning(Call("r", "completion", "m", prompts=("a", "b"))) == "a"
