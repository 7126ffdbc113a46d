"""Jobs that a scheduler of their own begins: what waits and runs there, and what was decided.

The queue keeps its promises for them as for all: on the disk once enqueued, leased with a fencing
token, completed once. Only *which* begins *when* is the scheduler's, which takes a job by its id.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from .documents import load_document
from .job_rows import Job, read_job
from .jobs import JobQueue


@dataclass(frozen=True)
class Attempt:
    """A piece of a job's work: Unix times; ``ended_s`` is None while it goes on. ``demand`` is the
    job's."""

    job_id: int
    worker: str
    started_s: float
    ended_s: float | None
    outcome: str | None
    demand: dict[str, Any] | None


@dataclass(frozen=True)
class Told:
    """What a scheduler decided of a job, and why; ``time_s`` is when it first said so."""

    job_id: int
    time_s: float
    kind: str
    reason: str


class Lane:
    """One scheduler's jobs.

    Args:
        queue: Of the store.
        name: The lane's.
    """

    def __init__(self, queue: JobQueue, name: str) -> None:
        self.queue, self.name = queue, name

    def open_jobs(self) -> tuple[Job, ...]:
        """What waits and what runs, in the order in which it came."""
        rows = self.queue.database.read(
            "SELECT * FROM jobs WHERE lane = ? AND state IN ('queued', 'running') ORDER BY id",
            (self.name,),
        )
        return tuple(read_job(self.queue.database, row) for row in rows)

    def attempts(self, *, since_s: float = 0.0) -> dict[int, tuple[Attempt, ...]]:
        """The attempts of open jobs, and of those that went on after ``since_s``; by job."""
        rows = self.queue.database.read(
            "SELECT a.job_id, a.worker, a.started_s, a.ended_s, a.outcome, jobs.demand "
            "FROM job_attempts a JOIN jobs ON jobs.id = a.job_id WHERE jobs.lane = ? AND "
            "(jobs.state IN ('queued', 'running') OR a.ended_s >= ?) ORDER BY a.job_id, a.token",
            (self.name, since_s),
        )
        found: dict[int, list[Attempt]] = {}
        for row in rows:
            made = Attempt(**{**dict(row), "demand": load_document(row["demand"])})
            found.setdefault(made.job_id, []).append(made)
        return {job_id: tuple(attempts) for job_id, attempts in found.items()}

    def tell(self, decisions: Iterable[tuple[int, str, str]]) -> None:
        """Write down job, kind and reason of what was decided, where it is news."""
        now_s = self.queue.clock()
        last = self.last()
        news = [each for each in decisions if last.get(each[0]) != each[1:]]
        if not news:
            return
        with self.queue.database.transaction() as connection:
            connection.executemany(
                "INSERT INTO job_decisions (job_id, time_s, kind, reason) VALUES (?, ?, ?, ?)",
                [(job_id, now_s, kind, reason) for job_id, kind, reason in news],
            )

    def told(self, job_id: int) -> tuple[Told, ...]:
        """All that was decided of a job, the first first."""
        rows = self.queue.database.read(
            "SELECT job_id, time_s, kind, reason FROM job_decisions WHERE job_id = ? ORDER BY id",
            (job_id,),
        )
        return tuple(Told(**dict(row)) for row in rows)

    def last(self) -> dict[int, tuple[str, str]]:
        """Kind and reason of what was decided last of each open job that was decided of."""
        rows = self.queue.database.read(
            "SELECT d.job_id, d.kind, d.reason FROM job_decisions d "
            "JOIN jobs ON jobs.id = d.job_id "
            "WHERE jobs.lane = ? AND jobs.state IN ('queued', 'running') "
            "AND d.id = (SELECT max(id) FROM job_decisions WHERE job_id = d.job_id)",
            (self.name,),
        )
        return {row["job_id"]: (row["kind"], row["reason"]) for row in rows}
