"""The data that waits: files of a folder that no run has taken yet, by their sha256."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from workbench.core.errors import InputError, NotFoundError
from workbench.finetuning.pipeline.definition import Pipeline
from workbench.finetuning.pipeline.stage_rows import StageRows
from workbench.store.files import hash_file, saying_why

SUFFIXES = (".jsonl", ".ndjson")


@dataclass(frozen=True)
class Waiting:
    """What waits: the files with their sha256, and how many lines they have."""

    files: dict[str, str]
    paths: tuple[Path, ...]
    rows: int


def find_waiting(pipeline: Pipeline) -> Waiting:
    """What no run of this pipeline has taken. A file that was changed is new data.

    Raises:
        NotFoundError: The folder is not there any more.
    """
    folder = Path(pipeline.data)
    if not folder.exists():
        raise NotFoundError(f"there is no folder {folder}", hint=f"mkdir {folder}")
    given = sorted(folder.iterdir()) if folder.is_dir() else [folder]
    taken = {
        sha256
        for run in StageRows().list_runs(pipeline.name)
        for sha256 in (run.output("collect") or {}).get("files", {}).values()
    }
    files: dict[str, str] = {}
    paths, rows = [], 0
    for path in given:
        if path.suffix not in SUFFIXES or path.name.startswith(".") or not path.is_file():
            continue
        with saying_why(path):
            sha256 = hash_file(path)
            lines = sum(bool(line.strip()) for line in path.read_bytes().splitlines())
        if sha256 in taken or sha256 in files.values() or not lines:
            continue
        files[path.name] = sha256
        paths.append(path)
        rows += lines
    return Waiting(files, tuple(paths), rows)


def require_waiting(pipeline: Pipeline) -> Waiting:
    """As ``find_waiting``. Raises InputError if nothing waits."""
    found = find_waiting(pipeline)
    if not found.paths:
        raise InputError(
            f"nothing new waits in {pipeline.data}",
            hint=f"put a {' or '.join(SUFFIXES)} file there; a file that a run took is not new",
        )
    return found


def read_questions(waiting: Waiting) -> list[str]:
    """What is asked in the rows that wait, those of the oldest file first.

    Rows that are broken are left out, and a file that is gone meanwhile has none.
    """
    from workbench.finetuning.snapshots.forms import to_example

    asked = []
    for path in sorted(waiting.paths, key=_time_of):
        try:
            lines = path.read_bytes().splitlines()
        except FileNotFoundError:
            continue
        for line in filter(bytes.strip, lines):
            try:
                asked.append(to_example(json.loads(line), identity="").messages[-2][1])
            except (InputError, ValueError, AttributeError):
                continue  # the snapshot names such rows when they are taken
    return asked


def _time_of(path: Path) -> tuple[int, str]:
    try:
        return path.stat().st_mtime_ns, path.name
    except FileNotFoundError:
        return 0, path.name


def read_batch(waiting: Waiting) -> bytes:
    """The files' lines as one, which later changes of the files do not reach.

    Raises:
        InputError: A file was changed while it was read.
    """
    parts = []
    for path in waiting.paths:
        with saying_why(path):
            content = path.read_bytes()
        if hashlib.sha256(content).hexdigest() != waiting.files[path.name]:
            raise InputError(
                f"{path} changed while it was read",
                hint="write files elsewhere and move them into the folder when they are whole",
            )
        parts.append(content.rstrip(b"\n") + b"\n")
    return b"".join(parts)
