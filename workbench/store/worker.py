"""The worker: takes jobs from the queue one at a time and runs their operations.

A beat in another thread renews the lease and writes down the progress, so an operation need not
know that it is a job. On SIGTERM the operation is told to stop; if it does, its job is given back.
"""

from __future__ import annotations

import logging
import os
import secrets
import signal
import socket
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from types import FrameType
from typing import Any, Literal

from workbench.core import events, operations
from workbench.core.cancellation import CancelToken, current_token
from workbench.core.errors import (
    AccessError,
    CancelledError,
    CapabilityError,
    ConfigError,
    ConflictError,
    DependencyError,
    InputError,
    NotFoundError,
    WorkbenchError,
)
from workbench.core.viewers import Viewable

from .jobs import Job, JobQueue, Lease
from .schedules import DueLook, Schedules

log = logging.getLogger(__name__)

Outcome = Literal["succeeded", "failed", "cancelled", "released", "lost"]

# What another attempt cannot mend.
_LASTING = (
    InputError,
    NotFoundError,
    AccessError,
    ConfigError,
    CapabilityError,
    DependencyError,
)
_PROBE_S = 0.2
_PROGRESS_S = 1.0
_current_lease: ContextVar[Lease | None] = ContextVar("workbench_lease", default=None)


@dataclass(frozen=True)
class WorkReport(Viewable):
    """What one worker did: attempts by how they ended.

    ``failed`` counts attempts that will be repeated too; ``lost`` those that another worker took
    over, of which nothing was recorded.
    """

    worker: str
    succeeded: int = 0
    failed: int = 0
    cancelled: int = 0
    released: int = 0
    lost: int = 0


class Worker:
    """Runs jobs of one queue in this thread until it is stopped.

    Args:
        queue: By default that of WORKBENCH_HOME.
        name: Stands in the jobs that it runs; by default made of host, process and chance.
        poll_s: How long it waits when nothing is due.
    """

    def __init__(
        self, queue: JobQueue | None = None, *, name: str | None = None, poll_s: float = 0.5
    ) -> None:
        self.queue = queue or JobQueue()
        self.name = name or f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(2)}"
        self.poll_s = poll_s
        # A plain flag: a signal handler that sets an Event can wait for the lock that the code
        # which it interrupted holds.
        self._stopping = False

    def stop(self) -> None:
        """Ask the worker to end; from any thread or a signal handler."""
        self._stopping = True

    def run(self, *, drain: bool = False, max_jobs: int | None = None) -> WorkReport:
        """Run jobs until ``stop`` or SIGTERM.

        Args:
            drain: Also end when no job is left that is due or to be repeated. Jobs that other
                workers hold, and those that are planned for later, are left.
            max_jobs: Also end after so many attempts.

        Raises:
            CancelledError: The run that the worker is part of was cancelled; its job is given
                back.
            StorageError: The store cannot be written.
        """
        outcomes: Counter[str] = Counter()
        parent, due = current_token.get(), DueLook(Schedules(self.queue))
        with _stopping_on_sigterm(self), _Heart(self.queue) as heart:
            while not self._stopping and (max_jobs is None or outcomes.total() < max_jobs):
                if parent is not None:
                    parent.check()
                due.look()
                lease = self.queue.lease(self.name)
                if lease is not None:
                    outcomes[self._run_job(lease, heart, CancelToken(parent))] += 1
                elif drain and not self.queue.has_work():
                    break
                else:
                    time.sleep(self.poll_s)
        return WorkReport(self.name, **outcomes)

    def run_one(self, job_id: int) -> Outcome | None:
        """Run this job, if it waits and is due; how the attempt ended, None if it could not begin.

        Raises:
            StorageError: The store cannot be written.
        """
        with _stopping_on_sigterm(self), _Heart(self.queue) as heart:
            lease = self.queue.lease(self.name, job_id=job_id)
            return None if lease is None else self._run_job(lease, heart, CancelToken())

    def _run_job(self, lease: Lease, heart: _Heart, token: CancelToken) -> Outcome:
        token.watch(self._probe(lease, heart))
        reset = _current_lease.set(lease)
        heart.begin(lease)
        try:
            result = operations.find(lease.operation).run(lease.params, token=token)
            job = self._settle(lease, lambda: self.queue.complete(lease, result))
        except CancelledError as error:
            return self._stopped(lease, heart, token, str(error))
        except KeyboardInterrupt:
            self._settle(lease, lambda: self.queue.release(lease))
            raise
        except (Exception, SystemExit) as error:  # noqa: BLE001 - its fault is not the next job's
            return self._failed(lease, error)
        finally:
            heart.end()
            _current_lease.reset(reset)
        return "succeeded" if job else "lost"

    def _failed(self, lease: Lease, error: BaseException) -> Outcome:
        if not isinstance(error, WorkbenchError):
            log.warning("job %d (%s) failed", lease.job_id, lease.operation, exc_info=error)
        told, retry = describe(error), not isinstance(error, _LASTING)
        job = self._settle(lease, lambda: self.queue.fail(lease, told, retry=retry))
        return "failed" if job else "lost"

    def _stopped(self, lease: Lease, heart: _Heart, token: CancelToken, reason: str) -> Outcome:
        if heart.lost:
            return "lost"
        ending = self._stopping or (token.cancelled and not self.queue.is_cancelled(lease))
        if ending:
            job = self._settle(lease, lambda: self.queue.release(lease))
            return "released" if job else "lost"
        job = self._settle(lease, lambda: self.queue.stop(lease, reason))
        return "cancelled" if job else "lost"

    def _settle(self, lease: Lease, record: Callable[[], Job]) -> Job | None:
        """Record the end of an attempt; None if the job belongs to another worker by now."""
        try:
            try:
                return record()
            except ConflictError:
                # The lease ran out, perhaps while the machine slept. If nobody has taken the job
                # it can be renewed; if somebody has, this raises again.
                self.queue.heartbeat(lease)
                return record()
        except ConflictError:
            log.warning("job %d was taken over; nothing of it is recorded", lease.job_id)
            return None

    def _probe(self, lease: Lease, heart: _Heart) -> Callable[[], bool]:
        """Whether the operation should stop. Loops may ask at every step, the database is not."""
        asked_s = time.monotonic()

        def should_stop() -> bool:
            nonlocal asked_s
            if self._stopping or heart.lost or heart.cancelled:
                return True
            if time.monotonic() - asked_s < _PROBE_S:
                return False
            asked_s = time.monotonic()
            return self.queue.must_stop(lease)

        return should_stop


