"""A machine that runs jobs in no time: events in place of processes, decided by the same policy.

A job begins after ``start_s``, stops ``stop_s`` after it was asked to, and goes on with the steps
that it had done. What a policy sees of it is what it would see of a real one: the estimate of its
user, how long it has run, and how much of it is done.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from workbench.finetuning.scheduling.tasks import Policy, Slots, Stint, Task, free_of, share_of


@dataclass(frozen=True)
class Sent:
    """A job that comes: a task that is there from ``task.arrived_s`` on, and its true length."""

    task: Task
    steps: int
    step_s: float = 1.0


@dataclass
class Went:
    """How a job went. ``ended_s`` is inf of one that never ended."""

    sent: Sent
    done: int = 0
    computed: int = 0
    attained_s: float = 0.0
    begun_s: float | None = None
    asked_s: float | None = None
    ended_s: float = math.inf
    begins: int = 0
    passed_by: float = 0.0

    @property
    def lost(self) -> int:
        """Steps that were computed more than once."""
        return max(0, self.computed - min(self.done, self.sent.steps))

    @property
    def completion_s(self) -> float:
        """From its coming to its end."""
        return self.ended_s - self.sent.task.arrived_s

    @property
    def waited_s(self) -> float:
        """How long it had no slots."""
        return self.completion_s - self.attained_s


@dataclass
class Machine:
    """A simulated machine.

    Attributes:
        slots: What there is.
        policy: Who decides.
        start_s: From a job's beginning to its first step.
        stop_s: From being asked to the end of its process.
        tick_s: It is decided anew so often, beside whenever something happens.
        keeps: Whether a job that stops keeps its steps; False is broken.
    """

    slots: Slots
    policy: Policy
    start_s: float = 0.0
    stop_s: float = 0.0
    tick_s: float = 10.0
    keeps: bool = True
    now_s: float = 0.0
    jobs: dict[int, Went] = field(default_factory=dict)
    stints: list[Stint] = field(default_factory=list)

    def run(self, sent: Sequence[Sent], *, until_s: float = math.inf) -> list[Went]:
        """Until all have ended, or nothing can happen any more."""
        coming = sorted(sent, key=lambda each: (each.task.arrived_s, each.task.id))
        while self.now_s <= until_s:
            while coming and coming[0].task.arrived_s <= self.now_s:
                job = coming.pop(0)
                self.jobs[job.task.id] = Went(job)
            self._end_those_due()
            self._decide()
            following = [each.task.arrived_s for each in coming[:1]]
            following += [self._leaves_s(each) for each in self._running()]
            if not following:
                waits = [each for each in self.jobs.values() if math.isinf(each.ended_s)]
                if not waits or self.now_s > 1e9:
                    break
                self.now_s += 1e9  # nothing runs and nothing comes: only patience can end it
                continue
            self._go_to(min(*following, self.now_s + self.tick_s))
        return sorted(self.jobs.values(), key=lambda each: each.sent.task.id)

    def _running(self) -> list[Went]:
        return [each for each in self.jobs.values() if each.begun_s is not None]

    def _leaves_s(self, job: Went) -> float:
        """When a running one ends or, if it was asked to, stops."""
        assert job.begun_s is not None
        left_s = (job.sent.steps - job.done) * job.sent.step_s
        ends_s = job.begun_s + self.start_s + left_s
        return ends_s if job.asked_s is None else min(ends_s, job.asked_s + self.stop_s)

    def _go_to(self, then_s: float) -> None:
        """Let the time pass, and count what is given to those that came after one that waits."""
        for job in self.jobs.values():
            if job.begun_s is None and math.isinf(job.ended_s):
                later = [
                    each.sent.task.wants.cores
                    for each in self._running()
                    if each.sent.task.id > job.sent.task.id
                ]
                job.passed_by += sum(later) * (then_s - self.now_s)
        self.now_s = then_s

    def _end_those_due(self) -> None:
        for job in self._running():
            if self._leaves_s(job) <= self.now_s + 1e-9:
                self._leave(job)

    def _leave(self, job: Went) -> None:
        assert job.begun_s is not None
        trained_s = max(0.0, self.now_s - job.begun_s - self.start_s)
        steps = min(int(trained_s / job.sent.step_s + 1e-6), job.sent.steps - job.done)
        job.done, job.computed = job.done + steps, job.computed + steps
        job.attained_s += self.now_s - job.begun_s
        task = job.sent.task
        share = share_of(task.wants, self.slots)
        self.stints.append(Stint(task.team, share, job.begun_s, self.now_s))
        job.begun_s = job.asked_s = None
        if job.done >= job.sent.steps:
            job.ended_s = self.now_s
        elif not self.keeps:
            job.done = 0

    def _decide(self) -> None:
        tasks = [self._see(job) for job in self.jobs.values() if math.isinf(job.ended_s)]
        running = [
            Stint(each.team, share_of(each.wants, self.slots), each.begun_s, self.now_s)
            for each in tasks
            if each.begun_s is not None
        ]
        free = free_of(self.slots, tasks)
        decisions = self.policy.decide(self.slots, tasks, [*self.stints, *running], self.now_s)
        for each in decisions:
            job = self.jobs[each.task_id]
            if each.kind == "start":
                free -= job.sent.task.wants
                assert free.cores >= 0 and free.memory_mb >= 0, "more was given than there is"
                job.begun_s, job.begins = self.now_s, job.begins + 1
            elif each.kind == "give way":
                job.asked_s = self.now_s
        if any(each.kind == "give way" for each in decisions) and self.stop_s == 0:
            self._end_those_due()
            self._decide()

    def _see(self, job: Went) -> Task:
        from dataclasses import replace

        done, attained_s = job.done, job.attained_s
        if job.begun_s is not None:
            attained_s += self.now_s - job.begun_s
            trained_s = max(0.0, self.now_s - job.begun_s - self.start_s)
            done += int(trained_s / job.sent.step_s + 1e-6)
        return replace(
            job.sent.task,
            attained_s=attained_s,
            done_share=min(1.0, done / job.sent.steps),
            begun_s=job.begun_s,
            gives_way=job.asked_s is not None,
        )
