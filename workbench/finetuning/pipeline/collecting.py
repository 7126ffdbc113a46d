"""The data that waits: files of a folder, and judged answers, that no run has taken yet."""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from workbench.core.errors import InputError, NotFoundError
from workbench.finetuning.pipeline.definition import Pipeline
from workbench.finetuning.pipeline.stage_rows import StageRows
from workbench.finetuning.snapshots.collecting_feedback import (
    Collected,
    LearntRow,
    collect_feedback,
)
from workbench.store.files import hash_file, saying_why

SUFFIXES = (".jsonl", ".ndjson")


JUDGED = "judged answers"  # beside the names of files


@dataclass(frozen=True)
class Waiting:
    """What waits: the files with their sha256, and how many lines they have.

    ``judged`` are rows of feedback, which stand among ``files`` under one name.
    """

    files: dict[str, str]
    paths: tuple[Path, ...]
    rows: int
    judged: Collected | None = None

    @property
    def judged_rows(self) -> tuple[LearntRow, ...]:
        """The rows of feedback that wait."""
        return () if self.judged is None else self.judged.rows


def find_waiting(pipeline: Pipeline) -> Waiting:
    """What no run of this pipeline has taken. A file that was changed is new data.

    Raises:
        NotFoundError: The folder is not there any more.
    """
    folder = Path(pipeline.data)
    if not folder.exists():
        raise NotFoundError(f"there is no folder {folder}", hint=f"mkdir {folder}")
    given = sorted(folder.iterdir()) if folder.is_dir() else [folder]
    before = [run.output("collect") or {} for run in StageRows().list_runs(pipeline.name)]
    taken = {sha256 for each in before for sha256 in each.get("files", {}).values()}
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
    if not pipeline.feedback:
        return Waiting(files, tuple(paths), rows)
    judged = _find_judged(pipeline, {name for each in before for name in each.get("judged", ())})
    if judged.rows:
        files[JUDGED] = hashlib.sha256(_lines(judged.rows)).hexdigest()
    return Waiting(files, tuple(paths), rows + len(judged.rows), judged)


def _find_judged(pipeline: Pipeline, taken: set[str]) -> Collected:
    """The judged answers of the base and of the adapter that may be learnt and were not taken."""
    found = collect_feedback(models=(pipeline.model, pipeline.adapter))
    rows = tuple(each for each in found.rows if name_judgement(each) not in taken)
    return dataclasses.replace(found, rows=rows)


def name_judgement(row: LearntRow) -> str:
    """What one judgement is known by: one that took its place is another. Nothing of its words."""
    return hashlib.sha256(f"{row.request_id} {row.judged_s!r}".encode()).hexdigest()[:16]


def _lines(rows: Iterable[LearntRow]) -> bytes:
    return "".join(each.line for each in rows).encode()


def require_waiting(pipeline: Pipeline) -> Waiting:
    """As ``find_waiting``. Raises InputError if nothing waits."""
    found = find_waiting(pipeline)
    if not found.rows:
        judged = ", and no judged answer that may be learnt" if pipeline.feedback else ""
        raise InputError(
            f"nothing new waits in {pipeline.data}{judged}",
            hint=f"put a {' or '.join(SUFFIXES)} file there; a file that a run took is not new",
        )
    return found


def read_questions(waiting: Waiting) -> list[str]:
    """What is asked in the rows that wait, those of the oldest file first.

    Rows that are broken are left out, and a file that is gone meanwhile has none.
    """
    from workbench.finetuning.snapshots.reading import example_of

    asked = []
    for lines in _each_lines(waiting):
        for line in filter(bytes.strip, lines):
            try:
                asked.append(example_of(json.loads(line), "").messages[-2][1])
            except (InputError, ValueError, AttributeError):
                continue  # the snapshot names such rows when they are taken
    return asked


def _each_lines(waiting: Waiting) -> Iterator[list[bytes]]:
    """The lines of each file that is there, and of the feedback."""
    for path in sorted(waiting.paths, key=_time_of):
        with contextlib.suppress(FileNotFoundError):
            yield path.read_bytes().splitlines()
    yield _lines(waiting.judged_rows).splitlines()


def _time_of(path: Path) -> tuple[int, str]:
    try:
        return path.stat().st_mtime_ns, path.name
    except FileNotFoundError:
        return 0, path.name


def read_batch(waiting: Waiting) -> bytes:
    """The files' lines and those of feedback as one, which later changes do not reach.

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
    return b"".join([*parts, _lines(waiting.judged_rows)])


def first_lines(waiting: Waiting) -> list[tuple[str, int]]:
    """At which line of the batch each file begins, and the feedback: checks name the batch's lines.

    Raises:
        StorageError: A file cannot be read.
    """
    found, line = [], 1
    for path in waiting.paths:
        found.append((path.name, line))
        with saying_why(path):
            line += path.read_bytes().rstrip(b"\n").count(b"\n") + 1
    return [*found, (JUDGED, line)] if waiting.judged_rows else found
