"""What a policy sees: jobs that wait or run, the machine's slots, and what it says of each job."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

Kind = Literal["start", "run", "wait", "give way"]


@dataclass(frozen=True)
class Slots:
    """What there is of the machine, or is free of it, or a job wants."""

    cores: int
    memory_mb: int

    def holds(self, other: Slots) -> bool:
        """Whether all of that finds room here."""
        return other.cores <= self.cores and other.memory_mb <= self.memory_mb

    def __add__(self, other: Slots) -> Slots:
        return Slots(self.cores + other.cores, self.memory_mb + other.memory_mb)

    def __sub__(self, other: Slots) -> Slots:
        return Slots(self.cores - other.cores, self.memory_mb - other.memory_mb)


@dataclass(frozen=True)
class Task:
    """A job as a policy sees it. Times are seconds on one clock.

    Attributes:
        id: Of the job; a smaller one came earlier.
        wants: All of its processes together: they begin at once or not at all.
        priority: Larger goes first.
        team: Whose it is, for the fair share.
        arrived_s: When it came.
        estimate_s: How long it takes in all, as its user says.
        deadline_s: When it should be done.
        attained_s: How long it has run, in all its attempts.
        done_share: How much of it is done, in [0, 1], as far as it says so.
        begun_s: When its current attempt began; None while it waits.
        gives_way: It runs, and was asked to stop.
    """

    id: int
    wants: Slots
    priority: int = 0
    team: str = ""
    arrived_s: float = 0.0
    estimate_s: float | None = None
    deadline_s: float | None = None
    attained_s: float = 0.0
    done_share: float = 0.0
    begun_s: float | None = None
    gives_way: bool = False

    @property
    def is_running(self) -> bool:
        """Whether it has its slots."""
        return self.begun_s is not None

    def waited_s(self, now_s: float) -> float:
        """How long it has waited, in all its pieces."""
        return max(0.0, now_s - self.arrived_s - self.attained_s)


@dataclass(frozen=True)
class Stint:
    """A time that a team's job had of the machine.

    ``share`` is its largest share of any resource of the machine.
    """

    team: str
    share: float
    from_s: float
    to_s: float


@dataclass(frozen=True)
class Decision:
    """What becomes of a task now, and why, in a sentence."""

    task_id: int
    kind: Kind
    reason: str


class Policy(Protocol):
    """Decides of all tasks at once; it keeps no state of its own."""

    def decide(
        self, slots: Slots, tasks: Sequence[Task], stints: Sequence[Stint], now_s: float
    ) -> list[Decision]:
        """One decision a task.

        Args:
            slots: The whole machine.
            tasks: What waits and what runs.
            stints: What teams had of it lately.
            now_s: The time.
        """
        ...


def free_of(slots: Slots, tasks: Sequence[Task]) -> Slots:
    """What nobody has."""
    for task in tasks:
        if task.is_running:
            slots -= task.wants
    return slots


def share_of(wants: Slots, slots: Slots) -> float:
    """The largest share of any resource: the dominant share."""
    return max(wants.cores / slots.cores, wants.memory_mb / slots.memory_mb)
