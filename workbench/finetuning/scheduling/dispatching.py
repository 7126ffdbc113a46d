"""The scheduler of the training queue: looks, lets the policy decide, starts and stops processes.

It keeps nothing that is not in the store. Killed, its jobs' processes stop with a checkpoint and
give their jobs back, and the next scheduler goes on; one that finds a job still running counts its
slots as taken.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import workbench
from workbench.core import settings
from workbench.core.cancellation import check_cancelled
from workbench.core.errors import BusyError
from workbench.finetuning.scheduling.demand import LANE, read_demand
from workbench.finetuning.scheduling.seeing import see
from workbench.finetuning.scheduling.tasks import Decision, Policy, Slots
from workbench.store.files import make_folder, saying_why
from workbench.store.jobs import JobQueue
from workbench.store.lanes import Lane

log = logging.getLogger(__name__)

LOOK_S = 0.5
_STOP_S = 60.0  # for the step under way, and a checkpoint
_HISTORY_S = 7 * 24 * 3600.0
_ROOT = str(Path(workbench.__file__).parents[1])


class Process(Protocol):
    """A process that was started for a job."""

    pid: int

    def poll(self) -> int | None:
        """Its exit status, None while it runs."""
        ...

    def terminate(self) -> None:
        """Ask it to stop."""
        ...

    def kill(self) -> None:
        """End it."""
        ...


Start = Callable[[int, str, int], Process]


@dataclass(frozen=True)
class Dispatched:
    """What a scheduler did: how often jobs were started and asked to give way."""

    started: int
    gave_way: int
    lost_workers: int


class Dispatcher:
    """Runs the jobs of the training queue on a machine's slots.

    Args:
        slots: What jobs may have in all.
        policy: Who goes first.
        queue: By default that of WORKBENCH_HOME.
        start: Starts the process of a job: given its id, its worker's name and its cores.
        look_s: How often it looks.
    """

    def __init__(
        self,
        slots: Slots,
        policy: Policy,
        *,
        queue: JobQueue | None = None,
        start: Start | None = None,
        look_s: float = LOOK_S,
    ) -> None:
        self.slots, self.policy, self.look_s = slots, policy, look_s
        self.lane = Lane(queue or JobQueue(), LANE)
        self._start = start or start_process
        self._processes: dict[int, tuple[Process, str, float]] = {}
        self._started = self._gave_way = self._lost = 0

    def run(self, *, drain: bool = False) -> Dispatched:
        """Until cancelled; with ``drain`` until the queue is empty.

        Raises:
            BusyError: Another scheduler of this home is at work.
            CancelledError: It was cancelled; what ran was stopped with a checkpoint.
        """
        with _alone():
            try:
                while True:
                    check_cancelled()
                    self.look()
                    if drain and not self._processes and not self.lane.open_jobs():
                        return Dispatched(self._started, self._gave_way, self._lost)
                    time.sleep(self.look_s)
            finally:
                self.stop()

    def look(self) -> list[Decision]:
        """Look once, and do what is decided."""
        self._reap()
        queue, now_s = self.lane.queue, self.lane.queue.clock()
        queue.take_back()
        begun = {job_id: since_s for job_id, (_, _, since_s) in self._processes.items()}
        seen = see(self.lane, self.slots, begun=begun, now_s=now_s, since_s=now_s - _HISTORY_S)
        decisions = self.policy.decide(self.slots, seen.tasks, seen.stints, now_s)
        self.lane.tell(
            (each.task_id, each.kind, each.reason)
            for each in (*decisions, *seen.held_back)
            if each.kind != "run"
        )
        for each in decisions:
            if each.kind == "start":
                self._begin(each.task_id, now_s)
            elif each.kind == "give way":
                self._gave_way += queue.ask_to_give_way(each.task_id, each.reason)
        return decisions

    def stop(self) -> None:
        """Stop what runs, with a checkpoint, and give it back to the queue."""
        for process, _, _ in self._processes.values():
            process.terminate()
        end_s = time.monotonic() + _STOP_S
        while self._processes and time.monotonic() < end_s:
            self._reap()
            time.sleep(0.05)
        for process, _, _ in self._processes.values():
            process.kill()
        while self._processes:
            self._reap()
            time.sleep(0.05)

    def _begin(self, job_id: int, now_s: float) -> None:
        worker = f"{LANE}:{os.getpid()}:{secrets.token_hex(2)}"
        cores = read_demand(self.lane.queue.get(job_id).demand).cores
        self._processes[job_id] = (self._start(job_id, worker, cores), worker, now_s)
        self._started += 1

    def _reap(self) -> None:
        """Forget processes that have ended; what one of them still held is given back at once."""
        for job_id, (process, worker, _) in list(self._processes.items()):
            status = process.poll()
            if status is None:
                continue
            del self._processes[job_id]
            job = self.lane.queue.get(job_id)
            if job.state == "running" and job.worker == worker:
                self._lost += 1
                log.warning("the process of job %d ended (status %s)", job_id, status)
                self.lane.queue.take_back(worker=worker)


def start_process(job_id: int, worker: str, cores: int) -> Process:
    """A job's process, in a session of its own: Ctrl-C is told to us, and we stop it."""
    folder = settings.home() / "finetuning" / "queue"
    known = os.environ.get("PYTHONPATH")
    environment = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([_ROOT, known] if known else [_ROOT]),
        "WORKBENCH_HOME": str(settings.home()),
        "WORKBENCH_THREADS": str(cores),
        "WORKBENCH_LEASE_S": str(settings.get("lease_s")),
        "OMP_NUM_THREADS": str(cores),
    }
    with saying_why(folder):
        make_folder(folder)
        written = (folder / f"job-{job_id}.log").open("ab")
    with written:
        return subprocess.Popen(
            [sys.executable, "-m", f"{__package__}.job_process", str(job_id), worker],
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=environment,
        )


@contextlib.contextmanager
def _alone() -> Iterator[None]:
    """Be the only scheduler of this home; the lock goes with the process, however it ends."""
    folder = settings.home() / "finetuning" / "queue"
    with saying_why(folder):
        make_folder(folder)
        handle = os.open(folder / "lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BusyError(
                "the training queue is run by another process",
                hint="workbench finetuning queue list",
                retry_after_s=60,
            ) from None
        yield
    finally:
        os.close(handle)
