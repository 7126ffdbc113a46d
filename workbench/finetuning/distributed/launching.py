"""Starting the processes of a run on this machine, following them, and leaving none behind.

The one who calls keeps the record, hears the steps and says before each whether it may begin; the
processes, started by torchrun's agent, keep the checkpoint in the run's folder.
"""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import workbench
from workbench.core import events
from workbench.core.cancellation import check_cancelled
from workbench.core.errors import CancelledError
from workbench.core.progress import Progress, progress
from workbench.finetuning.distributed.causes import find_cause
from workbench.finetuning.distributed.job import NAME, Job, write_job
from workbench.finetuning.distributed.line import ADDRESS, Switchboard
from workbench.finetuning.distributed.rank import SHOWN
from workbench.finetuning.distributed.watching import PARENT
from workbench.finetuning.training.checkpoints import read_state
from workbench.finetuning.training.loop import Step, Training, read_training
from workbench.models.engines.openmp import WAIT_POLICY

if TYPE_CHECKING:
    import socket

    import psutil
    import torch

log = logging.getLogger(__name__)

LOG = "processes.log"
_ROOT = str(Path(workbench.__file__).parents[1])
_LOOK_S = 0.2
_STOP_S = 60.0  # for the step under way, and a checkpoint
_END_S = 15.0

# What is told of a run on the way: how far it is, and weights to show answers from, if it is time.
Watch = Callable[[Training, "Mapping[str, torch.Tensor] | None"], None]


def run_together(
    job: Job, *, watch: Watch, between_steps: Callable[[], None] | None = None
) -> Training:
    """Train on several processes, to the end or until it is cancelled.

    What was trained stands in the checkpoint of the job's folder.

    Args:
        job: What is trained, how and on how many.
        watch: Called after each evaluation and checkpoint.
        between_steps: Called before each step; it may wait.

    Raises:
        CancelledError: It was cancelled; the same call goes on.
        PeerError: A process was killed.
        EngineError: One failed, or none could be started.
        WorkbenchError: Of whatever kind a process raised.
    """
    plan = dataclasses.replace(job.plan, threads=job.plan.count_threads())  # as settings are here
    job = dataclasses.replace(job, plan=plan)
    write_job(job)
    board = Switchboard()
    try:
        with _start(job, board.address) as agent:
            followed = _Followed(job, agent, board, watch, between_steps)
            try:
                return followed.follow()
            finally:
                followed.end()
    finally:
        board.close()
        (job.folder / NAME).unlink(missing_ok=True)
        (job.folder / SHOWN).unlink(missing_ok=True)


@contextlib.contextmanager
def _start(job: Job, address: str) -> Iterator[subprocess.Popen[bytes]]:
    """torchrun's agent, in a session of its own: Ctrl-C is told to us, and we end it."""
    with (job.folder / LOG).open("wb") as written:
        yield subprocess.Popen(
            [sys.executable, "-m", f"{__package__}.agent", str(job.folder)],
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=_make_environment(job, address),
        )


def _make_environment(job: Job, address: str) -> dict[str, str]:
    threads = str(job.plan.count_threads())
    known = os.environ.get("PYTHONPATH")
    return {
        **os.environ,
        "PYTHONPATH": os.pathsep.join([_ROOT, known] if known else [_ROOT]),
        **WAIT_POLICY,
        ADDRESS: address,
        PARENT: str(os.getpid()),
        "OMP_NUM_THREADS": threads,
        "MKL_NUM_THREADS": threads,
        "TOKENIZERS_PARALLELISM": "false",
        "PYTHONSAFEPATH": "1",  # a file of the user's called as a module of Python's is not it
        # A restarted group would ask the address of one that is dead (pytorch #135712).
        "TORCH_DISABLE_SHARE_RDZV_TCP_STORE": "1",
        # Else gloo looks up the machine's name, and may find an address that leads nowhere.
        "GLOO_SOCKET_IFNAME": "lo0" if sys.platform == "darwin" else "lo",
    }


class _Followed:
    """The processes of a run, as they are followed."""

    def __init__(
        self,
        job: Job,
        agent: subprocess.Popen[bytes],
        board: Switchboard,
        watch: Watch,
        between_steps: Callable[[], None] | None,
    ) -> None:
        self._job, self._agent, self._board = job, agent, board
        self._watch, self._between_steps = watch, between_steps
        self._training, self._is_done = Training(), False
        self._processes: list[psutil.Process] = []
        self._faults: list[dict[str, Any]] = []
        self._cancelled: CancelledError | None = None
        self._stop_by_s, self._started = 0.0, 0

    def follow(self) -> Training:
        """Until all are at their end. Raises as ``run_together``."""
        with progress("training", total=self._job.steps, unit="steps") as task:
            while self._agent.poll() is None:
                self._hear(_LOOK_S, task)
                self._look_for_cancel()
                if any(fault.get("own") for fault in self._faults):
                    self.end()  # it would come again
            while self._board.has_more():
                self._hear(0.0, task)
        if self._cancelled is not None:
            raise self._cancelled
        if self._is_done and self._agent.returncode == 0:
            return self._training
        written, processes = self._job.folder / LOG, self._job.plan.processes
        raise find_cause(self._faults, processes, self._agent.returncode, written)

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
        kind = said["kind"]
        if kind == "here":
            self._know(said["pid"])
            self._tell_restart()
        elif kind == "step?":
            self._board.answer(caller, self._allow())
        elif kind == "event":
            if said["event"] == "finetuning.step":
                self._add_step(said["data"], task)
            events.emit(said["event"], **said["data"])
        elif kind == "training":
            self._training = read_training(said["training"])
            self._watch(self._training, self._read_shown() if said["shows"] else None)
        elif kind == "done" and said["rank"] == 0:
            self._training, self._is_done = read_training(said["training"]), True
        elif kind in ("error", "failed"):
            self._faults.append(said)

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
        return "go"

    def _add_step(self, data: Mapping[str, Any], task: Progress) -> None:
        plain = {name: data[name] for name in Step.__dataclass_fields__}
        step = Step(**plain)
        self._training.steps.append(step)
        with contextlib.suppress(CancelledError):  # said to all before the next step
            task.update(step.number, message=f"loss {step.loss_nats:.3f}")

    def _read_shown(self) -> Mapping[str, torch.Tensor]:
        found = read_state(self._job.folder / SHOWN, key=self._job.key)
        assert found is not None
        weights: Mapping[str, torch.Tensor] = found["weights"]
        return weights

    def _tell_restart(self) -> None:
        """Say it when all begin again: what the lost ones said is no fault of the run any more."""
        self._started += 1
        processes = self._job.plan.processes
        if self._started > processes and self._started % processes == 1:
            log.warning(
                "a process was lost: all %s go on from the last checkpoint (restart %s of %s)",
                processes, self._started // processes, self._job.plan.restarts,
            )  # fmt: skip
            self._faults.clear()

    def _know(self, pid: int) -> None:
        import psutil

        with contextlib.suppress(psutil.NoSuchProcess):
            self._processes.append(psutil.Process(pid))

    def end(self) -> None:
        """End what has not ended: the agent, which ends the others, and whoever is left."""
        import psutil

        if self._agent.poll() is None:
            self._agent.terminate()
            try:
                self._agent.wait(_END_S)
            except subprocess.TimeoutExpired:
                os.killpg(self._agent.pid, signal.SIGKILL)
                self._agent.wait()
        for left in psutil.wait_procs(self._processes, timeout=2)[1]:
            with contextlib.suppress(psutil.NoSuchProcess):
                left.kill()
