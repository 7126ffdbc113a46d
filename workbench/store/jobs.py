"""The job queue: operations that run later, elsewhere, and outlive the process that asked.

What is guaranteed. A job that ``enqueue`` returned is on the disk. Its completion is recorded
once: ``complete`` and ``fail`` are accepted only with the token of the current lease, and every
lease has a larger one, so a worker that was taken for dead and comes back changes nothing.

What is not. An *attempt* may start more than once: after ``kill -9`` or a lost lease the operation
runs again from its beginning, while the first run may still be going on unseen. What it does
outside the database must bear that: content-addressed artifacts, idempotent calls, or the token
handed on to whoever can compare it. What it writes to the database in one transaction with
``complete`` happens exactly once.

A lease is a time on the clock of this machine. A clock that is set forward ends leases early,
which costs a second attempt, never a second completion.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from workbench.core import operations, settings
from workbench.core.errors import ConflictError, InputError

from .database import Database, open_database
from .documents import check_text, dump_document
from .job_rows import (
    FINISHED,
    STATES,
    Job,
    Lease,
    State,
    cancel_dependants,
    finish,
    read_job,
    said,
)
from .leases import Leases, backoff_s

__all__ = ["FINISHED", "STATES", "Job", "JobQueue", "Lease", "State", "backoff_s"]


def check_job(operation: str, params: Mapping[str, Any]) -> None:
    """Raise for what cannot be a job.

    Raises:
        NotFoundError: There is no such operation.
        InputError: The parameters do not fit, or the result would be a secret.
    """
    found = operations.find(operation)
    found.validate(params)
    if found.produces == "secret":
        raise InputError(
            f"{operation} gives a secret, and a job's result is kept", hint=found.command
        )


class JobQueue(Leases):
    """The jobs of one store.

    Args:
        database: The store, by default that of WORKBENCH_HOME.
        lease_s: Time after which a silent worker loses its job, by default the setting.
        clock: Tells Unix time; tests give their own.
    """

    def __init__(
        self,
        database: Database | None = None,
        *,
        lease_s: float | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.database = database or open_database()
        self.lease_s = float(settings.get("lease_s") if lease_s is None else lease_s)
        self.clock = clock

    def enqueue(
        self,
        operation: str,
        params: Mapping[str, Any] | None = None,
        *,
        priority: int = 0,
        run_after_s: float = 0.0,
        max_attempts: int = 3,
        idempotency_key: str | None = None,
        needs: Sequence[int] = (),
        lane: str | None = None,
        demand: Mapping[str, Any] | None = None,
    ) -> Job:
        """Add a job. When this returns it is on the disk.

        Args:
            operation: The name of a registered operation.
            params: Its parameters, as plain data. They are validated here.
            priority: Larger goes first.
            run_after_s: The Unix time before which it does not start.
            max_attempts: How often it may be started before it counts as failed.
            idempotency_key: A second call with this key returns the first call's job.
            needs: Jobs that must succeed first. If one fails or is cancelled, so is this one.
            lane: A scheduler's of its own: ordinary workers leave the job alone.
            demand: What that scheduler is to know of it, as plain data.

        Raises:
            NotFoundError: There is no such operation, or a needed job is not there.
            InputError: The parameters do not fit, or the result would be a secret.
            ConflictError: The key stands for another operation or other parameters.
        """
        check_job(operation, params or {})
        if max_attempts < 1:
            raise InputError(f"max_attempts is {max_attempts}; it must be at least 1")
        if idempotency_key is not None:
            check_text(idempotency_key, what="idempotency key")
        text, now_s = dump_document(dict(params or {}), what=f"params of {operation}"), self.clock()
        with self.database.transaction() as connection:
            known = self._by_key(connection, idempotency_key, operation=operation, params=text)
            if known is not None:
                return known
            row = connection.execute(
                "INSERT INTO jobs (operation, params, state, priority, run_after_s, max_attempts, "
                "idempotency_key, created_s, lane, demand) "
                "VALUES (?, ?, 'queued', ?, ?, ?, ?, ?, ?, ?) RETURNING id",
                (
                    operation,
                    text,
                    priority,
                    run_after_s,
                    max_attempts,
                    idempotency_key,
                    now_s,
                    lane,
                    None if demand is None else dump_document(demand, what="demand"),
                ),
            ).fetchone()
            for needed in dict.fromkeys(needs):
                connection.execute(
                    "INSERT INTO job_needs VALUES (?, ?)", (row["id"], self.get(needed).id)
                )
            for needed in dict.fromkeys(needs):
                if self.get(needed).state in ("failed", "cancelled"):
                    cancel_dependants(connection, needed, now_s=now_s)
            return self.get(row["id"])

    def list(self, *, state: State | None = None, limit: int = 100) -> tuple[Job, ...]:
        """The newest jobs, the newest first."""
        rows = self.database.read(
            "SELECT * FROM jobs WHERE (?1 IS NULL OR state = ?1) ORDER BY id DESC LIMIT ?2",
            (state, limit),
        )
        return tuple(read_job(self.database, row) for row in rows)

    def count(self) -> dict[State, int]:
        """How many jobs there are in each state."""
        rows = self.database.read("SELECT state, count(*) AS jobs FROM jobs GROUP BY state")
        found = {row["state"]: row["jobs"] for row in rows}
        return {state: found.get(state, 0) for state in STATES}

    def count_at_work(self) -> int:
        """How many jobs a worker holds now; one whose worker died is still *running* in `count`."""
        row = self.database.read_one(
            "SELECT count(*) AS jobs FROM jobs WHERE state = 'running' AND lease_until_s > ?",
            (self.clock(),),
        )
        return int(row["jobs"]) if row is not None else 0

    def cancel(self, job_id: int) -> Job:
        """Stop a job: a queued one at once, a running one when its operation next looks.

        A running one that ends before it looks has succeeded.

        Raises:
            ConflictError: It is finished.
        """
        with self.database.transaction() as connection:
            job = self.get(job_id)
            if job.state in FINISHED:
                raise ConflictError(f"job {job_id} is {job.state}", hint="workbench store jobs")
            if job.state == "queued":
                finish(
                    connection,
                    job_id,
                    "cancelled",
                    now_s=self.clock(),
                    error=said("cancelled", "cancelled"),
                )
            else:
                connection.execute("UPDATE jobs SET cancel_requested = 1 WHERE id = ?", (job_id,))
            return self.get(job_id)

    def ask_to_give_way(self, job_id: int, reason: str) -> bool:
        """Send a running job back into the queue when it next looks; the attempt does not count.

        What it keeps of its work is its own affair. Whether it was running; one that ends before
        it looks has ended.
        """
        with self.database.transaction() as connection:
            changed = connection.execute(
                "UPDATE jobs SET give_way = ? WHERE id = ? AND state = 'running'", (reason, job_id)
            )
        return changed.rowcount > 0

    def retry(self, job_id: int) -> Job:
        """Queue a failed or cancelled job again, with all its attempts before it.

        Raises:
            ConflictError: It is not failed or cancelled, or a job that it needs is.
        """
        with self.database.transaction() as connection:
            job = self.get(job_id)
            if job.state not in ("failed", "cancelled"):
                raise ConflictError(
                    f"job {job_id} is {job.state}; only a failed or cancelled one is retried"
                )
            for needed in job.needs:
                if (state := self.get(needed).state) in ("failed", "cancelled"):
                    raise ConflictError(
                        f"job {job_id} needs job {needed}, which is {state}",
                        hint=f"workbench store retry {needed}",
                    )
            connection.execute(
                "UPDATE jobs SET state = 'queued', attempts = 0, lost_workers = 0, "
                "cancel_requested = 0, run_after_s = ?, progress = NULL, error = NULL, "
                "started_s = NULL, finished_s = NULL WHERE id = ?",
                (self.clock(), job_id),
            )
            return self.get(job_id)

    def _by_key(
        self, connection: sqlite3.Connection, key: str | None, *, operation: str, params: str
    ) -> Job | None:
        if key is None:
            return None
        row = connection.execute("SELECT * FROM jobs WHERE idempotency_key = ?", (key,)).fetchone()
        if row is None:
            return None
        if (row["operation"], row["params"]) != (operation, params):
            raise ConflictError(
                f"idempotency key {key!r} stands for job {row['id']}, {row['operation']} with "
                "other parameters",
                hint="use a key of its own for each job",
            )
        return read_job(self.database, row)
