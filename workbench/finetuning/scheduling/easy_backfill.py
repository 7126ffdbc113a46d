"""Backfilling: later jobs may use what the next one cannot use yet, if they do not delay it.

The next job is promised the time at which enough will be free, and what is left over then (Lifka,
"The ANL/IBM SP Scheduling System", JSSPP 1995; Mu'alem and Feitelson, "Utilization,
Predictability, Workloads, and User Runtime Estimates in Scheduling the IBM SP2 with Backfilling",
TPDS 12, 2001). Without the promise a job of many slots would wait as long as jobs of few come.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from workbench.finetuning.scheduling.tasks import Slots, Task


@dataclass(frozen=True)
class Promise:
    """``task`` begins at about ``at_s``, and ``spare`` will be left beside it."""

    task: Task
    at_s: float
    spare: Slots

    def allows(self, other: Task, remaining_s: float, now_s: float) -> bool:
        """Whether another may begin now: it ends before, or uses what is left over."""
        return now_s + remaining_s <= self.at_s or self.spare.holds(other.wants)

    def after(self, other: Task, remaining_s: float, now_s: float) -> Promise:
        """The promise once another has begun."""
        if now_s + remaining_s <= self.at_s:
            return self
        return Promise(self.task, self.at_s, self.spare - other.wants)


def promise(
    task: Task,
    free: Slots,
    running: Sequence[Task],
    remaining_s: Callable[[Task], float],
    now_s: float,
) -> Promise:
    """When the running ones leave enough for a task that does not fit now.

    Those that give way are taken to have left.
    """
    at_s = now_s
    for each in sorted(running, key=lambda one: 0.0 if one.gives_way else remaining_s(one)):
        if free.holds(task.wants):
            break
        free += each.wants
        at_s = now_s if each.gives_way else now_s + remaining_s(each)
    return Promise(task, at_s, free - task.wants)
