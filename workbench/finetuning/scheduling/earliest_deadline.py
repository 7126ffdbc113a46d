"""Deadlines: one that will be missed unless the job begins soon goes first, the earliest before.

The order is that of Liu and Layland, "Scheduling Algorithms for Multiprogramming in a
Hard-Real-Time Environment", JACM 20, 1973. A job is in it only while its deadline presses, its
slack (time left less work left; Mok and Dertouzos, 1978) being small, and can be met: a missed one
has nothing more to gain, and a far one would only cost the others.
"""

from __future__ import annotations

from dataclasses import dataclass

from workbench.finetuning.scheduling.tasks import Task


@dataclass(frozen=True)
class EarliestDeadline:
    """``margin`` is how many times the work that is left may fit into the time that is left before
    the deadline presses."""

    margin: float

    def presses(self, task: Task, remaining_s: float, now_s: float) -> bool:
        """Whether the job must run from about now on."""
        if task.deadline_s is None:
            return False
        left_s = task.deadline_s - now_s
        return remaining_s <= left_s <= self.margin * remaining_s
