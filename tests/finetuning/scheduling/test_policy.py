from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence

import pytest

from workbench.finetuning.scheduling.dominant_shares import DominantShares
from workbench.finetuning.scheduling.easy_backfill import promise
from workbench.finetuning.scheduling.policy import ShortestFirst
from workbench.finetuning.scheduling.remaining_service import RemainingService
from workbench.finetuning.scheduling.tasks import Decision, Slots, Stint, Task

MACHINE = Slots(2, 4096)
POLICY = ShortestFirst(patience_s=1000, restart_s=5, quantum_s=10, half_life_s=1000)


def make(number: int, estimate_s: float = 100, *, cores: int = 1, **given: object) -> Task:
    return Task(number, Slots(cores, 512), estimate_s=estimate_s, **given)  # type: ignore[arg-type]


def running(task: Task, *, since_s: float = 0.0) -> Task:
    return dataclasses.replace(task, begun_s=since_s)


def decide(
    *tasks: Task, now_s: float = 50.0, stints: Sequence[Stint] = (), policy: ShortestFirst = POLICY
) -> dict[int, Decision]:
    found = policy.decide(MACHINE, tasks, stints, now_s)
    assert sorted(each.task_id for each in found) == sorted(task.id for task in tasks)
    return {each.task_id: each for each in found}


def kinds(found: dict[int, Decision]) -> list[str]:
    return [found[number].kind for number in sorted(found)]


def test_the_least_service_goes_first_and_a_priority_before_it() -> None:
    found = decide(make(1, 300), make(2, 100), make(3, 200))
    assert kinds(found) == ["wait", "start", "start"]
    assert "less left" in found[1].reason or "free in about" in found[1].reason
    found = decide(make(1, 300, priority=5), make(2, 100), make(3, 200))
    assert kinds(found) == ["start", "start", "wait"]


def test_a_job_of_two_slots_has_both_or_none_and_is_not_passed_for_ever() -> None:
    long = running(make(1, 500, attained_s=50), since_s=0)
    gang, short, later = make(2, 200, cores=2, priority=1), make(3, 100), make(4, 900)
    long = dataclasses.replace(long, priority=1)
    found = decide(long, gang, short, later)
    # The first is promised the time at which the long one ends: the short one is over by then.
    assert kinds(found) == ["run", "wait", "start", "wait"]
    assert "does not delay job 2" in found[3].reason
    assert "would delay job 2" in found[4].reason or "priority" in found[4].reason
    stops = dataclasses.replace(POLICY, backfills=False)
    assert kinds(decide(long, gang, short, later, policy=stops)) == ["run", "wait", "wait", "wait"]


def test_less_urgent_ones_give_way_together_and_only_if_that_is_enough() -> None:
    first, second = running(make(1, 400)), running(make(2, 500))
    urgent = make(3, 100, cores=2, priority=9)
    found = decide(first, second, urgent)
    assert kinds(found) == ["give way", "give way", "wait"]
    assert found[1].reason == "job 3 has a higher priority"
    equal = dataclasses.replace(second, priority=9)
    assert kinds(decide(first, equal, urgent)) == ["run", "run", "wait"]


def test_what_is_freed_for_one_is_not_taken_by_another() -> None:
    leaves = dataclasses.replace(running(make(1, 400)), gives_way=True)
    stays = running(make(2, 400, priority=9))
    urgent, short = make(3, 300, priority=9), make(4, 10)
    assert kinds(decide(leaves, stays, urgent, short)) == ["run", "run", "wait", "wait"]
    assert kinds(decide(stays, urgent, short)) == ["run", "start", "wait"]


def test_a_job_gives_way_to_a_much_shorter_one_but_not_at_once() -> None:
    one, two = running(make(1, 900)), running(make(2, 800))
    assert kinds(decide(one, two, make(3, 50))) == ["give way", "run", "wait"]
    assert kinds(decide(one, two, make(3, 600))) == ["run", "run", "wait"]  # little is gained
    fresh = [running(make(number, 900), since_s=45) for number in (1, 2)]
    assert kinds(decide(*fresh, make(3, 50))) == ["run", "run", "wait"]


