"""Shortest remaining service first: little work that is left goes before much.

On one server the mean completion is least so (Schrage, "A Proof of the Optimality of the Shortest
Remaining Processing Time Discipline", Operations Research 16, 1968). For jobs of several slots the
service is slots times time, as in Gu et al., "Tiresias: A GPU Cluster Manager for Distributed Deep
Learning", NSDI 2019. What is left is known from the progress once a job has some; before, from its
user's estimate, and for those without one it is taken to be that of the middle one of the others.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence

from workbench.finetuning.scheduling.tasks import Task

LEAST_DONE = 0.05  # less progress says little of the rest


class RemainingService:
    """What is left of each of these tasks.

    Args:
        tasks: All that wait or run.
        unknown_s: The length of one of which nothing is said, if nothing is said of any.
    """

    def __init__(self, tasks: Sequence[Task], *, unknown_s: float) -> None:
        said = [each.estimate_s for each in tasks if each.estimate_s is not None]
        self._unknown_s = statistics.median(said) if said else unknown_s

    def remaining_s(self, task: Task) -> float:
        """Seconds on all its slots; never 0."""
        if task.done_share >= LEAST_DONE and task.attained_s > 0:
            left = task.attained_s * (1 / min(task.done_share, 1) - 1)
            return max(left, 1e-3)
        whole = task.estimate_s if task.estimate_s is not None else self._unknown_s
        # One that is over its estimate is taken to be half way: as long again as it has run.
        return max(whole - task.attained_s, task.attained_s, 1e-3)

    def service(self, task: Task) -> float:
        """Core-seconds that are left."""
        return self.remaining_s(task) * task.wants.cores
