"""Running a pipeline once: from where it was, stage by stage, each written down when it is done."""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import os
import time
from collections.abc import Callable, Iterator, Sequence

from workbench.core import events, settings
from workbench.core.cancellation import cancellable, check_cancelled
from workbench.core.errors import (
    BusyError,
    CancelledError,
    InputError,
    StorageError,
    WorkbenchError,
)
from workbench.finetuning.pipeline.collecting import require_waiting
from workbench.finetuning.pipeline.definition import find_pipeline, read_pipeline
from workbench.finetuning.pipeline.stage_rows import PipelineRun, StageRows, StageState
from workbench.finetuning.pipeline.stages import STAGES, Context, Given, Stage
from workbench.store.files import make_folder, saying_why
from workbench.store.records import Records

STOPS = "finetuning.pipeline_stops"
_LOOK_S = 1.0
_LOCK_S = 0.02


def run_once(
    name: str, *, because: str = "by hand", stages: Sequence[Stage] = STAGES
) -> PipelineRun:
    """Go on with the open run of a pipeline, or begin one with what waits, as far as it goes.

    Killed at any moment, the same call goes on. A run keeps the definition with which it began.

    Args:
        name: The pipeline's.
        because: What started it, for the record.
        stages: In their order; tests give their own.

    Returns:
        The run: promoted, refused, or waiting for its canary.

    Raises:
        NotFoundError: There is no such pipeline, or what it names is gone.
        InputError: Nothing new waits.
        BusyError: It goes on in another process.
        CancelledError: It was stopped; the same call goes on.
        StorageError: The disk is full.
    """
    pipeline, rows = find_pipeline(name), StageRows()
    with _holding(name):
        run = rows.find_open(name)
        if run is None:
            require_waiting(pipeline)
            told = dataclasses.asdict(pipeline)
            run = rows.get(rows.begin_run(name, told, because=because))
        else:
            rows.set_run(run.id, "running")
        try:
            with _stoppable(name):
                _go_through(run, rows, stages)
        except (CancelledError, KeyboardInterrupt):
            rows.set_run(run.id, "stopped", reason="it was stopped; start it to go on")
            raise
        except Exception as error:
            with contextlib.suppress(StorageError):  # on a full disk the error itself says more
                rows.set_run(run.id, "failed", reason=str(_say(error)["message"]))
            raise
        return rows.get(run.id)


def _go_through(run: PipelineRun, rows: StageRows, stages: Sequence[Stage]) -> None:
    at = Context(read_pipeline(run.definition), run)
    for stage in stages:
        check_cancelled()
        at.run = rows.get(run.id)
        given = _do(stage, at, rows)
        at.done[stage.name] = given.output
        if given.ends is not None:
            rows.set_run(run.id, given.ends, reason=given.reason)
            return


def _do(stage: Stage, at: Context, rows: StageRows) -> Given:
    """What a stage gave before for the same inputs, or gives now."""
    inputs = stage.inputs(at)
    known = rows.find_done(stage.name, inputs)
    own = next((each for each in at.run.stages if each.stage == stage.name), None)
    if known is not None and "given" in known:
        if own is None or own.state != "done":
            rows.begin_stage(at.run.id, stage.name, inputs)
            rows.end_stage(at.run.id, stage.name, "done", output=known)
        return _read(known)
    rows.begin_stage(at.run.id, stage.name, inputs)
    events.emit("finetuning.stage", stage=stage.name, state="begun", run=at.run.id)
    try:
        given = stage.work(at)
    except WorkbenchError as error:
        if not isinstance(error, CancelledError):
            with contextlib.suppress(StorageError):
                rows.end_stage(at.run.id, stage.name, "failed", error=_say(error))
        raise
    events.emit("finetuning.stage", stage=stage.name, state="worked", run=at.run.id)
    state: StageState = "waiting" if given.ends == "waiting" else "done"
    told = {**given.output, "given": {"ends": given.ends, "reason": given.reason}}
    rows.end_stage(at.run.id, stage.name, state, output=told)
    events.emit("finetuning.stage", stage=stage.name, state=state, run=at.run.id)
    return given


def _read(known: dict[str, object]) -> Given:
    ended: dict[str, object] = known["given"]  # type: ignore[assignment]
    output = {name: value for name, value in known.items() if name != "given"}
    return Given(output, ended["ends"], str(ended["reason"]))  # type: ignore[arg-type]


def stop_pipeline(name: str, *, give_up: bool = False) -> PipelineRun:
    """Ask the open run of a pipeline to stop, in whatever process, and take its jobs off the queue.

    Args:
        name: The pipeline's.
        give_up: Also never go on with it: its files count as taken.

    Raises:
        InputError: It has no open run.
        BusyError: It is to be given up, and still goes on.
    """
    from workbench.finetuning.pipeline.queueing import open_jobs  # which looks at runs
    from workbench.store.jobs import JobQueue

    find_pipeline(name)
    rows = StageRows()
    for job in open_jobs(name):
        JobQueue().cancel(job.id)
    run = rows.find_open(name)
    if run is None:
        raise InputError(
            f"the pipeline {name} has no run that goes on",
            hint=f"workbench finetuning pipeline status {name}",
        )
    Records().put(STOPS, name, document={"asked_s": time.time()})
    if give_up:
        with _holding(name):
            rows.set_run(run.id, "given up", reason="by hand")
    return rows.get(run.id)


@contextlib.contextmanager
def _stoppable(name: str) -> Iterator[None]:
    Records().delete(STOPS, name)  # asked of an earlier attempt
    with cancellable() as token:
        token.watch(_probe(name))
        yield


def _probe(name: str) -> Callable[[], bool]:
    due_s = 0.0

    def is_asked() -> bool:
        nonlocal due_s
        if time.monotonic() < due_s:
            return False
        due_s = time.monotonic() + _LOOK_S
        return Records().find(STOPS, name) is not None

    return is_asked


def is_going_on(name: str) -> bool:
    """Whether a process is at the run of a pipeline now; nothing is written."""
    try:
        handle = os.open(settings.home() / "finetuning" / "pipelines" / f"{name}.lock", os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        # Shared: two that look do not see each other.
        fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def has_lost_its_process(run: PipelineRun) -> bool:
    """Whether a run that says it goes on was left by its process, as after a kill."""
    return run.state == "running" and not is_going_on(run.pipeline)


@contextlib.contextmanager
def _holding(name: str) -> Iterator[None]:
    """Have a pipeline alone; the lock goes with the process, however it ends."""
    folder = settings.home() / "finetuning" / "pipelines"
    with saying_why(folder):
        make_folder(folder)
        handle = os.open(folder / f"{name}.lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        if not _lock(handle):
            raise BusyError(
                f"the pipeline {name} goes on in another process",
                hint=f"workbench finetuning pipeline stop {name}",
                retry_after_s=10,
            )
        yield
    finally:
        os.close(handle)


def _lock(handle: int) -> bool:
    """Take a lock; one that looks (``is_going_on``) has it for an instant, and is waited for."""
    for _ in range(5):
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        except BlockingIOError:
            time.sleep(_LOCK_S)
    return False


def _say(error: BaseException) -> dict[str, object]:
    if isinstance(error, WorkbenchError):
        return error.to_dict()
    return {"code": "internal", "message": f"{type(error).__name__}: {error}", "hint": None}
