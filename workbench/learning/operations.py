"""What a user can ask of the labs."""

from __future__ import annotations

import dataclasses
import os
from dataclasses import dataclass
from pathlib import Path

from workbench.core.errors import ConflictError
from workbench.core.operations import operation
from workbench.core.plain import to_plain
from workbench.core.viewers import Viewable

from .catalogue import LabSpec, all_labs, find_lab
from .grades import Grade


@dataclass(frozen=True)
class LabRow:
    """One lab: its question, the time that it takes and what it needs."""

    name: str
    title: str
    question: str
    minutes: int
    memory_gb: float
    questions: int
    points: int
    notebook: Path


@dataclass(frozen=True)
class BuiltLab(Viewable):
    """A student's notebook; ``changed`` is whether it was not as its source says."""

    name: str
    notebook: Path
    changed: bool


@dataclass(frozen=True)
class Progress(Viewable):
    """How far a learner is in one lab.

    ``passed`` are the questions whose public checks passed in the learner's own kernel.
    ``best_score`` is of gradings that the ledger vouches for; ``unsound`` is how many records it
    does not.
    """

    lab: str
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
        notebook: The learner's notebook.
        lab: The lab; by default the one that the notebook names.
        record: Keep the result in the store, with an entry in the ledger.
    """
    from .grading import grade_notebook
    from .records import record_grade

    graded = grade_notebook(notebook, lab=lab)
    if not record:
        return graded
    actor = os.environ.get("USER") or f"uid {os.getuid()}"  # a user of a container has no name
    key = record_grade(graded.lab, to_plain(graded), actor=actor)
    return dataclasses.replace(graded, record=key)


@operation("learning.progress", title="Show the progress in the labs", produces="progress")
def progress(name: str | None = None) -> list[Progress]:
    """Show how far you are, lab by lab.

    Args:
        name: Only this lab.
    """
    return [_progress(spec) for spec in ([find_lab(name)] if name else all_labs())]


def _progress(spec: LabSpec) -> Progress:
    from .records import events_of, grades_of

    events, grades = events_of(spec.name), grades_of(spec.name)
    passed = {e["question"] for e in events if e["kind"] == "check" and e.get("ok")}
    scores = [grade.document["score"] for grade in grades if grade.sound]
    return Progress(
        lab=spec.name,
        title=spec.title,
        passed=tuple(q.id for q in spec.questions if q.id in passed),
        questions=len(spec.questions),
        checks=sum(event["kind"] == "check" for event in events),
        hints=sum(event["kind"] == "hint" for event in events),
        solutions=sum(event["kind"] == "solution" for event in events),
        gradings=len(grades),
        best_score=max(scores, default=None),
        score_possible=spec.points,
        unsound=sum(not grade.sound for grade in grades),
    )