def test_at_the_end_of_its_patience_a_job_goes_first_and_gives_way_no_more() -> None:
    old, urgent = make(1, 900, cores=2), make(2, 10, priority=99, arrived_s=990.0)
    found = decide(old, urgent, now_s=1001.0)
    assert kinds(found) == ["start", "wait"]
    assert "nobody passes it" in found[1].reason
    assert kinds(decide(old, urgent, now_s=999.0)) == ["wait", "start"]
    runs = dataclasses.replace(old, attained_s=100.0, begun_s=1100.0)
    assert kinds(decide(runs, urgent, now_s=1200.0)) == ["run", "wait"]
    endless = dataclasses.replace(POLICY, patience_s=math.inf)  # broken: no aging
    assert kinds(decide(old, urgent, now_s=1e9, policy=endless)) == ["wait", "start"]


def test_a_deadline_that_presses_goes_first_and_a_missed_one_does_not() -> None:
    long, short, other = make(1, 300, deadline_s=400.0), make(2, 10), make(3, 20)
    assert kinds(decide(long, short, other, now_s=50.0))[0] == "start"
    assert kinds(decide(long, short, other, now_s=150.0))[0] == "wait"


def test_a_team_that_had_much_goes_behind_one_that_had_little() -> None:
    had = [Stint("red", 0.5, 0, 1000), Stint("blue", 0.5, 0, 100)]
    tasks = [make(1, 100, team="red"), make(2, 100, team="red"), make(3, 500, team="blue")]
    found = decide(*tasks, now_s=900.0, stints=had)
    assert kinds(found) == ["start", "wait", "start"]
    assert kinds(decide(*tasks, now_s=900.0)) == ["start", "start", "wait"]


def test_shares_are_of_what_is_scarcest_and_fade() -> None:
    shares = DominantShares(half_life_s=100, slack=1.0, weights={"red": 3.0})
    stints = [Stint("red", 0.5, 0, 100), Stint("blue", 0.5, 100, 200)]
    tasks = [make(1, team="red"), make(2, team="blue")]
    over = shares.find_over(tasks, stints, 200.0)
    assert over["blue"][0] == pytest.approx(2 / 3)  # one half-life later counts twice
    assert over["blue"][1] == pytest.approx(1 / 4)
    assert DominantShares(100, 1.0).find_over(tasks[:1], stints, 200.0) == {}


def test_what_is_left_is_told_by_the_progress_rather_than_by_the_user() -> None:
    left = RemainingService([make(1, 100), make(2, 300)], unknown_s=7)
    assert left.remaining_s(make(3, 100, attained_s=60, done_share=0.2)) == pytest.approx(240)
    assert left.remaining_s(make(3, 100, attained_s=60)) == 60  # as long again, over the estimate
    assert left.remaining_s(make(3, 100, attained_s=20)) == 80
    assert left.remaining_s(dataclasses.replace(make(3), estimate_s=None)) == 200
    assert left.service(make(3, 50, cores=2)) == 100


def test_a_promise_counts_those_that_end_first() -> None:
    runs = [running(make(1, 100)), running(make(2, 300))]
    given = promise(
        make(3, cores=2), Slots(0, 3072), runs, lambda task: task.estimate_s or 0, now_s=50.0
    )
    assert (given.at_s, given.spare.cores) == (350.0, 0)
    assert given.allows(make(4), 300.0, 50.0) and not given.allows(make(4), 301.0, 50.0)


def test_a_job_that_is_larger_than_the_machine_keeps_nobody_waiting() -> None:
    found = decide(make(1, 10, cores=3), make(2, 500))
    assert kinds(found) == ["wait", "start"]
    assert "the machine has 2 cores" in found[1].reason
