"""What is done when a process is lost: all begin again from the last checkpoint, or fewer do.

So many times in a row as the plan says, all are started again. Comes no new checkpoint of it, one
of them is gone for good: the run goes on with as many as are left, down to ``Plan.least``. From
time to time it tries with all of them again.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from workbench.finetuning.distributed.plan import Plan

GROW_AFTER = 3  # checkpoints with fewer processes, before all are tried; twice as many each time


class Recovery:
    """The plan by which a run goes on, as processes are lost.

    Args:
        plan: As it was asked for.
        fits: Whether the model can be shared by a plan.
    """

    def __init__(self, plan: Plan, fits: Callable[[Plan], bool]) -> None:
        self.whole = self.plan = plan
        self._fits = fits
        self._tries = self._saved = 0
        self._patience, self._is_trial = GROW_AFTER, False

    def note_checkpoint(self) -> None:
        """There is a new one: what was lost before is made good."""
        self._tries, self._is_trial = 0, False
        self._saved += 1

    def lose(self, room: int | None = None) -> Plan | None:
        """A process was lost: the plan to go on with; None if the run has to end.

        Args:
            room: For so many there is room, if that is known: no more are tried.
        """
        if room is not None and room < self.plan.processes:
            self._patience *= 2 if self._is_trial else 1
            self._is_trial = False
            return self._shrink(room)
        if self._is_trial:  # as before: nothing is known of it but that it does not go
            self._is_trial = False
            self._patience *= 2
            return self._shrink()
        self._tries += 1
        return self.plan if self._tries <= self.whole.restarts else self._shrink()

    @property
    def wants_all(self) -> bool:
        """Whether it is time to try with all processes again."""
        return self.plan.processes < self.whole.processes and self._saved >= self._patience

    @property
    def missing(self) -> int:
        """How many processes there are fewer than were asked for."""
        return self.whole.processes - self.plan.processes

    def grow(self) -> Plan:
        """All of them again."""
        self.plan, self._is_trial, self._tries, self._saved = self.whole, True, 0, 0
        return self.plan

    def _shrink(self, most: int | None = None) -> Plan | None:
        least = self.whole.processes if self.whole.least is None else self.whole.least
        most = self.plan.processes - 1 if most is None else most
        for count in range(most, least - 1, -1):
            if count % self.whole.tensor or (count == 1 and self.whole.strategy == "pp"):
                continue
            fewer = dataclasses.replace(self.whole, processes=count, threads=None)
            if self._fits(fewer):
                self.plan, self._tries, self._saved = fewer, 0, 0
                return fewer
        return None
