"""The order in which training jobs have the slots, put together from published policies.

First those whose patience is at its end (``aging``), in the order in which they came. Then by
priority; then those of teams that are not over their fair share (``dominant_shares``); then those
whose deadline presses (``earliest_deadline``); then those with the least service left
(``remaining_service``). One that does not fit is promised a time, and what does not delay it passes
(``easy_backfill``); or a less urgent one gives way (``giving_way``). A job has all its slots or
none.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from workbench.finetuning.scheduling.aging import Aging
from workbench.finetuning.scheduling.dominant_shares import DominantShares
from workbench.finetuning.scheduling.earliest_deadline import EarliestDeadline
from workbench.finetuning.scheduling.easy_backfill import Promise, promise
from workbench.finetuning.scheduling.giving_way import GivingWay, Standing
from workbench.finetuning.scheduling.remaining_service import RemainingService
from workbench.finetuning.scheduling.tasks import Decision, Slots, Stint, Task, free_of


@dataclass(frozen=True)
class ShortestFirst:
    """The policy of the training queue; see the module.

    Attributes:
        patience_s: How long a job may be passed by others; see ``Aging``.
        restart_s: What stopping a job and beginning it again costs.
        quantum_s: A job that has just begun is left alone so long.
        gain: One gives way to a job of the same priority only if it has so many times its service
            left.
        margin: See ``EarliestDeadline``.
        half_life_s: See ``DominantShares``.
        slack: See there.
        weights: Of teams.
        unknown_s: See ``RemainingService``.
        backfills: Whether others may pass one that does not fit.
    """

    patience_s: float = 4 * 3600.0
    restart_s: float = 30.0
    quantum_s: float = 120.0
    gain: float = 3.0
    margin: float = 1.5
    half_life_s: float = 24 * 3600.0
    slack: float = 1.5
    weights: Mapping[str, float] = field(default_factory=dict)
    unknown_s: float = 1800.0
    backfills: bool = True

    def decide(
        self, slots: Slots, tasks: Sequence[Task], stints: Sequence[Stint], now_s: float
    ) -> list[Decision]:
        """See ``tasks.Policy``."""
        return _Look(self, slots, tasks, stints, now_s).decide()


class _Look:
    """One look at everything."""

    def __init__(
        self,
        policy: ShortestFirst,
        slots: Slots,
        tasks: Sequence[Task],
        stints: Sequence[Stint],
        now_s: float,
    ) -> None:
        self.policy, self.slots, self.tasks, self.now_s = policy, slots, tasks, now_s
        self.left = RemainingService(tasks, unknown_s=policy.unknown_s)
        self.aging = Aging(policy.patience_s)
        self.deadlines = EarliestDeadline(policy.margin)
        shares = DominantShares(policy.half_life_s, policy.slack, policy.weights)
        self.over = shares.find_over(tasks, stints, now_s)
        self.giving_way = GivingWay(policy.gain, policy.restart_s, policy.quantum_s)
        self.free = free_of(slots, tasks)
        self.promise: Promise | None = None
        self.decisions: dict[int, Decision] = {}

    def decide(self) -> list[Decision]:
        running = [task for task in self.tasks if task.is_running]
        for task in running:
            reason = "it was asked to give way" if task.gives_way else "it runs"
            self.decisions[task.id] = Decision(task.id, "run", reason)
        waiting = sorted((each for each in self.tasks if not each.is_running), key=self._key)
        ahead: Task | None = None
        for task in waiting:
            self._place(task, running, ahead)
            if self.decisions[task.id].kind == "wait":
                ahead = ahead or task
        return list(self.decisions.values())

    def _key(self, task: Task) -> tuple[float, ...]:
        """The order: smaller goes first."""
        if self.aging.is_aged(task, self.now_s):
            return (0, task.id)
        presses = self._presses(task)
        deadline_s = task.deadline_s if presses and task.deadline_s is not None else math.inf
        over = task.team in self.over
        return (1, -task.priority, over, deadline_s, self.left.service(task), task.id)

    def _presses(self, task: Task) -> bool:
        return self.deadlines.presses(task, self.left.remaining_s(task), self.now_s)

    def _place(self, task: Task, running: Sequence[Task], ahead: Task | None) -> None:
        remaining_s = self.left.remaining_s(task)
        if not self.slots.holds(task.wants):
            self._say(task, "wait", f"it wants {_tell(task.wants)}, the machine has "
                      f"{_tell(self.slots)}")  # fmt: skip
        elif self.promise is None:
            if self.free.holds(task.wants):
                self.free -= task.wants
                self._say(task, "start", self._why_first(task))
            else:
                self._make_room(task, running)
        elif not self.free.holds(task.wants):
            self._say(task, "wait", self._why_behind(task))
        elif self.policy.backfills and self.promise.allows(task, remaining_s, self.now_s):
            self.promise = self.promise.after(task, remaining_s, self.now_s)
            self.free -= task.wants
            self._say(task, "start", f"it does not delay job {self.promise.task.id}, which waits "
                      "for more slots")  # fmt: skip
        else:
            self._say(task, "wait", f"it would delay job {self.promise.task.id}, which is before "
                      "it and waits for more slots")  # fmt: skip

    def _make_room(self, task: Task, running: Sequence[Task]) -> None:
        """For the first that does not fit: by others that give way, or by and by."""
        leaving = [each for each in running if each.gives_way]
        coming = self.free + _sum(leaving)
        if coming.holds(task.wants):
            self._say(task, "wait", f"{_name(leaving)} {_gives(leaving)} way to it")
            self.promise = Promise(task, self.now_s, coming - task.wants)
            return
        staying = [each for each in running if not each.gives_way]
        victims = self.giving_way.choose(
            self._stand(task), [self._stand(each) for each in staying], task.wants, coming,
            self.now_s,
        )  # fmt: skip
        if victims:
            for victim, why in victims:
                self._say(victim, "give way", f"job {task.id} {why}")
            gone = [victim for victim, _ in victims]
            self._say(task, "wait", f"{_name(gone)} {_gives(gone)} way to it")
            self.promise = Promise(task, self.now_s, coming + _sum(gone) - task.wants)
            return
        self.promise = promise(task, self.free, running, self.left.remaining_s, self.now_s)
        in_s = max(0.0, self.promise.at_s - self.now_s)
        self._say(task, "wait", f"it is the next; {_tell(task.wants)} will be free in about "
                  f"{_round(in_s)}")  # fmt: skip

    def _stand(self, task: Task) -> Standing:
        return Standing(
            task,
            aged=self.aging.is_aged(task, self.now_s),
            over=task.team in self.over,
            presses=self._presses(task),
            service=self.left.service(task),
        )

    def _why_first(self, task: Task) -> str:
        if self.aging.is_aged(task, self.now_s):
            return (
                f"it has waited for {_round(task.waited_s(self.now_s))}: nobody passes it any more"
            )
        if self._presses(task):
            return "its deadline presses"
        return "it is the next"

    def _why_behind(self, task: Task) -> str:
        """What keeps a task behind the one that is promised the next slots."""
        assert self.promise is not None
        first = self.promise.task
        name = f"job {first.id}"
        if self.aging.is_aged(first, self.now_s):
            return f"{name} has waited longer than its patience"
        if first.priority != task.priority:
            return f"{name} has priority {first.priority}, this has {task.priority}"
        if task.team in self.over and first.team not in self.over:
            had, fair = self.over[task.team]
            return f"team {task.team} had {had:.0%} of the machine lately, its share is {fair:.0%}"
        if self._presses(first):
            return f"the deadline of {name} presses"
        return f"{name} has less left to do"

    def _say(self, task: Task, kind: str, reason: str) -> None:
        self.decisions[task.id] = Decision(task.id, kind, reason)  # type: ignore[arg-type]


def _sum(tasks: Sequence[Task]) -> Slots:
    return sum((each.wants for each in tasks), Slots(0, 0))


def _name(tasks: Sequence[Task]) -> str:
    ids = ", ".join(str(each.id) for each in tasks)
    return f"job{'s' * (len(tasks) != 1)} {ids}"


def _gives(tasks: Sequence[Task]) -> str:
    return "gives" if len(tasks) == 1 else "give"


def _tell(wants: Slots) -> str:
    return f"{wants.cores} core{'s' * (wants.cores != 1)} and {wants.memory_mb} MB"


def _round(seconds: float) -> str:
    """A duration in one coarse unit, so that a reason is not news at every look."""
    for unit, name in ((3600.0, "h"), (60.0, "min")):
        if seconds >= 2 * unit:
            return f"{round(seconds / unit)} {name}"
    return "a minute or two" if seconds >= 30 else "less than a minute"
