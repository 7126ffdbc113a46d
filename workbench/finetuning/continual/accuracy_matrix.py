"""What a sequence of tasks left behind: the accuracy matrix and the figures read off it.

ACC, BWT, FWT: Lopez-Paz and Ranzato (2017), arXiv:1706.08840, section 2.1. Forgetting: Chaudhry
and others (2018), arXiv:1801.10112, section 3.1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from workbench.core.errors import InputError


@dataclass(frozen=True)
class AccuracyMatrix:
    """Accuracies ``[tasks + 1][tasks]``: row 0 before anything was learnt, row i after task i.

    What was not asked is None: it may only be tasks that were not learnt yet.
    """

    rows: tuple[tuple[float | None, ...], ...]

    def __post_init__(self) -> None:
        count = self.tasks
        if count < 2 or any(len(row) != count for row in self.rows):
            raise InputError(
                "an accuracy matrix has a row more than columns, and two columns or more"
            )
        for number, row in enumerate(self.rows):
            for task, value in enumerate(row):
                if value is None and task >= number:
                    continue
                if value is None or not (math.isfinite(value) and 0 <= value <= 1):
                    raise InputError(
                        f"the accuracy on task {task + 1} after task {number} is {value}",
                        hint="a share from 0 to 1",
                    )

    @property
    def tasks(self) -> int:
        """How many there are."""
        return len(self.rows) - 1

    @property
    def acc(self) -> float:
        """The mean accuracy over all tasks, after the last."""
        return _mean([self._at(self.tasks, task) for task in range(self.tasks)])

    @property
    def bwt(self) -> float:
        """Backward transfer: how tasks changed from when they were learnt to the end."""
        return _mean(
            [
                self._at(self.tasks, task) - self._at(task + 1, task)
                for task in range(self.tasks - 1)
            ]
        )

    @property
    def fwt(self) -> float | None:
        """Forward transfer: what the tasks before gave a task that was not learnt yet.

        None if the next task was not asked before it was learnt.
        """
        gains = []
        for task in range(1, self.tasks):
            before, at_first = self.rows[task][task], self.rows[0][task]
            if before is None or at_first is None:
                return None
            gains.append(before - at_first)
        return _mean(gains)

    @property
    def forgetting(self) -> float:
        """How far tasks lie at the end below their best until then, the last task aside."""
        losses = []
        for task in range(self.tasks - 1):
            best = max(self._at(row, task) for row in range(task + 1, self.tasks))
            losses.append(best - self._at(self.tasks, task))
        return _mean(losses)

    def _at(self, row: int, task: int) -> float:
        value = self.rows[row][task]
        assert value is not None, "what was learnt is always asked"
        return value


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)
