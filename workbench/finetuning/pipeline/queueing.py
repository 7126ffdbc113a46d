"""Pipelines on the job queue: one job a pipeline, put there by hand or when it is due."""

from __future__ import annotations

import time

from workbench.core.cancellation import check_cancelled
from workbench.finetuning.pipeline.definition import find_pipeline, list_pipelines
from workbench.finetuning.pipeline.triggers import look_whether_due
from workbench.store.jobs import FINISHED, Job, JobQueue

OPERATION = "finetuning.pipeline_once"
_PRIORITY = -10  # whatever else is on the queue is short beside a training
_ATTEMPTS = 100  # a run goes on where it was: each attempt is a piece of the same work
_LOOK_S = 0.2


def enqueue(name: str, *, because: str) -> Job:
    """Put a pipeline on the queue; one that stands there already is that job.

    Raises:
        NotFoundError: There is no such pipeline.
    """
    find_pipeline(name)
    if there := open_jobs(name):
        return there[0]
    params = {"name": name, "because": because}
    return JobQueue().enqueue(OPERATION, params, priority=_PRIORITY, max_attempts=_ATTEMPTS)


def open_jobs(name: str) -> list[Job]:
    """The jobs of a pipeline that have not ended."""
    return [
        job
        for job in JobQueue().list(limit=1000)
        if job.operation == OPERATION
        and job.params.get("name") == name
        and job.state not in FINISHED
    ]


def watch_pipelines(*, every_s: float, looks: int | None = None) -> list[Job]:
    """Put pipelines on the queue when they are due, until cancelled or after so many looks."""
    given: dict[int, Job] = {}
    looked = 0
    while looks is None or looked < looks:
        for pipeline in list_pipelines():
            found = look_whether_due(pipeline)
            if found.is_due:
                job = enqueue(pipeline.name, because=found.because)
                given[job.id] = job
        looked += 1
        end_s = time.monotonic() + every_s
        while (looks is None or looked < looks) and time.monotonic() < end_s:
            check_cancelled()
            time.sleep(_LOOK_S)
    return list(given.values())
