"""The queue as a policy sees it: its jobs as tasks, and what teams have had of the machine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from workbench.finetuning.scheduling.demand import read_demand
from workbench.finetuning.scheduling.tasks import Decision, Slots, Stint, Task, share_of
from workbench.store.jobs import Job
from workbench.store.lanes import Attempt, Lane


@dataclass(frozen=True)
class Seen:
    """Tasks that may run, stints of all, and what is said of jobs that may not run yet."""

    tasks: tuple[Task, ...]
    stints: tuple[Stint, ...]
    held_back: tuple[Decision, ...]


def see(
    lane: Lane, slots: Slots, *, begun: Mapping[int, float], now_s: float, since_s: float
) -> Seen:
    """Look at the queue.

    Args:
        lane: Whose jobs.
        slots: The machine.
        begun: Jobs whose processes were started and have not ended, by the time: they have their
            slots, whether they have said so yet or not.
        now_s: Unix time.
        since_s: What ended before is left out of the stints.
    """
    tasks, stints, held_back = [], [], []
    attempts = lane.attempts(since_s=since_s)
    for job in lane.open_jobs():
        task = _as_task(job, attempts.get(job.id, ()), begun.get(job.id), now_s)
        why = None if task.is_running else _why_not_yet(lane, job, now_s)
        if why is None:
            tasks.append(task)
        else:
            held_back.append(Decision(job.id, "wait", why))
    for made in attempts.values():
        demand = read_demand(made[0].demand)
        share = share_of(demand.slots, slots)
        stints += [
            Stint(demand.team, share, each.started_s, each.ended_s or now_s) for each in made
        ]
    return Seen(tuple(tasks), tuple(stints), tuple(held_back))


def _as_task(job: Job, attempts: tuple[Attempt, ...], begun_s: float | None, now_s: float) -> Task:
    demand = read_demand(job.demand)
    if begun_s is None and job.state == "running":
        begun_s = job.started_s  # by a process of a scheduler that is gone; its slots are taken
    return Task(
        id=job.id,
        wants=demand.slots,
        priority=job.priority,
        team=demand.team,
        arrived_s=job.created_s,
        estimate_s=demand.estimate_s,
        deadline_s=demand.deadline_s,
        attained_s=sum((each.ended_s or now_s) - each.started_s for each in attempts),
        done_share=_done_share(job),
        begun_s=begun_s,
        gives_way=job.give_way is not None,
    )


def _done_share(job: Job) -> float:
    """Of the training alone: a model that is read says nothing of it."""
    said = job.progress or {}
    if said.get("label") != "training" or not said.get("total"):
        return 0.0
    return min(1.0, float(said["done"]) / float(said["total"]))


def _why_not_yet(lane: Lane, job: Job, now_s: float) -> str | None:
    for needed in job.needs:
        if (state := lane.queue.get(needed).state) != "succeeded":
            return f"it needs job {needed}, which is {state}"
    if job.run_after_s > now_s:
        return "its last attempt failed, and the next one is not due yet"
    return None
