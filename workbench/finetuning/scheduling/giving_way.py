"""Who gives way to whom: a job that runs stops with a checkpoint, and goes on from it later.

To a higher priority, to one whose patience is at its end, to a deadline that presses, and to one
with much less left to do, as in the shortest remaining processing time (``remaining_service``);
never one whose own patience was at its end. Stopping and beginning again costs time, so that the
gain must be worth it (Mu'alem and Feitelson weigh it so; Tiresias keeps jobs from changing places
all the time by a few coarse queues, here it is a factor and a least time).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.finetuning.scheduling.tasks import Slots, Task


@dataclass(frozen=True)
class Standing:
    """A task with what decides who goes first."""

    task: Task
    aged: bool
    over: bool
    presses: bool
    service: float


@dataclass(frozen=True)
class GivingWay:
    """See ``policy.ShortestFirst`` for what they are."""

    gain: float
    restart_s: float
    quantum_s: float

    def choose(
        self,
        first: Standing,
        running: Sequence[Standing],
        wants: Slots,
        free: Slots,
        now_s: float,
    ) -> list[tuple[Task, str]]:
        """Who gives way, so that all that is wanted is free; nobody if it would not be enough.

        Args:
            first: The task that does not fit.
            running: What runs and was not asked yet.
            wants: What it wants.
            free: What is free, or soon will be.
            now_s: The time.
        """
        found = [
            (each, why)
            for each in running
            if (why := self.find_why(first, each, now_s)) is not None
        ]
        found.sort(key=lambda pair: (pair[0].task.priority, -pair[0].service))
        chosen: list[tuple[Standing, str]] = []
        for pair in found:
            if free.holds(wants):
                break
            chosen.append(pair)
            free += pair[0].task.wants
        if not free.holds(wants):
            return []
        for pair in list(chosen):  # one that was chosen before a larger one may not be needed
            if (free - pair[0].task.wants).holds(wants):
                free -= pair[0].task.wants
                chosen.remove(pair)
        return [(each.task, why) for each, why in chosen]

    def find_why(self, first: Standing, runs: Standing, now_s: float) -> str | None:
        """Why one that runs gives way, as what is said of the other; None if it does not."""
        assert runs.task.begun_s is not None
        if runs.aged or now_s - runs.task.begun_s < self.quantum_s:
            return None
        if first.aged:
            return "has waited longer than its patience"
        if first.task.priority != runs.task.priority:
            is_higher = first.task.priority > runs.task.priority
            return "has a higher priority" if is_higher else None
        if first.over > runs.over or runs.presses:
            return None
        if first.presses:
            return "has a deadline that presses"
        most = runs.service / self.gain - 2 * self.restart_s * runs.task.wants.cores
        return "has much less left to do" if first.service < most else None
