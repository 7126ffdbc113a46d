"""First in, first out: who came first begins first, and nobody passes one that does not fit."""

from __future__ import annotations

from collections.abc import Sequence

from workbench.finetuning.scheduling.tasks import Decision, Slots, Stint, Task, free_of


class FirstInFirstOut:
    """See the module; what the others are measured against."""

    def decide(
        self, slots: Slots, tasks: Sequence[Task], stints: Sequence[Stint], now_s: float
    ) -> list[Decision]:
        """See ``tasks.Policy``."""
        free, decisions = free_of(slots, tasks), []
        first: Task | None = None
        for task in sorted(tasks, key=lambda each: each.id):
            if task.is_running:
                decisions.append(Decision(task.id, "run", "it runs to its end"))
            elif first is not None:
                decisions.append(Decision(task.id, "wait", f"job {first.id} came before it"))
            elif free.holds(task.wants):
                free -= task.wants
                decisions.append(Decision(task.id, "start", "it came first"))
            else:
                first = task
                decisions.append(Decision(task.id, "wait", "it is the next, and does not fit yet"))
        return decisions