class _Heart(threading.Thread):
    """Renews the lease of the job that runs, and writes down its progress."""

    def __init__(self, queue: JobQueue) -> None:
        super().__init__(name="workbench-heartbeat", daemon=True)
        self.lost = self.cancelled = False
        self._queue = queue
        self._changed = threading.Condition()
        self._lease: Lease | None = None
        self._progress: dict[str, Any] | None = None
        self._closed = False

    def __enter__(self) -> _Heart:
        self._unsubscribe = events.subscribe(self._listen, "progress")
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._unsubscribe()
        with self._changed:
            self._closed = True
            self._changed.notify()
        self.join()

    def begin(self, lease: Lease) -> None:
        """Beat for this job from now on."""
        with self._changed:
            self._lease, self._progress = lease, None
            self.lost = self.cancelled = False

    def end(self) -> None:
        """Beat no more for it."""
        with self._changed:
            self._lease = None

    def run(self) -> None:
        every_s = self._queue.lease_s / 3
        beaten_s = time.monotonic()
        while True:
            with self._changed:
                if not self._closed:
                    self._changed.wait(min(every_s, _PROGRESS_S))
                if self._closed:
                    break
                lease, progress, self._progress = self._lease, self._progress, None
            if lease is None:
                beaten_s = 0.0
            elif progress is not None or time.monotonic() - beaten_s >= every_s:
                beaten_s = time.monotonic()
                self._beat(lease, progress)
        self._queue.database.close()

    def _beat(self, lease: Lease, progress: dict[str, Any] | None) -> None:
        try:
            cancelled, lost = self._queue.heartbeat(lease, progress=progress), False
        except ConflictError:
            cancelled, lost = False, True
        except WorkbenchError as error:  # a disk that is full now may have room at the next beat
            log.warning("job %d could not be renewed: %s", lease.job_id, error)
            return
        with self._changed:
            if self._lease is lease:
                self.cancelled, self.lost = cancelled, lost

    def _listen(self, event: events.Event) -> None:
        with self._changed:
            if self._lease is not None and _current_lease.get() is self._lease:
                self._progress = {**event.data, "time_s": event.time_s}


def describe(error: BaseException) -> dict[str, Any]:
    """An error as a job keeps it: code, message and hint; a fault of ours with its traceback."""
    if isinstance(error, WorkbenchError):
        return error.to_dict()
    return {
        "code": "internal",
        "message": f"{type(error).__name__}: {error}",
        "hint": None,
        "traceback": "".join(traceback.format_exception(error)),
    }


@contextmanager
def _stopping_on_sigterm(worker: Worker) -> Iterator[None]:
    """End the worker on SIGTERM; only a main thread may ask for signals."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def handle(number: int, frame: FrameType | None) -> None:
        worker.stop()

    previous = signal.signal(signal.SIGTERM, handle)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)
