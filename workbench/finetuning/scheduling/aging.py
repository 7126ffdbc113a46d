"""Aging: what has waited long enough goes before all that has not, whatever else is said of it.

A priority that grows with the wait ends starvation (Kleinrock, "A Delay Dependent Queue
Discipline", Naval Research Logistics Quarterly 11, 1964). Here it grows in one step, at the end of
a patience that is promised: from then on a job is passed by nobody who came after it, and it does
not give way any more. So it waits for the patience, and for the rest of what came before it.
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
