"""What is known of a rollout at a look, and what was done about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from workbench.core.viewers import Viewable
from workbench.evaluation.sequential import SequentialTest
from workbench.finetuning.rollout.outcomes import ArmCounts

Decision = Literal["go on", "promoted", "rolled back", "waits for the gate", "given up", "stopped"]


@dataclass(frozen=True)
class CanaryState(Viewable):
    """A rollout: who is tried against whom on what share, and how it stands.

    ``difference`` is that of the outcomes (-1 to 1), candidate less champion, over ``units`` whose
    time is over; None while there are none. ``champion_arm`` and ``candidate_arm`` count all
    requests so far. ``artifact`` is the sha256 of this state where it was kept as evidence.
    """

    name: str
    identity: str
    champion: str
    candidate: str
    share: float
    sticky: str
    started_s: float
    decision: Decision
    reason: str
    units: int
    champion_arm: ArmCounts
    candidate_arm: ArmCounts
    difference: SequentialTest | None
    gate: str | None
    artifact: str | None = None

    @property
    def is_over(self) -> bool:
        """Whether the trial has ended."""
        return self.decision not in ("go on", "waits for the gate")
