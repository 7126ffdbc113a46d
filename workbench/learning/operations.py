"""What a user can ask of the labs."""

from __future__ import annotations

import dataclasses
import datetime as dt
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.core.errors import ConflictError, NotFoundError
from workbench.core.operations import operation
from workbench.core.plain import to_plain
from workbench.core.viewers import Viewable
from workbench.reports.own_copies import FOLDER

from .catalogue import LabSpec, all_labs, find_lab, labs_folder
from .grades import Grade


@dataclass(frozen=True)
class LabRow:
    """One lab: its question, the time that it takes and what it needs, and whether it is the first
    to do."""

    name: str
    title: str
    question: str
    minutes: int
    memory_gb: float
    questions: int
    points: int
    notebook: Path
    begin_here: bool


@dataclass(frozen=True)
class BuiltLab(Viewable):
    """A student's notebook; ``changed`` is whether it was not as its source says."""

    name: str
    notebook: Path
    changed: bool


@dataclass(frozen=True)
class Progress(Viewable):
    """How far a learner is in one lab.

    ``passed`` are the questions whose public checks passed when they were last run, in the
    learner's own kernel. ``best_score`` is of gradings that the ledger vouches for; ``unsound`` is
    how many records it does not. ``result`` is that of the last sound grading, ``""`` before
    there is one; ``summary`` says in words how far it went, and ``time`` when something was last
    done (ISO 8601), both empty for a lab that was not begun.
    """

    lab: str
    notebook: Path
    result: str
    summary: str
    time: str
    title: str
    passed: tuple[str, ...]
    questions: int
    checks: int
    hints: int
    solutions: int
    gradings: int
    best_score: int | None
    score_possible: int
    unsound: int


@operation("learning.list", title="List the labs", produces="labs")
def list_labs() -> list[LabRow]:
    """List the labs with their questions and the time that they take."""
    return [_row(spec) for spec in all_labs()]


def _row(spec: LabSpec) -> LabRow:
    return LabRow(
        spec.name,
        spec.title,
        spec.question,
        spec.minutes,
        spec.memory_gb,
        len(spec.questions),
        spec.points,
        spec.notebook,
        spec.begin_here,
    )


@operation("learning.build", title="Make a lab's notebook from its source", produces="lab")
def build(name: str, *, check: bool = False) -> BuiltLab:
    """Make the student's notebook of a lab from its source, with stubs instead of solutions.

    Args:
        name: The lab, e.g. serving/01_first_answers.
        check: Change nothing; fail if the notebook is not as its source says.
    """
    from workbench.store.files import write_text

    from .source import notebook_text

    spec = find_lab(name)
    text, path = notebook_text(spec), spec.notebook
    changed = not path.is_file() or path.read_text(encoding="utf-8") != text
    if changed and check:
        raise ConflictError(
            f"{path} is not as its source says", hint=f"workbench learning build {spec.name}"
        )
    if changed:
        write_text(path, text)
    return BuiltLab(spec.name, path, changed)


@operation("learning.grade", title="Grade a lab's notebook", produces="grade")
def grade(notebook: Path, *, lab: str | None = None, record: bool = True) -> Grade:
    """Grade a notebook: it runs in a sandbox, and hidden checks run where it cannot reach.

    Args:
        notebook: The learner's notebook, or the lab's name, e.g. serving/01_first_answers.
        lab: The lab; by default the one that the notebook names.
        record: Keep the result in the store, with an entry in the ledger.

    Raises:
        NotFoundError: There is no such notebook or lab, or a lab that was named was not opened yet.
    """
    from .grading import grade_notebook
    from .records import record_grade

    graded = grade_notebook(learners_notebook(notebook), lab=lab)
    if not record:
        return graded
    actor = os.environ.get("USER") or f"uid {os.getuid()}"  # a user of a container has no name
    key = record_grade(graded.lab, to_plain(graded), actor=actor)
    return dataclasses.replace(graded, record=key)


def learners_notebook(asked: Path) -> Path:
    """A file as it was named; for a lab's name the learner's copy, or its own notebook if somebody
    worked in that."""
    if asked.is_file() or asked.suffix:
        return asked
    spec = find_lab(asked.as_posix())
    project = labs_folder().parent
    copy = project / FOLDER / spec.notebook.relative_to(project)
    if copy.is_file():
        return copy
    if _is_as_it_came(spec):
        raise NotFoundError(
            f"you have not opened the lab {spec.name} yet: there is no {copy.relative_to(project)}",
            hint="open it on the home page (make lab), or name the notebook that you work in",
            noun="notebook",
        )
    return spec.notebook


def _is_as_it_came(spec: LabSpec) -> bool:
    """Whether nobody wrote anything into a lab's own notebook."""
    from .source import notebook_text

    here = spec.notebook
    return not here.is_file() or here.read_text(encoding="utf-8") == notebook_text(spec)


@operation("learning.progress", title="Show the progress in the labs", produces="notebook results")
def progress(name: str | None = None) -> list[Progress]:
    """Show how far you are, lab by lab.

    Args:
        name: Only this lab.
    """
    return [_progress(spec) for spec in ([find_lab(name)] if name else all_labs())]


def _progress(spec: LabSpec) -> Progress:
    from .records import events_of, grades_of

    events, grades = events_of(spec.name), grades_of(spec.name)
    last = {e["question"]: bool(e.get("ok")) for e in events if e["kind"] == "check"}
    passed = tuple(question.id for question in spec.questions if last.get(question.id))
    sound = [grade.document for grade in grades if grade.sound]
    scores = [document["score"] for document in sound]
    times = [dt.datetime.fromisoformat(document["time"]) for document in sound[-1:]]
    times += [dt.datetime.fromtimestamp(event["time_s"], dt.UTC) for event in events[-1:]]
    return Progress(
        lab=spec.name,
        notebook=spec.notebook,
        result=("passed" if sound[-1]["ok"] else "failed") if sound else "",
        summary=_summary(spec, len(passed) if last else None, sound),
        time=max(times).isoformat(timespec="seconds") if times else "",
        title=spec.title,
        passed=passed,
        questions=len(spec.questions),
        checks=sum(event["kind"] == "check" for event in events),
        hints=sum(event["kind"] == "hint" for event in events),
        solutions=sum(event["kind"] == "solution" for event in events),
        gradings=len(grades),
        best_score=max(scores, default=None),
        score_possible=spec.points,
        unsound=sum(not grade.sound for grade in grades),
    )


def _summary(spec: LabSpec, passed: int | None, graded: list[dict[str, Any]]) -> str:
    """How far a lab went, the last grading first: that is what counts."""
    said = []
    if graded:
        score, best = graded[-1]["score"], max(each["score"] for each in graded)
        better = f" (the best was {best})" if best > score else ""
        said.append(f"graded {score} of {graded[-1]['score_possible']} points{better}")
    if passed is not None:
        tasks = "1 task" if len(spec.questions) == 1 else f"{len(spec.questions)} tasks"
        said.append(f"public checks of {passed} of {tasks} passed")
    return "; ".join(said)
