"""Starting the processes of a run on this machine, following them, and leaving none behind.

The one who calls keeps the record, hears the steps and says before each whether it may begin; the
processes, started by torchrun's agent, keep the checkpoint in the run's folder.
"""

from __future__ import annotations

import contextlib
import dataclasses
import logging
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import workbench
from workbench.core.errors import CapabilityError, WorkbenchError
from workbench.core.progress import Progress, progress
from workbench.finetuning.distributed.following import LOG, Followed
from workbench.finetuning.distributed.job import NAME, Job, write_job
from workbench.finetuning.distributed.line import ADDRESS, Switchboard
from workbench.finetuning.distributed.plan import Plan, check_plan
from workbench.finetuning.distributed.rank import SHOWN
from workbench.finetuning.distributed.recovery import Recovery
from workbench.finetuning.distributed.story import Story, Watch
from workbench.finetuning.distributed.watching import PARENT
from workbench.finetuning.training.loop import Training
from workbench.models.engines.openmp import WAIT_POLICY
from workbench.models.folder import read_config

log = logging.getLogger(__name__)

_ROOT = str(Path(workbench.__file__).parents[1])


def run_together(
    job: Job, *, watch: Watch, between_steps: Callable[[], None] | None = None
) -> Training:
    """Train on several processes, to the end or until it is cancelled.

    What was trained stands in the checkpoint of the job's folder. Where a process is lost, all are
    started again from the last checkpoint; see ``Recovery``. Each attempt has an agent of its own:
    what another one left of its meeting place is not asked.

    Args:
        job: What is trained, how and on how many.
        watch: Called after each evaluation and checkpoint.
        between_steps: Called before each step; it may wait.

    Raises:
        CancelledError: It was cancelled; the same call goes on.
        PeerError: A process was killed or hangs, more often than the plan allows.
        EngineError: One failed, or none could be started.
        StorageError: The disk is full; the last checkpoint is still there.
        WorkbenchError: Of whatever kind a process raised.
    """
    recovery = Recovery(job.plan, lambda plan: _fits(job, plan))
    story = Story(job, watch, recovery.note_checkpoint)
    with progress("training", total=job.steps, unit="steps") as task:
        while True:
            plan = recovery.plan
            plan = dataclasses.replace(plan, threads=plan.count_threads())  # as settings are here
            attempt = dataclasses.replace(job, plan=plan, recipe=plan.keep(job.recipe))
            is_done, lost = _attempt(attempt, story, recovery, between_steps, task)
            if is_done:
                return story.training
            if lost is None:
                story.lose(f"all of {recovery.whole.processes} are tried again",
                           recovery.grow().processes)  # fmt: skip
                continue
            following = recovery.lose()
            if following is None:
                raise lost
            story.lose(lost.message, following.processes)


def _fits(job: Job, plan: Plan) -> bool:
    try:
        check_plan(plan, job.recipe, read_config(job.model))
    except CapabilityError:
        return False
    return True


def _attempt(
    job: Job,
    story: Story,
    recovery: Recovery,
    between_steps: Callable[[], None] | None,
    task: Progress,
) -> tuple[bool, WorkbenchError | None]:
    """From a start until the end or a loss: whether it is done, and what was lost."""
    write_job(job)
    board = Switchboard()
    try:
        with _start(job, board.address) as agent:
            followed = Followed(job, agent, board, story, between_steps, lambda: recovery.wants_all)
            try:
                lost = followed.follow(task)
                return followed.is_done, lost
            finally:
                followed.end()
    finally:
        board.close()
        (job.folder / NAME).unlink(missing_ok=True)
        (job.folder / SHOWN).unlink(missing_ok=True)


@contextlib.contextmanager
def _start(job: Job, address: str) -> Iterator[subprocess.Popen[bytes]]:
    """torchrun's agent, in a session of its own: Ctrl-C is told to us, and we end it."""
    with (job.folder / LOG).open("ab") as written:
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
