"""Deficit Round Robin: fair within the bound of its paper, and what stands around it."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.models.pool.fair_queue import FairQueue

QUANTUM = 64


@dataclass(eq=False)
class Job:
    tenant: str
    tokens: int
    priority: int = 0
    arrived_s: float = 0.0
    deadline_at_s: float | None = None

    @property
    def most_tokens(self) -> int:
        return self.tokens


class Fifo(FairQueue[Job]):
    """A deliberately broken variant: first come, first served."""

    def pop(self, now_s: float, *, short: bool = False) -> Job | None:
        job = self.oldest
        if job is not None:
            self.remove(job)
        return job


def largest_gap(queue: FairQueue[Job], jobs: list[Job]) -> int:
    """The most by which two tenants with jobs waiting were served apart, from the start on."""
    left: dict[str, int] = {}
    for job in jobs:
        queue.push(job)
        left[job.tenant] = left.get(job.tenant, 0) + 1
    served = dict.fromkeys(left, 0)
    gap = 0
    while (job := queue.pop(0.0)) is not None:
        served[job.tenant] += job.tokens
        left[job.tenant] -= 1
        if not all(left.values()):
            break
        gap = max(gap, max(served.values()) - min(served.values()))
    return gap


jobs_of_tenants = st.lists(
    st.builds(Job, st.sampled_from("abc"), st.integers(1, 300)), min_size=1, max_size=60
)


@given(jobs_of_tenants)
def test_two_backlogged_tenants_are_served_alike(jobs: list[Job]) -> None:
    bound = QUANTUM + max(job.tokens for job in jobs)
    assert largest_gap(FairQueue(quantum_tokens=QUANTUM), jobs) <= bound


def test_first_come_first_served_fails_that_check() -> None:
    jobs = [Job("a", 100) for _ in range(20)] + [Job("b", 100) for _ in range(20)]
    assert largest_gap(Fifo(quantum_tokens=QUANTUM), jobs) > QUANTUM + 100
    assert largest_gap(FairQueue(quantum_tokens=QUANTUM), jobs) <= QUANTUM + 100


@given(jobs_of_tenants, st.lists(st.booleans(), max_size=60))
def test_every_job_is_served_once(jobs: list[Job], shorts: list[bool]) -> None:
    queue: FairQueue[Job] = FairQueue(quantum_tokens=QUANTUM)
    for job in jobs:
        queue.push(job)
    served = [job for short in shorts if (job := queue.pop(0.0, short=short)) is not None]
    while (job := queue.pop(0.0)) is not None:
        served.append(job)
    assert sorted(map(id, served)) == sorted(map(id, jobs))
    assert (len(queue), queue.tokens) == (0, 0)


def test_a_tenants_short_job_overtakes_his_long_one_unless_that_is_old() -> None:
    queue: FairQueue[Job] = FairQueue()
    long, short, late = Job("a", 1000), Job("a", 10, arrived_s=1.0), Job("a", 10, arrived_s=60.0)
    for job in (long, short, late):
        queue.push(job)
    assert [queue.pop(60.0) for _ in range(3)] == [short, long, late]


def test_priorities_with_an_old_job_of_a_lower_one_now_and_then() -> None:
    queue: FairQueue[Job] = FairQueue(patience_s=5.0)
    low = Job("a", 10)
    high = [Job("b", 10, priority=1, arrived_s=1.0) for _ in range(8)]
    for job in (low, *high):
        queue.push(job)
    assert queue.pop(2.0) in high
    order = [queue.pop(6.0) for _ in range(8)]
    assert order.index(low) <= 3
    assert queue.pop(6.0) is None


@pytest.mark.parametrize("deadline_at_s", [None, 2.0])
def test_a_deadline_is_urgent(deadline_at_s: float | None) -> None:
    queue: FairQueue[Job] = FairQueue()
    queue.push(Job("a", 50))
    queue.push(Job("a", 1000, deadline_at_s=deadline_at_s))
    first = queue.pop(0.0)
    assert first is not None
    assert first.tokens == (50 if deadline_at_s is None else 1000)


def test_what_was_charged_too_much_comes_back() -> None:
    """Of two who ask for 1,000 tokens each time, one uses ten of them: he gets as many tokens."""
    queue: FairQueue[Job] = FairQueue(quantum_tokens=QUANTUM)
    for _ in range(400):
        queue.push(Job("modest", 1000))
        queue.push(Job("greedy", 1000))
    used = {"modest": 10, "greedy": 1000}
    served = dict.fromkeys(used, 0)
    while min(queue.count_by_tenant().values()) > 1:
        job = queue.pop(0.0)
        assert job is not None
        served[job.tenant] += used[job.tenant]
        queue.settle(job, tokens=used[job.tenant])
    assert abs(served["modest"] - served["greedy"]) <= 2 * 1000 + QUANTUM
