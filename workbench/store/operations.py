"""What a user can ask of the store: its jobs, its ledger and its artifacts."""

from __future__ import annotations

from typing import Any

from workbench.core.errors import InputError
from workbench.core.operations import operation

from .artifacts import Artifact, Artifacts, Verification
from .jobs import Job, JobQueue, State
from .ledger import Entry, Ledger, LedgerCheck
from .schedules import Schedule, Schedules
from .worker import Worker, WorkReport


@operation("store.jobs", title="List the jobs", produces="jobs")
def list_jobs(*, state: State | None = None, limit: int = 50) -> tuple[Job, ...]:
    """List jobs, the newest first.

    Args:
        state: Only those that are queued, running, succeeded, failed or cancelled.
        limit: At most so many.
    """
    return JobQueue().list(state=state, limit=limit)


@operation("store.job", title="Show a job", produces="job")
def show_job(job: int) -> Job:
    """Show one job with its progress, its result or what went wrong.

    Args:
        job: Its id.
    """
    return JobQueue().get(job)


@operation("store.submit", title="Submit a job", produces="job")
def submit(
    name: str,
    params: dict[str, Any] | None = None,
    *,
    priority: int = 0,
    max_attempts: int = 3,
    idempotency_key: str | None = None,
    needs: list[int] | None = None,
) -> Job:
    """Queue an operation; a worker runs it.

    Args:
        name: The operation, e.g. models.pull.
        params: Its parameters, as a JSON object.
        priority: Larger goes first.
        max_attempts: How often it may be started before it counts as failed.
        idempotency_key: A second call with this key returns the first call's job.
        needs: Ids of jobs that must succeed first.
    """
    _refuse_worker(name)
    return JobQueue().enqueue(
        name,
        params,
        priority=priority,
        max_attempts=max_attempts,
        idempotency_key=idempotency_key,
        needs=needs or (),
    )


def _refuse_worker(name: str) -> None:
    """A worker inside a worker waits for jobs that only it could take."""
    if name == "store.work":
        raise InputError("a worker cannot be a job", hint="workbench store work --drain")


@operation("store.schedule", title="Submit a job again and again", produces="schedule")
def schedule(
    name: str, operation: str, params: dict[str, Any] | None = None, *, cron: str
) -> Schedule:
    """Queue an operation at the times of a cron line, as long as some worker runs.

    What came due while none ran is queued once. A schedule of the same name is replaced.

    Args:
        name: What the schedule is called.
        operation: Its name, e.g. monitoring.report.
        params: Its parameters, as a JSON object.
        cron: Five fields in UTC (minute, hour, day, month, weekday), such as "0 3 * * *".
    """
    _refuse_worker(operation)
    return Schedules().put(name, operation, params, cron=cron)


@operation("store.schedules", title="List the schedules", produces="schedules")
def list_schedules() -> tuple[Schedule, ...]:
    """List what is submitted again and again, with the job that each submitted last."""
    return Schedules().list()


@operation("store.unschedule", title="End a schedule", produces="schedule")
def unschedule(name: str) -> Schedule:
    """Submit it no more; jobs that were submitted stay.

    Args:
        name: Of the schedule.
    """
    return Schedules().remove(name)


@operation("store.cancel", title="Cancel a job", produces="job")
def cancel(job: int) -> Job:
    """Stop a job: a queued one at once, a running one when it next looks.

    Args:
        job: Its id.
    """
    return JobQueue().cancel(job)


@operation("store.retry", title="Retry a job", produces="job")
def retry(job: int) -> Job:
    """Queue a failed or cancelled job again.

    Args:
        job: Its id.
    """
    return JobQueue().retry(job)


@operation("store.work", title="Run a worker", produces="work-report")
def work(*, drain: bool = False, max_jobs: int | None = None, poll_s: float = 0.5) -> WorkReport:
    """Run jobs one at a time, until the worker is stopped.

    Args:
        drain: Stop when nothing is left to do.
        max_jobs: Stop after so many attempts.
        poll_s: How long to wait when nothing is due.
    """
    return Worker(poll_s=poll_s).run(drain=drain, max_jobs=max_jobs)


@operation("store.ledger", title="Show the audit ledger", produces="ledger-entries")
def show_ledger(
    *, action: str | None = None, subject: str | None = None, limit: int = 50
) -> tuple[Entry, ...]:
    """Show who did what, the newest first.

    Args:
        action: Only entries of this action.
        subject: Only entries on this subject.
        limit: At most so many.
    """
    return Ledger().entries(action=action, subject=subject, limit=limit)


@operation("store.verify_ledger", title="Verify the audit ledger", produces="ledger-check")
def verify_ledger() -> LedgerCheck:
    """Walk the ledger's chain and name the first entry that is not as it was written."""
    return Ledger().verify()


@operation("store.artifacts", title="List the artifacts", produces="artifacts")
def list_artifacts() -> tuple[Artifact, ...]:
    """List the blobs with their sizes; they are not read."""
    return Artifacts().list()


@operation("store.verify", title="Verify the artifacts", produces="verification")
def verify() -> Verification:
    """Read every blob, and move aside those that do not match their sha256."""
    return Artifacts().verify_all()
