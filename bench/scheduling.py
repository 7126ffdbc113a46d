"""The training queue's policy against first in, first out: forty jobs on two slots.

    python bench/run.py --only scheduling               # simulated, all frozen workloads
    python bench/run.py --only scheduling-processes     # one of them, on real processes

The workloads were frozen before there was a policy (``scheduling_workloads.py``, where what is
asked stands too). The simulation runs the policy of ``workbench finetuning queue run`` itself; so
do the processes (``scheduling_processes.py``). Broken variants must fail: without aging a job
starves, without checkpoints steps are lost, and jobs that take slots one by one never end.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import math
import statistics
import sys
from collections.abc import Sequence
from typing import Any

from scheduling_processes import measure_processes
from scheduling_workloads import (
    DEVELOPMENT_SEEDS,
    KINDS,
    LONGER,
    MEMORY_MB,
    OVERTAKEN,
    SLOTS,
    Sent,
    draw,
    read_frozen,
)
from shape import Benchmark, Figure

from workbench.finetuning.scheduling.first_in_first_out import FirstInFirstOut
from workbench.finetuning.scheduling.policy import ShortestFirst
from workbench.finetuning.scheduling.simulating import Machine, Went
from workbench.finetuning.scheduling.simulating import Sent as Simulated
from workbench.finetuning.scheduling.tasks import Policy, Slots, Task

LEAST = 1 / (1 - 0.15)  # the ratio of FIFO's mean completion to ours
MACHINE = Slots(SLOTS, MEMORY_MB)
# In steps: a process begins in three and stops within one. The rest was chosen on other seeds.
START, STOP, TICK = 3.0, 1.0, 5.0
POLICY = ShortestFirst(
    patience_s=150, restart_s=4, quantum_s=20, half_life_s=2000, unknown_s=30,
)  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Came:
    """What came of one workload under one policy."""

    mean: float
    longest_wait: float
    passed_by: float
    begins: int
    lost: int
    unfinished: int
    deadlines: int

    def starves(self, other: Came) -> bool:
        """Whether a job is starved, by what was written down with the workloads."""
        return (
            self.longest_wait > LONGER * other.longest_wait
            or self.passed_by > OVERTAKEN
            or self.unfinished > 0
        )


def simulate(sent: Sequence[Sent], policy: Policy, **options: Any) -> Came:
    """One workload."""
    machine = Machine(MACHINE, policy, start_s=START, stop_s=STOP, tick_s=TICK, **options)
    jobs = machine.run([as_simulated(number, each) for number, each in enumerate(sent, 1)])
    return tell(jobs, sum(each.steps * each.slots for each in sent))


def as_simulated(number: int, sent: Sent) -> Simulated:
    """A job of a workload, a step being a second."""
    task = Task(
        number, Slots(sent.slots, sent.memory_mb), sent.priority, sent.team, sent.arrival,
        sent.estimate, sent.deadline,
    )  # fmt: skip
    return Simulated(task, sent.steps)


def tell(jobs: Sequence[Went], work: int) -> Came:
    """The figures of jobs; ``work`` is that of the whole workload, in steps times slots."""
    ended = [each for each in jobs if each.ended_s < float("inf")]
    return Came(
        statistics.mean(each.completion_s for each in jobs),
        max(each.waited_s for each in jobs),
        max(each.passed_by for each in jobs) / work,
        sum(each.begins for each in jobs),
        sum(each.lost for each in jobs),
        len(jobs) - len(ended),
        sum(each.ended_s <= (each.sent.task.deadline_s or 0) for each in jobs),
    )


def measure_simulated(rounds: int) -> Sequence[Figure]:
    """All frozen workloads, once: a second round would find the same."""
    figures = []
    for name, sent in read_frozen().items():
        theirs, ours = simulate(sent, FirstInFirstOut()), simulate(sent, POLICY)
        details = {
            "ours": dataclasses.asdict(ours),
            "theirs": dataclasses.asdict(theirs),
            "starves": ours.starves(theirs),
        }
        figures.append(
            Figure(
                f"mean completion, {name}", "first in, first out", "steps", (ours.mean,),
                (theirs.mean,), better="lower", bound=LEAST, details=details,
            )
        )  # fmt: skip
    return figures


class ByParts(Machine):
    """Broken: a waiting job keeps each core that comes free until it has all that it wants."""

    def _decide(self) -> None:
        kept: dict[int, int] = self.__dict__.setdefault("kept", {})
        waiting = []
        for number, job in self.jobs.items():
            if job.ended_s < math.inf:
                kept.pop(number, None)
            elif job.begun_s is None:
                waiting.append(job)
        turn = 0
        while waiting and sum(kept.values()) < self.slots.cores:
            job = waiting[turn % len(waiting)]
            number, turn = job.sent.task.id, turn + 1
            kept[number] = kept.get(number, 0) + 1
            if kept[number] == job.sent.task.wants.cores:
                job.begun_s = self.now_s
                waiting.remove(job)


def measure_broken(rounds: int) -> Sequence[Figure]:
    """What must fail, over all frozen workloads: at least one each."""
    frozen = read_frozen()
    endless = dataclasses.replace(POLICY, patience_s=math.inf)
    starved = lost = stuck = 0
    for sent in frozen.values():
        starved += simulate(sent, endless).starves(simulate(sent, FirstInFirstOut()))
        lost += simulate(sent, POLICY, keeps=False).lost
        jobs = ByParts(MACHINE, POLICY).run([as_simulated(n, each) for n, each in enumerate(sent)])
        stuck += any(job.ended_s == math.inf for job in jobs)
    return [
        Figure(f"broken: {what}", "must be seen", unit, (float(found),), (1.0,), bound=1.0)
        for what, unit, found in (
            ("without aging, a job is starved", "workloads", starved),
            ("giving way without a checkpoint, steps are lost", "steps", lost),
            ("slots taken by parts, jobs never end", "workloads", stuck),
        )
    ]


def look(seeds: Sequence[int]) -> None:
    """The development seeds, for choosing the policy's numbers."""
    for kind in KINDS:
        for seed in seeds:
            sent = draw(kind, seed)
            theirs, ours = simulate(sent, FirstInFirstOut()), simulate(sent, POLICY)
            told = json.dumps(dataclasses.asdict(ours), default=float)
            line = f"{kind} {seed}: {1 - ours.mean / theirs.mean:.1%} wait "
            line += f"{ours.longest_wait / theirs.longest_wait:.2f} "
            line += f"deadlines {theirs.deadlines} starves {ours.starves(theirs)} {told}\n"
            sys.stdout.write(line)


BENCHMARKS = (
    Benchmark("scheduling", measure_simulated),
    Benchmark("scheduling-broken", measure_broken),
    Benchmark("scheduling-processes", measure_processes),
)

if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, nargs="+", default=DEVELOPMENT_SEEDS)
    look(parser.parse_args().seeds)
