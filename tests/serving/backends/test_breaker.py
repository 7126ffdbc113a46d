"""A breaker's three states, by a clock of the test's own."""

from __future__ import annotations

from workbench.serving.backends.breaker import Breaker


class Clock:
    now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def make(clock: Clock, **more: float) -> Breaker:
    return Breaker(failures=3, rest_s=2.0, most_rest_s=5.0, clock=clock, draw=lambda: 0.0, **more)


def fail(breaker: Breaker, times: int) -> None:
    for _ in range(times):
        assert breaker.allow()
        breaker.failed()


def test_failures_on_end_open_it_and_a_success_between_does_not() -> None:
    breaker = make(Clock())
    fail(breaker, 2)
    breaker.succeeded()
    fail(breaker, 2)
    assert breaker.state == "closed"
    fail(breaker, 1)
    assert breaker.state == "open" and not breaker.allow()
    assert breaker.retry_after_s == 2.0


def test_after_its_rest_one_call_may_try_and_closes_it() -> None:
    clock = Clock()
    breaker = make(clock)
    fail(breaker, 3)
    clock.now_s += 2.0
    assert breaker.state == "half-open" and breaker.would_allow
    assert breaker.allow() and not breaker.allow(), "one at a time"
    assert not breaker.would_allow
    breaker.succeeded()
    assert breaker.state == "closed" and breaker.allow() and breaker.allow()


def test_a_failed_try_rests_twice_as_long_up_to_the_longest() -> None:
    clock = Clock()
    breaker = make(clock)
    fail(breaker, 3)
    rests = []
    for _ in range(3):
        clock.now_s += breaker.retry_after_s
        fail(breaker, 1)
        rests.append(breaker.retry_after_s)
    assert rests == [4.0, 5.0, 5.0]
    clock.now_s += 5.0
    assert breaker.allow()
    breaker.succeeded()
    fail(breaker, 3)
    assert breaker.retry_after_s == 2.0, "who came back is trusted again"


def test_a_try_that_says_nothing_leaves_room_for_the_next() -> None:
    clock = Clock()
    breaker = make(clock)
    fail(breaker, 3)
    clock.now_s += 2.0
    assert breaker.allow()
    breaker.undecided()
    assert breaker.state == "half-open" and breaker.allow()
