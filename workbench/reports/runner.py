"""Running notebooks side by side: plans, kernels, limits, and what each run came to."""

from __future__ import annotations

import contextvars
import datetime as dt
import logging
import threading
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..core import progress
from ..core.cancellation import check_cancelled
from ..core.errors import CancelledError, InputError, StorageError
from ..core.processors import usable_cores
from ..store import files
from . import records
from .kernels import KernelSource
from .notebooks import Notebook
from .parameters import read_parameters, resolve_parameters
from .runs import NotebookRun, RunError, RunPlan, Status
from .sessions import KernelSession

log = logging.getLogger(__name__)

_LOOK_INTERVAL_S = 0.1


@dataclass
class _Active:
    """A run under way, as the thread that watches it sees it."""

    plan: RunPlan
    session: KernelSession
    deadline_s: float

    @property
    def has_kernel(self) -> bool:
        """Whether it holds one of the places; after that it only writes its record and page."""
        return not self.session.kernel_gone.is_set()


def plan_runs(
    notebooks: Sequence[Notebook],
    given: Mapping[str, Any],
    *,
    profile: str,
    out: Path,
    timeout_s: float,
    standalone: bool = False,
) -> list[RunPlan]:
    """Check the parameters of every notebook, before any of them is run.

    Raises:
        InputError: A parameter is unknown to one of them, ill-typed or out of its bounds.
    """
    plans = []
    here = Path.cwd()
    for notebook in notebooks:
        values = resolve_parameters(notebook, given, profile=profile)
        for name, value in values.items():
            # Typed at a prompt it means this folder; the notebook runs in its project's root.
            if name in given and isinstance(value, Path) and here.resolve() != notebook.root:
                values[name] = here / value
        plans.append(
            RunPlan(
                slug=notebook.slug,
                shown_path=notebook.shown_path,
                path=notebook.path.absolute(),
                title=notebook.title,
                sha256=notebook.sha256,
                root=notebook.root,
                parameters=values,
                defaults={p.name: p.default for p in read_parameters(notebook).values()},
                profile=profile,
                out=out.absolute(),
                timeout_s=timeout_s,
                standalone=standalone,
            )
        )
    return plans


