"""The policy on a simulated machine, with variants that are broken on purpose."""

from __future__ import annotations

import dataclasses
import math
import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.finetuning.scheduling.first_in_first_out import FirstInFirstOut
from workbench.finetuning.scheduling.policy import ShortestFirst
from workbench.finetuning.scheduling.simulating import Machine, Sent, Went
from workbench.finetuning.scheduling.tasks import Policy, Slots, Task

MACHINE = Slots(2, 4096)
POLICY = ShortestFirst(patience_s=300, restart_s=2, quantum_s=5, half_life_s=1000, unknown_s=30)


def send(number: int, steps: int, *, cores: int = 1, **given: object) -> Sent:
    task = Task(number, Slots(cores, 512), estimate_s=float(steps), **given)  # type: ignore[arg-type]
    return Sent(task, steps)


def run(sent: Sequence[Sent], policy: Policy = POLICY, **options: object) -> list[Went]:
    return Machine(MACHINE, policy, start_s=1, stop_s=1, **options).run(sent)  # type: ignore[arg-type]


def mixed(seed: int) -> list[Sent]:
    chance, sent, now_s = random.Random(seed), [], 0.0
    for number in range(1, 41):
        now_s += chance.expovariate(1 / 25)
        sent.append(
            send(
                number, chance.choice((10, 20, 40, 200)), cores=chance.choice((1, 1, 2)),
                priority=chance.choice((0, 0, 5)), team=chance.choice("ab"), arrived_s=now_s,
            )
        )  # fmt: skip
    return sent


@pytest.mark.parametrize("seed", range(5))
def test_nothing_is_lost_and_all_end(seed: int) -> None:
    went = run(mixed(seed))
    assert all(job.done == job.computed == job.sent.steps for job in went)
    assert sum(job.begins for job in went) > 40  # some gave way
    assert max(job.ended_s for job in went) < math.inf


def test_the_mean_completion_is_that_of_the_closed_form() -> None:
    sent = [send(1, 30, cores=2), send(2, 20, cores=2), send(3, 10, cores=2)]
    machine = {"tick_s": 1000.0}
    ours = [job.completion_s for job in Machine(MACHINE, POLICY, **machine).run(sent)]
    first = [job.completion_s for job in Machine(MACHINE, FirstInFirstOut(), **machine).run(sent)]
    assert (ours, first) == ([60, 30, 10], [30, 50, 60])


def test_without_a_checkpoint_steps_are_lost() -> None:
    went = run(mixed(1), keeps=False)
    assert sum(job.lost for job in went) > 0


def stream() -> list[Sent]:
    """A long one, and short ones that come for as long as one likes."""
    short = [send(number, 20, arrived_s=number * 9.0) for number in range(2, 200)]
    return [send(1, 300, cores=2, arrived_s=17.0), *short]


def test_a_long_job_does_not_starve_and_without_aging_it_does() -> None:
    patient = run(stream())[0]
    endless = run(stream(), dataclasses.replace(POLICY, patience_s=math.inf))[0]
    # Its patience, the rest of what runs, and nothing else.
    assert patient.waited_s <= POLICY.patience_s + 30
    assert endless.waited_s > 4 * POLICY.patience_s


class ByParts(Machine):
    """Broken: a job takes a core as one comes free, and holds it until it has all that it wants."""

    def _decide(self) -> None:
        held = self.__dict__.setdefault("held", dict.fromkeys(range(1, 100), 0))
        for number, job in self.jobs.items():
            if job.ended_s < math.inf:
                held[number] = 0
        given = True
        while given:
            given = False
            for number, job in sorted(self.jobs.items()):
                wants = job.sent.task.wants.cores
                free = self.slots.cores - sum(held.values())
                if job.ended_s == math.inf and held[number] < wants and free > 0:
                    held[number] += 1
                    given = True
                    if held[number] == wants:
                        job.begun_s = self.now_s


def test_jobs_that_take_their_slots_by_parts_wait_for_each_other_for_ever() -> None:
    sent = [send(1, 10, cores=2), send(2, 10, cores=2)]
    assert all(job.ended_s < math.inf for job in run(sent))
    assert all(job.ended_s == math.inf for job in ByParts(MACHINE, POLICY).run(sent))
    alone = ByParts(MACHINE, POLICY).run(sent[:1])
    assert alone[0].ended_s == 10  # the machine itself is sound


@given(st.lists(st.tuples(st.integers(1, 60), st.integers(1, 2), st.integers(0, 2),
                          st.floats(0, 200)), min_size=1, max_size=12))  # fmt: skip
def test_whatever_comes_all_end_and_no_slot_is_given_twice(
    drawn: list[tuple[int, int, int, float]],
) -> None:
    """The machine itself refuses to give more than there is."""
    came = sorted(drawn, key=lambda each: each[3])
    sent = [
        send(number, steps, cores=cores, priority=priority, arrived_s=at_s)
        for number, (steps, cores, priority, at_s) in enumerate(came, 1)
    ]
    assert all(job.done == job.computed == job.sent.steps for job in run(sent))
