"""A job as a row: its states, and the changes from one to another inside a transaction."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Any, Literal, get_args

from workbench.core.viewers import Viewable

from .database import Database
from .documents import dump_document, load_document

State = Literal["queued", "running", "succeeded", "failed", "cancelled"]
STATES: tuple[State, ...] = get_args(State)
FINISHED: tuple[State, ...] = ("succeeded", "failed", "cancelled")


@dataclass(frozen=True)
class Job(Viewable):
    """One job as it stands. Times are Unix times; ``error`` has code, message and hint.

    ``lane`` and ``demand`` are for the lane's own scheduler (see ``lanes``); ``give_way`` says why
    a running job was asked to go back into the queue.
    """

    id: int
    operation: str
    params: dict[str, Any]
    state: State
    priority: int
    run_after_s: float
    max_attempts: int
    attempts: int
    lost_workers: int
    idempotency_key: str | None
    needs: tuple[int, ...]
    worker: str | None
    cancel_requested: bool
    progress: dict[str, Any] | None
    result: Any
    error: dict[str, Any] | None
    created_s: float
    started_s: float | None
    finished_s: float | None
    lane: str | None = None
    demand: dict[str, Any] | None = None
    give_way: str | None = None


@dataclass(frozen=True)
class Lease:
    """The right to run one job until ``until_s``, unless it is renewed."""

    job_id: int
    token: int
    worker: str
    operation: str
    params: dict[str, Any]
    attempt: int
    until_s: float


# Queued, with all that it needs; it may still be too early for it.
READY = """
state = 'queued' AND NOT EXISTS (
    SELECT 1 FROM job_needs JOIN jobs AS needed ON needed.id = job_needs.needs_id
    WHERE job_needs.job_id = jobs.id AND needed.state <> 'succeeded'
)
"""


def read_job(database: Database, row: sqlite3.Row) -> Job:
    """A row of the table as a job."""
    needs = database.read(
        "SELECT needs_id FROM job_needs WHERE job_id = ? ORDER BY needs_id", (row["id"],)
    )
    values = {name: row[name] for name in Job.__dataclass_fields__ if name != "needs"}
    for name in ("params", "progress", "result", "error", "demand"):
        values[name] = load_document(values[name])
    values["cancel_requested"] = bool(values["cancel_requested"])
    return Job(needs=tuple(need["needs_id"] for need in needs), **values)


def finish(
    connection: sqlite3.Connection,
    job_id: int,
    state: State,
    *,
    now_s: float,
    result: str | None = None,
    error: str | None = None,
) -> None:
    """End a job for good, and with it those that needed it to succeed."""
    connection.execute(
        "UPDATE jobs SET state = ?, result = ?, error = ?, finished_s = ?, lease_until_s = NULL"
        " WHERE id = ?",
        (state, result, error, now_s, job_id),
    )
    if state != "succeeded":
        cancel_dependants(connection, job_id, now_s=now_s)


def cancel_dependants(connection: sqlite3.Connection, job_id: int, *, now_s: float) -> None:
    """Cancel the queued jobs that need one which will not succeed, also through others."""
    rows = connection.execute(
        "WITH RECURSIVE waiting (id) AS (SELECT job_id FROM job_needs WHERE needs_id = ? UNION "
        "SELECT n.job_id FROM job_needs n JOIN waiting w ON n.needs_id = w.id) "
        "SELECT id FROM waiting",
        (job_id,),
    ).fetchall()
    reason = said("needed-job", f"job {job_id}, which it needs, did not succeed")
    connection.executemany(
        "UPDATE jobs SET state = 'cancelled', error = ?, finished_s = ? "
        "WHERE id = ? AND state = 'queued'",
        [(reason, now_s, row["id"]) for row in rows],
    )


def requeue(
    connection: sqlite3.Connection, job_id: int, *, due_s: float, error: str | None = None
) -> None:
    """Put a running job back into the queue."""
    connection.execute(
        "UPDATE jobs SET state = 'queued', run_after_s = ?, error = ?, lease_until_s = NULL, "
        "worker = NULL, give_way = NULL WHERE id = ?",
        (due_s, error, job_id),
    )


def said(code: str, message: str) -> str:
    """A reason as it is stored in a job's ``error``."""
    return dump_document({"code": code, "message": message, "hint": None}, what="error")
