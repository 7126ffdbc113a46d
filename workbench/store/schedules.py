"""Jobs that come again and again: an operation with a line of cron, queued by whoever works.

A schedule is data in the store, no process: a worker looks at all of them every few seconds and
queues what is due. What came due while nobody worked is queued once, not once for each time; and
not while the job before it is still queued or running.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from workbench.core.errors import DependencyError, InputError, NotFoundError, WorkbenchError
from workbench.core.optional import require
from workbench.core.viewers import Viewable

from .job_rows import FINISHED
from .jobs import Job, JobQueue, check_job
from .records import Records

log = logging.getLogger(__name__)

NAMESPACE = "schedules"


@dataclass(frozen=True)
class Schedule(Viewable):
    """``since_s`` is the Unix time from which its next time is told: when it was made, or last
    queued a job; ``job`` is that job's id, ``trouble`` why none could be queued then."""

    name: str
    operation: str
    params: dict[str, Any]
    cron: str
    since_s: float
    job: int | None = None
    trouble: str = ""

    @property
    def next_s(self) -> float:
        """The Unix time at which it comes next."""
        return next_time(self.cron, self.since_s)


class Schedules:
    """The schedules of one store.

    Args:
        queue: Where jobs go; by default the queue of WORKBENCH_HOME.
    """

    def __init__(self, queue: JobQueue | None = None) -> None:
        self.queue = queue or JobQueue()
        self._records = Records(self.queue.database)

    def put(
        self, name: str, operation: str, params: Mapping[str, Any] | None = None, *, cron: str
    ) -> Schedule:
        """Make a schedule, in place of another of that name. Its first time is yet to come.

        Args:
            name: What it is called.
            operation: The name of a registered operation.
            params: Its parameters, as plain data. They are validated here.
            cron: Five fields (minute, hour, day, month, weekday), in UTC.

        Raises:
            NotFoundError: There is no such operation.
            InputError: The parameters or the line do not fit.
            DependencyError: What reads lines of cron is not installed.
        """
        check_job(operation, params or {})
        check_cron(cron)
        made = Schedule(name, operation, dict(params or {}), cron, self.queue.clock())
        self._keep(made)
        return made

    def list(self) -> tuple[Schedule, ...]:
        """All of them, by name."""
        return tuple(Schedule(**each.document) for each in self._records.list(NAMESPACE))

    def remove(self, name: str) -> Schedule:
        """Take one away; jobs that it queued stay. Raises NotFoundError with near matches."""
        known = {each.name: each for each in self.list()}
        if name not in known:
            raise NotFoundError.among("schedule", name, known)
        self._records.delete(NAMESPACE, name)
        return known[name]

    def queue_due(self) -> tuple[Job, ...]:
        """Queue what is due; the jobs. Two workers that look at once queue it once."""
        now_s, found = self.queue.clock(), []
        for schedule in self.list():
            if schedule.next_s > now_s or self._goes_on(schedule.job):
                continue
            with self.queue.database.transaction():
                # Another worker may have been faster; it is looked at anew, with the lock.
                held = self._records.find(NAMESPACE, schedule.name)
                if held is None or Schedule(**held.document) != schedule:
                    continue
                job, trouble = self._enqueue(schedule)
                told = None if job is None else job.id
                self._keep(replace(schedule, since_s=now_s, job=told, trouble=trouble))
            if job is not None:
                found.append(job)
        return tuple(found)

    def _enqueue(self, schedule: Schedule) -> tuple[Job | None, str]:
        """The job, or why there is none: one schedule's fault must not end the worker."""
        try:
            return self.queue.enqueue(schedule.operation, schedule.params), ""
        except WorkbenchError as error:
            log.warning("the schedule %s could not be queued: %s", schedule.name, error)
            return None, error.message

    def _goes_on(self, job_id: int | None) -> bool:
        return job_id is not None and self.queue.get(job_id).state not in FINISHED

    def _keep(self, schedule: Schedule) -> None:
        self._records.put(NAMESPACE, schedule.name, document=asdict(schedule))


class DueLook:
    """Looks at the schedules now and then: an idle worker asks its queue twice a second."""

    def __init__(self, schedules: Schedules, *, every_s: float = 5.0) -> None:
        self._schedules, self._every_s = schedules, every_s
        self._next_s = 0.0

    def look(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        """Queue what is due, unless that was just looked at."""
        if clock() < self._next_s:
            return
        try:
            self._schedules.queue_due()
            self._next_s = clock() + self._every_s
        except DependencyError as error:  # jobs that somebody submits can be done all the same
            log.warning("schedules are not looked at: %s", error)
            self._next_s = math.inf


def next_time(cron: str, after_s: float) -> float:
    """The first Unix time after another at which a line of cron comes, in UTC."""
    engine = require("cronsim", extra="store")
    return float(next(engine.CronSim(cron, datetime.fromtimestamp(after_s, UTC))).timestamp())


def check_cron(line: str) -> None:
    """Raise InputError unless a line is one of cron's."""
    engine = require("cronsim", extra="store")
    try:
        next(engine.CronSim(line, datetime.now(UTC)))
    except (engine.CronSimError, StopIteration) as error:
        raise InputError(
            f"{line!r} is no cron line: {error}",
            hint="five fields: minute hour day month weekday, such as '0 3 * * *' for 3:00 UTC",
        ) from None