def run_plans(plans: Sequence[RunPlan], source: KernelSource, *, jobs: int) -> list[NotebookRun]:
    """Run the plans, ``jobs`` at a time; one that fails does not stop the others.

    Raises:
        CancelledError: The run was cancelled; every kernel is gone.
    """
    source.settle()
    threads = max(1, usable_cores() // min(jobs, len(plans)))
    active: dict[Future[NotebookRun], _Active] = {}
    waiting = list(plans)
    done: dict[str, NotebookRun] = {}
    look = threading.Event()
    # Threads are enough: this process only passes messages, the work is in the kernels. There are
    # more of them than kernels, so that a page is written while the next kernel is at work.
    with (
        _count_of(plans) as task,
        ThreadPoolExecutor(2 * jobs, thread_name_prefix="report") as pool,
    ):
        try:
            while waiting or active:
                while waiting and _has_place(active.values(), jobs):
                    plan = waiting.pop(0)
                    session = source.open(plan.root, threads=threads)
                    session.on_kernel_gone = look.set
                    context = contextvars.copy_context()
                    future = pool.submit(context.run, _run_one, plan, session)
                    future.add_done_callback(lambda _: look.set())
                    active[future] = _Active(plan, session, time.monotonic() + plan.timeout_s)
                look.wait(_LOOK_INTERVAL_S)
                look.clear()
                for future in [future for future in active if future.done()]:
                    run = future.result()
                    done[active.pop(future).plan.run_id] = run
                    if task is not None:
                        task.advance(message=f"{run.notebook}: {run.status}")
                _stop_late(active.values())
                check_cancelled()
        except BaseException:  # also Ctrl-C: whatever ends the run, no kernel may outlive it
            _stop_all(active)
            raise
    return [done[plan.run_id] for plan in plans]


def _count_of(plans: Sequence[RunPlan]) -> AbstractContextManager[progress.Progress | None]:
    """How many notebooks are through. With one of them, that it is not would say nothing."""
    if len(plans) == 1:
        return nullcontext()
    return progress.progress("notebooks", total=len(plans), unit="notebooks")


def _has_place(active: Iterable[_Active], jobs: int) -> bool:
    """Whether another kernel may run: not with ``jobs`` at work, or as many pages unwritten."""
    each_has_kernel = [each.has_kernel for each in active]
    return sum(each_has_kernel) < jobs and len(each_has_kernel) < 2 * jobs


def _stop_late(active: Iterable[_Active]) -> None:
    now_s = time.monotonic()
    for each in active:
        if now_s > each.deadline_s and each.has_kernel:
            each.session.stop("deadline")


def _stop_all(active: dict[Future[NotebookRun], _Active]) -> None:
    """Kill the kernels until each run has noticed; a kernel may be on its way up just now."""
    pending = set(active)
    while pending:
        for future in pending:
            active[future].session.stop("cancelled")
        _, pending = wait(pending, timeout=_LOOK_INTERVAL_S)


def _run_one(plan: RunPlan, session: KernelSession) -> NotebookRun:
    """One notebook from its plan to its record, in a thread of its own."""
    started_at, started_s = dt.datetime.now(dt.UTC).isoformat(timespec="seconds"), time.monotonic()
    with files.saying_why(plan.folder):
        files.make_folder(plan.folder)
    try:
        with progress.progress(plan.slug, total=None, unit="cells") as task:
            ours = contextvars.copy_context()

            def on_cell(position: int, total: int) -> None:
                said = f"cell {position + 1} of {total}"
                if session.stopped is None:
                    ours.run(task.update, position, total=total, message=said)

            session.on_cell = on_cell
            error = _execute(plan, session)
            if error and session.kind == "fork" and _never_began(session):
                session.turn_cold(f"no forked kernel came up: {error.message}")
                error = _execute(plan, session)
    finally:
        session.close()
        session.end_kernel()
    duration_s = time.monotonic() - started_s
    claims = records.collect_claims(session.nb)
    error = error or records.judge_claims(plan.shown_path, claims)
    from . import page  # draws with mistune and Pygments, which only a run's end needs

    status = _status(error)
    _write_executed(plan, session)
    record = records.build_record(
        plan,
        session,
        status=status,
        error=error,
        started_at=started_at,
        duration_s=duration_s,
    )
    records.write_record(plan, record)
    page.write_page(plan.folder, source_folder=plan.path.parent, standalone=plan.standalone)
    return NotebookRun(
        notebook=plan.shown_path,
        status=status,
        duration_s=round(duration_s, 3),
        claims=[claim for _, claim in claims],
        error=error,
        run_id=plan.run_id,
        kernel=session.kind,
        kernel_reason=session.reason,
        folder=plan.folder,
    )


def _execute(plan: RunPlan, session: KernelSession) -> RunError | None:
    """Let papermill run the notebook; the failure, if it is the notebook's or its kernel's."""
    from nbclient.exceptions import DeadKernelError
    from papermill import PapermillExecutionError

    from . import engine

    try:
        # A context of its own, since jupyter_core keeps its event loop in one: a copy of ours
        # would have two threads run the same loop.
        with files.saying_why(plan.executed):
            contextvars.Context().run(
                engine.execute,
                plan.path,
                plan.executed,
                parameters=plan.parameters,
                session=session,
            )
    except PapermillExecutionError as error:
        if session.stopped == "cancelled":  # what a cell raised while it was killed is no result
            return _kernel_error(plan, session, error)
        return _cell_error(plan, error)
    except CancelledError as error:
        session.stop("cancelled")
        return _kernel_error(plan, session, error)
    except DeadKernelError as error:
        return _kernel_error(plan, session, error)
    except StorageError as error:
        return RunError("runner", error.message, plan.shown_path, name=type(error).__name__)
    except Exception as error:  # a job's fault is its result: the other notebooks go on
        if session.stopped is None:
            log.exception("%s did not run", plan.shown_path)
        return _kernel_error(plan, session, error)
    return None


def _status(error: RunError | None) -> Status:
    if error is None:
        return "passed"
    return "cancelled" if error.kind == "cancelled" else "failed"


def _never_began(session: KernelSession) -> bool:
    return session.position is None and session.stopped is None


def _cell_error(plan: RunPlan, error: Any) -> RunError:
    # papermill counts its own warning cells, so its index is not the notebook's; the number is.
    message = f"cell {error.exec_count} raised {error.ename}: {error.evalue}".strip(": ")
    return RunError("cell", message, plan.shown_path, cell=error.exec_count, name=error.ename)


def _kernel_error(plan: RunPlan, session: KernelSession, error: Exception) -> RunError:
    running = session.mark_stopped_cell()
    where = f" in cell {running}" if running is not None else " before its first cell"
    if session.stopped == "deadline":
        message = f"took longer than its limit of {plan.timeout_s:g} s; stopped{where}"
        return RunError("deadline", message, plan.shown_path, cell=running)
    if session.stopped == "cancelled":
        return RunError("cancelled", f"stopped by the user{where}", plan.shown_path, cell=running)
    message = f"the kernel ended{where}: {type(error).__name__}: {error}"
    words = session.last_words()
    if words:
        message += f"\n{words}"
    return RunError("kernel", message, plan.shown_path, cell=running, name=type(error).__name__)


def _write_executed(plan: RunPlan, session: KernelSession) -> None:
    """The executed notebook, without the warnings that papermill writes into a failed one."""
    import nbformat
    from papermill.execute import remove_error_markers

    nb = session.nb
    if nb is None:  # the kernel never came up
        plan.executed.unlink(missing_ok=True)
        return
    files.write_text(plan.executed, nbformat.writes(remove_error_markers(nb)) + "\n")


def broken_run(path: Path, message: str, out: Path) -> NotebookRun:
    """What a file comes to that could not be read as a notebook; it leaves no page."""
    return NotebookRun(
        notebook=str(path),
        status="failed",
        duration_s=0.0,
        claims=[],
        error=RunError("notebook", message, str(path)),
        run_id="",
        kernel="cold",
        kernel_reason="none was started",
        folder=out,
    )


def check_jobs(jobs: int) -> int:
    """The number of notebooks at a time, if it is one."""
    if jobs < 1:
        raise InputError(f"jobs is {jobs}; at least 1 is needed", parameter="jobs")
    return jobs
