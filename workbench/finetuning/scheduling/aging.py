"""Aging: what has waited long enough goes before all that has not, whatever else is said of it.

A priority that grows with the wait ends starvation (Kleinrock, "A Delay Dependent Queue
Discipline", Naval Research Logistics Quarterly 11, 1964). Here it grows in one step, after a
patience that is promised: from then on a job is passed by nobody but those who have come to the end
of their patience before, and it does not give way any more. So its wait is at most the patience,
the rest of those, and the time in which a running one stops.
"""

from __future__ import annotations

from dataclasses import dataclass

from workbench.finetuning.scheduling.tasks import Task


@dataclass(frozen=True)
class Aging:
    """``patience_s`` is how long a job may be passed by others; ``inf`` is no aging at all."""

    patience_s: float

    def is_aged(self, task: Task, now_s: float) -> bool:
        """Whether the job has waited for its patience's length."""
        return task.waited_s(now_s) >= self.patience_s

    def since_s(self, task: Task) -> float:
        """When the patience of one that has not waited in vain since would end: the order among
        those that have."""
        return task.arrived_s + task.attained_s + self.patience_s
