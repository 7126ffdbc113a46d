"""The worker's side of the queue: leases with fencing tokens, heartbeats and how attempts end."""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Callable, Mapping
from typing import Any

from workbench.core.errors import ConflictError, NotFoundError

from .database import Database
from .documents import dump_document, load_document
from .job_rows import READY, Job, Lease, finish, read_job, requeue, said

_BACKOFF_S = 1.0
_BACKOFF_MOST_S = 3600.0
_RUN_OUT = "SELECT 1 FROM jobs WHERE state = 'running' AND lease_until_s <= ?1"
_NEXT = f"""
SELECT id FROM jobs WHERE {READY} AND run_after_s <= ?1
AND CASE WHEN ?2 IS NULL THEN lane IS NULL ELSE id = ?2 END
ORDER BY priority DESC, run_after_s, id LIMIT 1
"""


class Leases:
    """What a worker may do with jobs; ``jobs.JobQueue`` adds what a user may."""

    database: Database
    lease_s: float
    clock: Callable[[], float]

    def get(self, job_id: int) -> Job:
        """One job. Raises NotFoundError if there is none of that id."""
        row = self.database.read_one("SELECT * FROM jobs WHERE id = ?", (job_id,))
        if row is None:
            raise NotFoundError(f"there is no job {job_id}", hint="workbench store jobs")
        return read_job(self.database, row)

    def lease(self, worker: str, *, job_id: int | None = None) -> Lease | None:
        """Take the next job that is due; None if there is none.

        Jobs whose lease ran out are given back first, or failed if they have used their attempts.

        Args:
            worker: Who takes it.
            job_id: This one or none; jobs of a lane are taken so alone.
        """
        now_s = self.clock()
        if job_id is None and not self._is_work(now_s):
            return None  # an idle worker does not take the write lock at each look
        with self.database.transaction() as connection:
            self._take_back(connection, now_s)
            row = connection.execute(_NEXT, (now_s, job_id)).fetchone()
            if row is None:
                return None
            taken = connection.execute(
                "UPDATE jobs SET state = 'running', attempts = attempts + 1, token = token + 1, "
                "worker = ?, lease_until_s = ?, started_s = ?, progress = NULL, give_way = NULL "
                "WHERE id = ? "
                "RETURNING *",
                (worker, now_s + self.lease_s, now_s, row["id"]),
            ).fetchone()
            connection.execute(
                "INSERT INTO job_attempts (job_id, token, worker, started_s) VALUES (?, ?, ?, ?)",
                (taken["id"], taken["token"], worker, now_s),
            )
        return Lease(
            taken["id"],
            taken["token"],
            worker,
            taken["operation"],
            load_document(taken["params"]),
            taken["attempts"],
            taken["lease_until_s"],
        )

    def heartbeat(self, lease: Lease, *, progress: Mapping[str, Any] | None = None) -> bool:
        """Renew a lease, and note how far the job is; whether the job was told to stop.

        A lease that ran out while nobody took the job (the laptop slept) is renewed as well.

        Raises:
            ConflictError: The job was taken over; this worker must let go of it.
        """
        text = None if progress is None else dump_document(progress, what="progress")
        with self.database.transaction() as connection:
            row = connection.execute(
                "UPDATE jobs SET lease_until_s = ?, progress = coalesce(?, progress) "
                "WHERE id = ? AND token = ? AND state = 'running' "
                "RETURNING cancel_requested OR give_way IS NOT NULL AS stops",
                (self.clock() + self.lease_s, text, lease.job_id, lease.token),
            ).fetchone()
        if row is None:
            raise _stale(lease)
        return bool(row["stops"])

    def is_cancelled(self, lease: Lease) -> bool:
        """Whether the job was told to stop, or was taken over."""
        row = self.database.read_one(
            "SELECT cancel_requested FROM jobs WHERE id = ? AND token = ? AND state = 'running'",
            (lease.job_id, lease.token),
        )
        return row is None or bool(row["cancel_requested"])

    def must_stop(self, lease: Lease) -> bool:
        """As ``is_cancelled``; or whether the job is to give way, and to go on later."""
        row = self.database.read_one(
            "SELECT cancel_requested OR give_way IS NOT NULL AS stops FROM jobs "
            "WHERE id = ? AND token = ? AND state = 'running'",
            (lease.job_id, lease.token),
        )
        return row is None or bool(row["stops"])

    def take_back(self, *, worker: str | None = None) -> None:
        """Give back the jobs whose lease ran out.

        Args:
            worker: Those of this one too: its process is known to have ended.
        """
        if worker is None and not self._has_run_out(self.clock()):
            return  # a scheduler looks twice a second, and takes no write lock for it
        with self.database.transaction() as connection:
            connection.execute(
                "UPDATE jobs SET lease_until_s = ? WHERE state = 'running' AND worker = ?",
                (self.clock(), worker),
            )
            self._take_back(connection, self.clock())

    def complete(self, lease: Lease, result: Any = None) -> Job:
        """Record that the job succeeded. When this returns it is on the disk.

        Raises:
            ConflictError: The lease ran out, or the job was taken over; nothing is recorded.
            InputError: The result has no JSON form.
        """
        text = dump_document(result, what=f"result of {lease.operation}")
        with self.database.transaction() as connection:
            self._close_attempt(connection, lease, "succeeded")
            finish(connection, lease.job_id, "succeeded", now_s=self.clock(), result=text)
            return self.get(lease.job_id)

    def fail(self, lease: Lease, error: Mapping[str, Any], *, retry: bool = True) -> Job:
        """Record that an attempt failed.

        Args:
            lease: The current lease.
            error: Plain data with ``code``, ``message`` and ``hint``.
            retry: Whether another attempt makes sense; it begins later each time, twice as long
                after each attempt, with jitter.

        Raises:
            ConflictError: As for ``complete``.
        """
        text = dump_document(error, what="error")
        with self.database.transaction() as connection:
            row = self._close_attempt(connection, lease, "failed")
            if row["cancel_requested"]:
                finish(connection, lease.job_id, "cancelled", now_s=self.clock(), error=text)
            elif retry and row["attempts"] < row["max_attempts"]:
                due_s = self.clock() + backoff_s(row["attempts"])
                requeue(connection, lease.job_id, due_s=due_s, error=text)
            else:
                finish(connection, lease.job_id, "failed", now_s=self.clock(), error=text)
            return self.get(lease.job_id)

    def stop(self, lease: Lease, reason: str) -> Job:
        """Record that a running job was cancelled. Raises ConflictError as ``complete`` does."""
        with self.database.transaction() as connection:
            self._close_attempt(connection, lease, "cancelled")
            finish(
                connection,
                lease.job_id,
                "cancelled",
                now_s=self.clock(),
                error=said("cancelled", reason),
            )
            return self.get(lease.job_id)

    def release(self, lease: Lease) -> Job:
        """Give a job back unfinished; the attempt does not count.

        Raises:
            ConflictError: As for ``complete``.
        """
        with self.database.transaction() as connection:
            row = self._close_attempt(connection, lease, "released")
            if row["cancel_requested"]:
                finish(
                    connection,
                    lease.job_id,
                    "cancelled",
                    now_s=self.clock(),
                    error=said("cancelled", "cancelled"),
                )
            else:
                connection.execute(
                    "UPDATE jobs SET attempts = attempts - 1 WHERE id = ?", (lease.job_id,)
                )
                requeue(connection, lease.job_id, due_s=self.clock())
            return self.get(lease.job_id)

    def has_work(self) -> bool:
        """Whether a queued job is due, or is to be repeated, and has all that it needs."""
        row = self.database.read_one(
            f"SELECT 1 FROM jobs WHERE {READY} AND lane IS NULL "
            "AND (run_after_s <= ? OR attempts > 0)",
            (self.clock(),),
        )
        return row is not None

    def _is_work(self, now_s: float) -> bool:
        return (
            self.database.read_one(
                "SELECT 1 WHERE EXISTS (SELECT 1 FROM jobs WHERE state = 'queued' "
                "AND lane IS NULL AND run_after_s <= ?1) OR EXISTS "
                f"({_RUN_OUT})",
                (now_s,),
            )
            is not None
        )

    def _has_run_out(self, now_s: float) -> bool:
        return self.database.read_one(_RUN_OUT, (now_s,)) is not None

    def _take_back(self, connection: sqlite3.Connection, now_s: float) -> None:
        lost = connection.execute(
            "UPDATE jobs SET lost_workers = lost_workers + 1 WHERE state = 'running' "
            "AND lease_until_s <= ? RETURNING *",
            (now_s,),
        ).fetchall()
        for row in lost:
            connection.execute(
                "UPDATE job_attempts SET ended_s = ?, outcome = 'lost' "
                "WHERE job_id = ? AND token = ?",
                (now_s, row["id"], row["token"]),
            )
            times = row["lost_workers"]
            reason = said("worker-lost", f"lost its worker {times} time{'s' * (times != 1)}")
            if row["cancel_requested"]:
                finish(connection, row["id"], "cancelled", now_s=self.clock(), error=reason)
            elif row["attempts"] >= row["max_attempts"]:
                finish(connection, row["id"], "failed", now_s=self.clock(), error=reason)
            else:
                requeue(connection, row["id"], due_s=now_s, error=reason)

    def _close_attempt(
        self, connection: sqlite3.Connection, lease: Lease, outcome: str
    ) -> sqlite3.Row:
        """The one gate that every end of an attempt goes through: the token must be current."""
        now_s = self.clock()
        row: sqlite3.Row | None = connection.execute(
            "SELECT attempts, max_attempts, cancel_requested FROM jobs WHERE id = ? AND token = ? "
            "AND state = 'running' AND lease_until_s > ?",
            (lease.job_id, lease.token, now_s),
        ).fetchone()
        if row is None:
            raise _stale(lease)
        connection.execute(
            "UPDATE job_attempts SET ended_s = ?, outcome = ? WHERE job_id = ? AND token = ?",
            (now_s, outcome, lease.job_id, lease.token),
        )
        return row


def backoff_s(attempts: int) -> float:
    """How long to wait after so many attempts: 1, 2, 4 ... s, at most an hour, less up to half.

    The jitter keeps jobs that failed together from coming back together.
    """
    return min(_BACKOFF_S * 2.0 ** (attempts - 1), _BACKOFF_MOST_S) * random.uniform(0.5, 1.0)


def _stale(lease: Lease) -> ConflictError:
    return ConflictError(
        f"the lease of job {lease.job_id} (token {lease.token}) is not current any more",
        hint="let go of the job: another worker has it, or will",
        job_id=lease.job_id,
        token=lease.token,
    )
