"""What a user can ask of the training queue."""

from __future__ import annotations

import getpass
import os
from dataclasses import asdict, dataclass
from typing import Annotated, Any

import annotated_types as limits

from workbench.core.errors import InputError, NotFoundError
from workbench.core.operations import operation
from workbench.finetuning.scheduling.dispatching import Dispatched, Dispatcher
from workbench.store.jobs import Job, JobQueue
from workbench.store.lanes import Lane, Told

_ATTEMPTS = 100  # a run goes on where it was: each attempt is a piece of the same work
_MEMORY_SHARE = 0.8

Cores = Annotated[int, limits.Ge(1)]
Positive = Annotated[float, limits.Gt(0)]


@dataclass(frozen=True)
class Row:
    """A job of the queue as it is listed; ``why`` is what was decided of it last."""

    job: int
    state: str
    operation: str
    team: str
    priority: int
    cores: int
    memory_mb: int
    waited_s: float
    progress: dict[str, Any] | None
    why: str


@dataclass(frozen=True)
class Explanation:
    """A job, and all that was decided of it, the first first."""

    job: Job
    decisions: tuple[Told, ...]


@operation("finetuning.queue_submit", title="Put a training on the queue", group="queue")
def submit(
    params: dict[str, Any],
    *,
    name: str = "finetuning.run",
    cores: Cores | None = None,
    memory_mb: Annotated[int, limits.Ge(1)] = 1024,
    priority: int = 0,
    team: str | None = None,
    estimate_s: Positive | None = None,
    deadline_in_s: Positive | None = None,
    idempotency_key: str | None = None,
    needs: list[int] | None = None,
) -> Job:
    """Put a training on the queue; `workbench finetuning queue run` runs it when its turn comes.

    All that it wants is given at once, or it waits. It may be stopped for a more urgent one, with a
    checkpoint, and goes on from there.

    Args:
        params: Of the operation, as a JSON object, e.g. '{"model": "smollm2-135m", "data": "f"}'.
        name: The operation: finetuning.run, finetuning.prefer, or another that can be stopped
            and goes on.
        cores: For all of its processes together; by default one each.
        memory_mb: What it needs. It is counted, not enforced.
        priority: Larger goes first, until another has waited for too long.
        team: For whose share of the machine it counts; by default the user's name.
        estimate_s: How long it takes, as far as you know; a progress corrects it later.
        deadline_in_s: In how many seconds it should be done.
        idempotency_key: A second call with this key returns the first call's job.
        needs: Ids of jobs that must succeed first.
    """
    from workbench.finetuning.scheduling.demand import LANE, Demand, choose_cores

    if name in ("store.work", "finetuning.queue_run"):
        raise InputError("a worker cannot be a job", hint="workbench finetuning queue run")
    queue = JobQueue()
    demand = Demand(
        choose_cores(params, cores),
        memory_mb,
        team or getpass.getuser(),
        estimate_s,
        None if deadline_in_s is None else queue.clock() + deadline_in_s,
    )
    return queue.enqueue(
        name,
        params,
        priority=priority,
        max_attempts=_ATTEMPTS,
        idempotency_key=idempotency_key,
        needs=needs or (),
        lane=LANE,
        demand=asdict(demand),
    )


@operation("finetuning.queue_list", title="Show the training queue", group="queue")
def list_jobs() -> list[Row]:
    """Show what runs and what waits, and why; in the order in which it came."""
    from workbench.finetuning.scheduling.demand import read_demand

    lane = _lane()
    now_s, attempts = lane.queue.clock(), lane.attempts(since_s=lane.queue.clock())
    rows, last = [], lane.last()
    for job in lane.open_jobs():
        demand = read_demand(job.demand)
        ran_s = sum((a.ended_s or now_s) - a.started_s for a in attempts.get(job.id, ()))
        _, why = last.get(job.id, ("", "nobody runs the queue: workbench finetuning queue run"))
        rows.append(
            Row(
                job.id, job.state, job.operation, demand.team, job.priority, demand.cores,
                demand.memory_mb, max(0.0, now_s - job.created_s - ran_s), job.progress, why,
            )
        )  # fmt: skip
    return rows


@operation("finetuning.queue_explain", title="Say why a training waits", group="queue")
def explain(job: int) -> Explanation:
    """Show all that was decided of a job: why it waited, began or gave way, and when.

    Args:
        job: Its id.
    """
    return Explanation(_find(job), _lane().told(job))


@operation("finetuning.queue_cancel", title="Take a training off the queue", group="queue")
def cancel(job: int) -> Job:
    """Stop a job of the queue for good: a waiting one at once, a running one after its step.

    Its checkpoint stays: the same run goes on from it if it is asked for again.

    Args:
        job: Its id.
    """
    _find(job)
    return JobQueue().cancel(job)


@operation("finetuning.queue_run", title="Run the training queue", group="queue")
def run(
    *,
    cores: Cores | None = None,
    memory_mb: Annotated[int, limits.Ge(1)] | None = None,
    drain: bool = False,
    patience_s: Positive = 4 * 3600.0,
    restart_s: Annotated[float, limits.Ge(0)] = 30.0,
    quantum_s: Annotated[float, limits.Ge(0)] = 120.0,
    weights: dict[str, float] | None = None,
    look_s: Annotated[float, limits.Ge(0.02)] = 0.5,
) -> Dispatched:
    """Run the jobs of the training queue on this machine, until stopped; one at a time does it.

    First goes what has waited for longer than the patience, then a higher priority, a team that is
    not over its share, a deadline that presses, and the least that is left to do.

    Args:
        cores: What jobs may have in all; by default those of the machine.
        memory_mb: The same of the memory; by default four fifths of it.
        drain: Stop when the queue is empty.
        patience_s: How long a job may be passed by others.
        restart_s: What it costs to stop a job and to begin it again.
        quantum_s: A job that has just begun is left alone so long.
        weights: Of teams, as a JSON object; 1 where nothing is said.
        look_s: How often to look.
    """
    import psutil

    from workbench.finetuning.scheduling.policy import ShortestFirst
    from workbench.finetuning.scheduling.tasks import Slots

    if any(weight <= 0 for weight in (weights or {}).values()):
        raise InputError("a team's weight is not above 0", hint="--weights '{\"red\": 2}'")
    whole_mb = int(_MEMORY_SHARE * psutil.virtual_memory().total / (1 << 20))
    slots = Slots(cores or os.cpu_count() or 1, memory_mb or whole_mb)
    policy = ShortestFirst(
        patience_s=patience_s, restart_s=restart_s, quantum_s=quantum_s, weights=weights or {}
    )
    return Dispatcher(slots, policy, look_s=look_s).run(drain=drain)


def _lane() -> Lane:
    from workbench.finetuning.scheduling.demand import LANE

    return Lane(JobQueue(), LANE)


def _find(job: int) -> Job:
    found = JobQueue().get(job)
    if found.lane != _lane().name:
        raise NotFoundError(
            f"job {job} is not of the training queue", hint="workbench finetuning queue list"
        )
    return found
