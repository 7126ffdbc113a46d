"""How jobs and the ledger look in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from workbench.cli.drawing import format_bytes, format_time, print_table
from workbench.cli.outline import in_one_line, print_outline
from workbench.core.plain import to_plain

if TYPE_CHECKING:
    from workbench.store.artifacts import Artifact
    from workbench.store.job_rows import Job
    from workbench.store.ledger import Entry
    from workbench.store.schedules import Schedule


def show_jobs(jobs: tuple[Job, ...]) -> None:
    """A line a job, the newest first: what it does, how far it is, or what went wrong."""
    if not jobs:
        click.echo('no job; try: workbench store submit models.pull \'{"name": "smollm2-135m"}\'')
        return
    cells = [
        [job.id, job.operation, _state(job), format_time(job.created_s), _said(job)] for job in jobs
    ]
    print_table(["job", "operation", "state", "submitted", ""], cells)


def show_job(job: Job) -> None:
    """All of one job that says something."""
    told: dict[str, Any] = {
        "job": job.id,
        "operation": job.operation,
        "params": job.params,
        "state": _state(job),
        "submitted": format_time(job.created_s),
        "not before": format_time(job.run_after_s),
        "started": format_time(job.started_s),
        "ended": format_time(job.finished_s),
        "attempts": f"{job.attempts} of {job.max_attempts}" if job.attempts else "",
        "priority": job.priority or "",
        "needs": list(job.needs),
        "worker": job.worker,
        "progress": job.progress and _progress(job.progress),
        "error": job.error,
        "result": job.result,
    }
    print_outline(to_plain({name: value for name, value in told.items() if value not in _NOTHING}))


show_submit = show_cancel = show_retry = show_job

_NOTHING: tuple[Any, ...] = (None, "", [], {})


def show_schedules(schedules: tuple[Schedule, ...]) -> None:
    """A line a schedule: when it comes next, and the job that it submitted last."""
    if not schedules:
        click.echo("nothing is submitted again and again")
        return
    cells = [
        [
            each.name,
            each.operation,
            each.cron,
            format_time(each.next_s),
            each.job or "",
            each.trouble,
        ]
        for each in schedules
    ]
    print_table(["schedule", "operation", "cron (UTC)", "next", "last job", ""], cells)


def show_schedule(schedule: Schedule) -> None:
    """What was made of it, and who does it."""
    show_schedules((schedule,))
    click.echo("a worker submits it when it is due: workbench store work", err=True)


def show_unschedule(schedule: Schedule) -> None:
    """That it is over."""
    click.echo(f"{schedule.name} is submitted no more; jobs that it submitted stay")


def show_ledger(entries: tuple[Entry, ...]) -> None:
    """A line an entry, the newest first."""
    if not entries:
        click.echo("the ledger is empty")
        return
    cells = [
        [e.number, e.time[:19].replace("T", " "), e.actor, e.action, e.subject, _pairs(e.data)]
        for e in entries
    ]
    print_table(["entry", "time (UTC)", "actor", "action", "subject", "data"], cells)


def show_artifacts(artifacts: tuple[Artifact, ...]) -> None:
    """A line a blob; its file is named by its sha256."""
    cells = [[artifact.sha256, format_bytes(artifact.size_bytes)] for artifact in artifacts]
    print_table(["sha256", "size"], cells)


def _state(job: Job) -> str:
    return "stopping" if job.cancel_requested and job.state == "running" else job.state


def _said(job: Job) -> str:
    """What is worth knowing of a job: its error, how far it is, or what it was given."""
    if job.error:
        return str(job.error.get("message", ""))
    if job.state == "running" and job.progress:
        return _progress(job.progress)
    return _pairs(job.params)


def _progress(told: dict[str, Any]) -> str:
    done, total = told.get("done") or 0, told.get("total")
    label = f"{told.get('label', '')} {told.get('message') or ''}".strip()
    if told.get("unit") == "bytes":
        amount = format_bytes(done) + (f" of {format_bytes(total)}" if total else "")
    else:
        amount = f"{done:g}" + (f" of {total:g}" if total else "") + f" {told.get('unit', '')}"
    return f"{label}: {amount}".strip()


def _pairs(data: Any) -> str:
    plain = to_plain(data)
    said = in_one_line(plain, longest=None)
    return str(plain) if said is None else said
