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
import tempfile
import time
from collections.abc import Callable, Iterator

from workbench.core.errors import CapabilityError, WorkbenchError
from workbench.core.progress import Progress, progress
from workbench.finetuning.distributed.following import LOG, Followed
from workbench.finetuning.distributed.job import NAME, Job, write_job
from workbench.finetuning.distributed.line import ADDRESS, Switchboard
from workbench.finetuning.distributed.plan import Plan, check_plan
from workbench.finetuning.distributed.rank import SHOWN
from workbench.finetuning.distributed.recovery import Recovery
from workbench.finetuning.distributed.story import Story, Watch
from workbench.finetuning.distributed.surroundings import BEGAN, tell_ranks
from workbench.finetuning.distributed.watching import PARENT
from workbench.finetuning.training.loop import Training
from workbench.models.folder import read_config

log = logging.getLogger(__name__)


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
    began_s, tries = time.time(), 0
    with progress("training", total=job.steps, unit="steps") as task:
        while True:
            plan = recovery.plan
            plan = dataclasses.replace(plan, threads=plan.count_threads())  # as settings are here
            attempt = dataclasses.replace(job, plan=plan, recipe=plan.keep(job.recipe))
            followed, lost = _attempt(attempt, story, recovery, between_steps, task, began_s)
            if followed.is_done:
                return story.training
            if lost is None and followed.gives_way_to:
                story.lose(f"gave way to the run {followed.gives_way_to}", plan.processes)
                continue
            if lost is None:
                story.lose(f"all of {recovery.whole.processes} are tried again",
                           recovery.grow().processes)  # fmt: skip
                continue
            # A cluster that was too small from the start is not one that has lost a node.
            following = recovery.lose(followed.room) if followed.room is None or tries else None
            if following is None:
                raise lost
            tries += 1
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
    began_s: float,
) -> tuple[Followed, WorkbenchError | None]:
    """From a start until the end or a loss: what was heard, and what was lost."""
    write_job(job)
    board = Switchboard()
    is_local = job.plan.launcher == "local"
    try:
        with _start(job, board.address, began_s) as agent:
            followed = Followed(
                job, agent, board, story, between_steps,
                lambda more: recovery.wants_all and (is_local or more >= recovery.missing),
            )  # fmt: skip
            try:
                return followed, followed.follow(task)
            finally:
                followed.end()
    finally:
        board.close()
        (job.folder / NAME).unlink(missing_ok=True)
        (job.folder / SHOWN).unlink(missing_ok=True)


@contextlib.contextmanager
def _start(job: Job, address: str, began_s: float) -> Iterator[subprocess.Popen[bytes]]:
    """The agent, torchrun's or ours of a cluster, in a session of its own: Ctrl-C is told to us,
    and we end it."""
    agent = "agent" if job.plan.launcher == "local" else "cluster.agent"
    with (job.folder / LOG).open("ab") as written, _make_scratch() as scratch:
        yield subprocess.Popen(
            [sys.executable, "-m", f"{__package__}.{agent}", str(job.folder)],
            stdin=subprocess.DEVNULL,
            stdout=written,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env={
                **os.environ,
                **tell_ranks(job.plan),
                ADDRESS: address,
                PARENT: str(os.getpid()),
                BEGAN: repr(began_s),
                "RAY_TMPDIR": scratch,
            },
        )


def _make_scratch() -> tempfile.TemporaryDirectory[str]:
    """A folder for a cluster that is made for a run, short enough for the names of its sockets."""
    folder = tempfile.gettempdir()
    return tempfile.TemporaryDirectory(
        prefix="wb-ray-", dir=folder if len(folder) < 24 else "/tmp", ignore_cleanup_errors=True
    )
