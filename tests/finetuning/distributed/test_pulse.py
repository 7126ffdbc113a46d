"""Who hangs, who is stuck and who is slow, by a clock of the test's own."""

from __future__ import annotations

from workbench.finetuning.distributed.pulse import STUCK_S, Pulse


def _beat(pulse: Pulse, now_s: float, *ranks: int, cpu_s: float | None = None) -> None:
    pulse.look(now_s)
    for rank in ranks:
        pulse.hear(rank, now_s, now_s if cpu_s is None else cpu_s)


def test_one_that_says_nothing_for_too_long_hangs() -> None:
    pulse = Pulse(5.0, 0.0)
    for second in range(4):
        _beat(pulse, second, 0, 1)
    for second in range(4, 9):
        _beat(pulse, second, 0)
        assert pulse.find_silent(second) is None  # 5 s are allowed
    _beat(pulse, 9, 0)
    assert pulse.find_silent(9) == (1, 6)


def test_one_that_has_not_come_yet_or_has_ended_does_not_hang() -> None:
    pulse = Pulse(5.0, 0.0)
    assert pulse.find_silent(100.0) is None
    _beat(pulse, 1, 0)
    pulse.leave(0)
    assert pulse.find_silent(50.0) is None


def test_nobody_was_silent_while_nobody_listened() -> None:
    pulse = Pulse(5.0, 0.0)
    _beat(pulse, 1, 0, 1)
    pulse.look(3600.0)  # the machine slept, or serving went first
    assert pulse.find_silent(3600.0) is None
    for second in range(3601, 3606):
        pulse.look(second)
    assert pulse.find_silent(3606.0) is not None


def test_those_that_wait_for_each_other_are_stuck() -> None:
    busy, idle = Pulse(5.0, 0.0), Pulse(5.0, 0.0)
    for second in range(1, int(STUCK_S) + 10):
        _beat(busy, second, 0, 1, cpu_s=second * 0.1)
        _beat(idle, second, 0, 1, cpu_s=second * 0.001)
        assert not busy.is_stuck(second)  # a long evaluation
        assert idle.is_stuck(second) == (second > STUCK_S)
    idle.move(STUCK_S + 9)
    assert not idle.is_stuck(STUCK_S + 10)


def test_one_that_is_slow_is_told_once() -> None:
    pulse = Pulse(30.0, 0.0)
    assert pulse.hear(0, 1.0) is None and pulse.hear(0, 2.0) is None
    assert pulse.hear(0, 9.0) == 7.0
    assert pulse.hear(0, 18.0) is None
