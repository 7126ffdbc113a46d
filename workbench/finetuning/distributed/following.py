"""Following the processes of a run from their start until they end, or one of them is lost."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import subprocess
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from workbench.core import events
from workbench.core.cancellation import check_cancelled
from workbench.core.errors import CancelledError, PeerError, WorkbenchError
from workbench.core.progress import Progress
from workbench.finetuning.distributed.causes import (
    find_cause,
    is_own,
    tell_hang,
    tell_short,
    tell_stuck,
)
from workbench.finetuning.distributed.job import Job
from workbench.finetuning.distributed.line import Switchboard
from workbench.finetuning.distributed.pulse import AGENT, Pulse
from workbench.finetuning.distributed.story import Story
from workbench.finetuning.distributed.vitals import Vitals

if TYPE_CHECKING:
    import socket

    import psutil

log = logging.getLogger(__name__)

LOG = "processes.log"
_LOOK_S = 0.2
_STOP_S = 60.0  # for the step under way, and a checkpoint
_END_S = 15.0
_START_S = 300.0  # until all have loaded their libraries


class Followed:
    """The processes of one attempt, as they are followed.

    Args:
        job: What they do.
        agent: The process that started them.
        board: On which they are heard.
        story: What is known of the run, over all attempts.
        between_steps: Called before each step; it may wait.
        is_time_to_stop: Asked before each step, with the number of further processes that a
            cluster has room for: all then end after a checkpoint, to be started otherwise.
    """

    def __init__(
        self,
        job: Job,
        agent: subprocess.Popen[bytes],
        board: Switchboard,
        story: Story,
        between_steps: Callable[[], None] | None,
        is_time_to_stop: Callable[[int], bool],
    ) -> None:
        self._job, self._agent, self._board, self._story = job, agent, board, story
        self._between_steps, self._is_time_to_stop = between_steps, is_time_to_stop
        self._processes: list[psutil.Process] = []
        self._faults: list[dict[str, Any]] = []
        self._cancelled: CancelledError | None = None
        self._is_done = self._is_parted = False
        self._here: set[int] = set()
        self._more = 0
        self.room: int | None = None
        self.gives_way_to = self._waited_for = ""
        self._started_s = time.monotonic()
        self._stop_by_s = 0.0
        self._pulse = Pulse(job.plan.silent_s, self._started_s)
        self._vitals = Vitals()

    def follow(self, task: Progress) -> WorkbenchError | None:
        """Until all are at their end: why one was lost; None if they ended as they should.

        Raises:
            CancelledError: It was cancelled.
            WorkbenchError: Of whatever kind a process raised; it would come again.
        """
        lost: WorkbenchError | None = None
        while self._agent.poll() is None and lost is None:
            self._hear(_LOOK_S, task)
            self._look_for_cancel()
            if any(is_own(fault) for fault in self._faults):
                self.end()
            lost = self._find_hang()
        if lost is not None:
            self.end(at_once=True)
        while self._board.has_more():
            self._hear(0.0, task)
        if self._cancelled is not None:
            raise self._cancelled
        if lost is None and self._agent.returncode == 0 and (self._is_done or self._is_parted):
            return None
        if self.room is not None:
            plan = self._job.plan
            return tell_short(self.room, plan.count_threads(), plan.processes)
        if lost is None or any(is_own(fault) for fault in self._faults):
            written, processes = self._job.folder / LOG, self._job.plan.processes
            lost = find_cause(self._faults, processes, self._agent.returncode, written)
        if any(is_own(fault) for fault in self._faults):
            raise lost
        return lost

    @property
    def is_done(self) -> bool:
        """Whether the run came to its end, rather than being stopped on the way."""
        return self._is_done

    def _find_hang(self) -> PeerError | None:
        """One that says nothing, or all that wait for each other."""
        now_s, processes = time.monotonic(), self._job.plan.processes
        self._pulse.look(now_s)
        found = self._pulse.find_silent(now_s)
        if found is not None:
            return tell_hang(*found, processes)
        if self._pulse.is_stuck(now_s):
            return tell_stuck(processes)
        if len(self._here) < processes and now_s - self._started_s > _START_S:
            return PeerError(
                f"{len(self._here)} of {processes} processes came within {_START_S:.0f} s",
                hint="fewer processes, or a less busy machine",
            )
        return None

    def _look_for_cancel(self) -> None:
        try:
            check_cancelled()
        except CancelledError as error:
            if self._cancelled is None:
                self._cancelled, self._stop_by_s = error, time.monotonic() + _STOP_S
            if time.monotonic() > self._stop_by_s:
                raise

    def _hear(self, timeout_s: float, task: Progress) -> None:
        for message, caller in self._board.hear(timeout_s):
            self._take(message, caller, task)

    def _take(self, said: dict[str, Any], caller: socket.socket, task: Progress) -> None:
        kind, rank = said["kind"], said["rank"]
        if kind == "beat":
            self._hear_beat(rank, said)
            return
        self._pulse.move(time.monotonic())
        if kind == "here":
            self._here.add(rank)
            if self._job.plan.launcher == "local":
                self._know(said["pid"])
        elif kind == "step?":
            self._board.answer(caller, self._allow())
        elif kind == "event":
            self._story.hear(said["event"], said["data"], task)
        elif kind == "training":
            self._story.take(said["training"], shows=said["shows"])
        elif kind in ("done", "stopped"):
            self._pulse.leave(rank)
            self._is_parted = True
            if kind == "done" and rank == 0:
                self._story.take(said["training"], watched=False)
                self._is_done = True
        elif kind in ("error", "failed", "gone"):
            self._pulse.leave(rank)
            self._faults.append(said)
        else:
            self._take_of_cluster(kind, said, task)

    def _take_of_cluster(self, kind: str, said: dict[str, Any], task: Progress) -> None:
        """What only the agent of a run on a cluster says."""
        if kind == "wait":
            self._started_s = time.monotonic()
            if said["message"] != self._waited_for:
                self._waited_for = said["message"]
                log.log(logging.WARNING if said["long"] else logging.INFO, "%s", said["message"])
                events.emit("finetuning.wait", message=said["message"])
                with contextlib.suppress(CancelledError):  # looked for elsewhere
                    task.update(len(self._story.training.steps), message=said["message"])
        elif kind == "room":
            self._more = said["processes"]
        elif kind == "yield":
            self.gives_way_to = said["to"]
        elif kind == "short":
            self.room = said["most"]

    def _hear_beat(self, rank: int, said: dict[str, Any]) -> None:
        now_s = time.monotonic()
        gap_s = self._pulse.hear(rank, now_s, said["cpu_s"])
        if rank == AGENT:
            return
        self._vitals.hear(rank, now_s, said)
        told = self._vitals.tell(now_s)
        if told is not None:
            events.emit("finetuning.processes", **told)
        if gap_s is None:
            return
        events.emit("finetuning.slow", rank=rank, silent_s=gap_s)
        log.warning(
            "process %s of %s is slow: it said nothing for %.0f s; all wait for it",
            rank, self._job.plan.processes, gap_s,
        )  # fmt: skip

    def _allow(self) -> str:
        """Whether the next step may begin."""
        try:
            if self._cancelled is None and self._between_steps is not None:
                self._between_steps()
            check_cancelled()
        except CancelledError as error:
            self._cancelled = self._cancelled or error
            self._stop_by_s = self._stop_by_s or time.monotonic() + _STOP_S
            return "stop"
        is_time = self.gives_way_to or self._is_time_to_stop(self._more)
        return "stop" if is_time else "go"

    def _know(self, pid: int) -> None:
        import psutil

        with contextlib.suppress(psutil.NoSuchProcess):
            self._processes.append(psutil.Process(pid))

    def end(self, *, at_once: bool = False) -> None:
        """End what has not ended: the agent, which ends the others, and whoever is left.

        Args:
            at_once: Without letting them end what they do: one that hangs would not hear of it.
        """
        import psutil

        for each in self._processes if at_once else ():
            with contextlib.suppress(psutil.NoSuchProcess):
                each.kill()
        # On a cluster it is the agent alone who can end them.
        if self._agent.poll() is None and not (at_once and self._job.plan.launcher == "local"):
            self._agent.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._agent.wait(_END_S)
        if self._agent.poll() is None:
            os.killpg(self._agent.pid, signal.SIGKILL)
            self._agent.wait()
        for left in psutil.wait_procs(self._processes, timeout=2)[1]:
            with contextlib.suppress(psutil.NoSuchProcess):
                left.kill()
