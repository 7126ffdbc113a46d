"""The operations of this room: run notebooks, and look at what they came to."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Literal

import annotated_types as limits

from ..core import settings
from ..core.errors import InputError, NotFoundError, StorageError
from ..core.operations import operation
from ..core.optional import require_installed
from .documents import operations as documents  # noqa: F401
from .runs import ReportRun


@operation("reports.run", title="Run notebooks as reports", produces="report")
def run(
    notebooks: list[Path],
    *,
    parameters: dict[str, Any] | None = None,
    profile: Literal["quick", "full"] = "quick",
    jobs: Annotated[int, limits.Ge(1)] | None = None,
    out: Path | None = None,
    kernels: Literal["auto", "fork", "cold"] = "auto",
    timeout_s: Annotated[float, limits.Gt(0)] | None = None,
    standalone: bool = False,
) -> ReportRun:
    """Run notebooks with checked parameters and write a page and a record of each.

    Each runs in the root of its project in a fresh kernel. One that fails, or that is no valid
    notebook any more, does not stop the others. Nothing is run if a parameter of any of them is
    wrong.

    Args:
        notebooks: Notebooks, or folders that stand for every notebook below them (not those in
            ``dashboards/``).
        parameters: Values by name, for every notebook; each must know them all.
        profile: Which of the notebook's own sets of values to start from.
        jobs: Notebooks at a time (setting report_jobs).
        out: The folder for pages and records (setting reports_dir).
        kernels: Fork kernels from one warm process, start each cold, or choose.
        timeout_s: Longest run of one notebook (setting notebook_timeout_s).
        standalone: Write each page as a single file, in which interactive figures are pictures.

    Raises:
        InputError: A notebook or a parameter is wrong; nothing was run.
        CancelledError: The run was stopped; its kernels are gone.
    """
    from .history import write_index
    from .kernels import kernel_source
    from .notebooks import find_files, read_notebooks
    from .records import home_folder
    from .runner import broken_run, check_jobs, plan_runs, run_plans

    require_installed("papermill", extra="reports")
    started_s = time.monotonic()
    limit_s = settings.get("notebook_timeout_s") if timeout_s is None else timeout_s
    if limit_s <= 0:
        raise InputError(f"timeout_s is {limit_s:g}; it must be above 0", parameter="timeout_s")
    at_a_time = check_jobs(settings.get("report_jobs") if jobs is None else jobs)
    folder = Path(settings.get("reports_dir") if out is None else out)
    if folder.exists() and not folder.is_dir():
        raise InputError(
            f"reports cannot be written to {folder}: it is a file", hint="--out FOLDER"
        )
    files = find_files(notebooks)
    with _naming_out(folder), kernel_source(files, choice=kernels) as source:
        found, broken = read_notebooks(files)
        if not found:
            raise next(iter(broken.values()))
        plans = plan_runs(
            found,
            parameters or {},
            profile=profile,
            out=folder,
            timeout_s=limit_s,
            standalone=standalone,
        )
        _check_places(folder, home_folder())
        try:
            runs = run_plans(plans, source, jobs=at_a_time)
        finally:
            # Also after Ctrl-C: the runs that came to their end belong in the index.
            write_index(folder)
    runs += [broken_run(path, error.message, folder) for path, error in broken.items()]
    return ReportRun(runs, folder / "index.html", round(time.monotonic() - started_s, 3))


def _check_places(*folders: Path) -> None:
    """Raise before a kernel starts for nothing if pages or records could not be written."""
    from ..store.files import drafting

    for folder in folders:
        with drafting(folder, "try"):
            pass


@contextmanager
def _naming_out(folder: Path) -> Iterator[None]:
    """Where the reports' own folder is full or closed, name the option that chooses it."""
    try:
        yield
    except StorageError as error:
        path = Path(str(error.context.get("path", "")))
        if not path.is_relative_to(folder.absolute()):
            raise
        raise StorageError(
            error.message,
            hint=f"{error.hint}: --out FOLDER",
            path=str(path),
        ) from error


@operation("reports.list", title="List the runs of reports", produces="report runs")
def list_runs(
    *, notebook: str | None = None, limit: Annotated[int, limits.Ge(1)] = 20
) -> list[dict[str, Any]]:
    """List runs that WORKBENCH_HOME keeps a record of, the latest first.

    Records outlive the runs' folders; files_gone says that one was deleted or moved.

    Args:
        notebook: Only the runs of this notebook: its file's name without the ending.
        limit: At most so many.
    """
    from .records import find_home_records, has_lost_files

    fields = ("run_id", "notebook", "status", "started_at", "duration_s", "profile", "kernel")
    return [
        {
            **{name: record.get(name) for name in fields},
            "claims": len(record["claims"]),
            "claims_ok": sum(bool(claim["ok"]) for claim in record["claims"]),
            "files_gone": has_lost_files(record),
        }
        for record in reversed(find_home_records())
        if notebook is None or notebook in (record["slug"], record["notebook"])
    ][:limit]


@operation("reports.show", title="Show the record of one run", produces="report run")
def show(run: str) -> dict[str, Any]:
    """Show the whole record of one run; files_gone says that its folder was deleted or moved.

    Args:
        run: The run's id, or a notebook's name for its last run.
    """
    from .records import find_record, has_lost_files

    record = find_record(run)
    return {**record, "files_gone": has_lost_files(record)}


@operation("reports.index", title="Make the index of reports anew", produces="report index")
def index(*, out: Path | None = None) -> dict[str, Any]:
    """Make index.html and index.json anew from the run folders that are there.

    Args:
        out: The folder with the reports (setting reports_dir).

    Raises:
        NotFoundError: There is no such folder.
    """
    from .history import write_index

    folder = Path(settings.get("reports_dir") if out is None else out)
    if not folder.is_dir():
        raise NotFoundError(
            f"there is no folder {folder}", hint="workbench report run notebooks", path=str(folder)
        )
    return write_index(folder)


@operation("reports.render", title="Draw the page of a run anew", produces="page")
def render(folder: Path, *, standalone: bool = False) -> Path:
    """Draw report.html anew from a run's record and its executed notebook; nothing is run.

    Args:
        folder: The folder of one run: <out>/<notebook>/<run>.
        standalone: Write a single file that can be sent on; interactive figures stay pictures.

    Raises:
        NotFoundError: The folder holds no record.
    """
    from .page import write_page

    return write_page(folder.absolute(), source_folder=folder, standalone=standalone)
