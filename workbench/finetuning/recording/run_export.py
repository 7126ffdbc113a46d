"""Taking runs to other programs: a folder a run, written whole or not at all."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from workbench.core.errors import ConflictError
from workbench.core.viewers import Viewable
from workbench.finetuning.recording.recorded_run import RecordedRun, find_recorded_run
from workbench.store.files import make_folder, saying_why

Program = Literal["tensorboard", "mlflow"]


@dataclass(frozen=True)
class RunExport(Viewable):
    """What was written where. ``points`` counts the steps, ``then`` is what to do with it."""

    run: str
    to: Program
    folder: str
    files: tuple[str, ...]
    points: int
    then: str


def export_run(run: str, *, to: Program, out: Path, replace: bool = False) -> RunExport:
    """Write a run for TensorBoard or MLflow, below ``out`` in a folder of its own.

    Args:
        run: As for ``find_recorded_run``; also one that goes on, as far as it is.
        to: The program.
        out: The folder that holds the runs; made if it is not there.
        replace: Write again what was exported before.

    Raises:
        NotFoundError: There is no such run.
        ConflictError: It was exported there before.
        DependencyError: The writer of TensorBoard's files is not installed.
        StorageError: The folder cannot be written.
    """
    found = find_recorded_run(run)
    write, then = _writer(to, out)
    folder = out / folder_name(found)
    if folder.exists() and not replace:
        raise ConflictError(f"{str(folder)!r} is there already", hint="--replace, or another --out")
    with saying_why(out):
        make_folder(out)
        work = Path(tempfile.mkdtemp(prefix=".export-", dir=out))
        try:
            write(found, work)
            work.chmod(0o755)
            if folder.exists():
                shutil.rmtree(folder)
            work.replace(folder)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    files = tuple(sorted(path.name for path in folder.iterdir()))
    return RunExport(found.run, to, str(folder), files, len(found.curve), then)


def folder_name(run: RecordedRun) -> str:
    """The name of a run's folder, and of the run in the other program."""
    version = "" if run.version is None else f"-v{run.version}"
    return f"{run.adapter}{version}-{run.run[:8]}"


def _writer(to: Program, out: Path) -> tuple[Callable[[RecordedRun, Path], None], str]:
    if to == "tensorboard":
        from workbench.finetuning.recording.tensorboard_files import write_events

        return write_events, f"tensorboard --logdir {out}"
    from workbench.finetuning.recording.mlflow_bundle import write_bundle

    return write_bundle, f"python {out}/*/import_into_mlflow.py"
