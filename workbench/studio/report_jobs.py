"""Reports that are run from the home page: one job a notebook, found again by every window."""

from __future__ import annotations

from pathlib import Path

from workbench.store.job_rows import FINISHED, Job
from workbench.studio.links import find_project
from workbench.studio.notebook_results import database_files
from workbench.studio.run_history import copy_of, reports_folder

OPERATION = "reports.run"
_LOOKED_AT = 200  # of the newest jobs; those that wait or run are all looked at


def report_jobs() -> dict[Path, Job]:
    """By the notebook's file the job that runs it alone: the open one, or else the newest."""
    if not database_files()[0].exists():  # nothing was ever submitted: make no store for it
        return {}
    from workbench.store import JobQueue

    queue = JobQueue()
    found: dict[Path, Job] = {}
    opened = [*queue.list(state="running"), *queue.list(state="queued", limit=1000)]
    for job in (*opened, *queue.list(limit=_LOOKED_AT)):
        notebooks = job.params.get("notebooks") if job.operation == OPERATION else None
        if isinstance(notebooks, list) and len(notebooks) == 1:
            found.setdefault(Path(notebooks[0]), job)
    return found


def job_of(path: str, jobs: dict[Path, Job]) -> Job | None:
    """The job of a notebook (its path below the project) or of the reader's copy of it."""
    project = find_project()
    places = (path, copy_of(path, project))
    own = [jobs[project / each] for each in places if each and project / each in jobs]
    return max(own, key=lambda job: (job.state not in FINISHED, job.id), default=None)


def queue_report(path: str) -> tuple[Job, bool]:
    """Queue the run of a notebook, of the reader's copy where there is one.

    Returns:
        The job, and whether it is new: while one waits or runs no other is made.

    Raises:
        WorkbenchError: The store cannot be written.
    """
    from workbench.store import JobQueue

    jobs = report_jobs()
    known = job_of(path, jobs)
    if known is not None and known.state not in FINISHED:
        return known, False
    project = find_project()
    file = project / (copy_of(path, project) or path)
    params = {"notebooks": [str(file)], "out": str(reports_folder())}
    before = jobs[file].id if file in jobs else 0
    while True:
        # Two windows that are pressed at once give one key, and so one job.
        key = f"report of {file} in {reports_folder()} after job {before}"
        # Once: whether a notebook that broke is tried again is for people to decide.
        job = JobQueue().enqueue(OPERATION, params, max_attempts=1, idempotency_key=key)
        if job.state not in FINISHED:
            return job, True
        before = job.id
