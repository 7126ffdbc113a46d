"""What a grading found."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.core.viewers import Viewable


@dataclass(frozen=True)
class QuestionGrade:
    """One question: ``points`` of ``points_possible``, which takes public and hidden checks."""

    id: str
    title: str
    public_ok: bool
    hidden_ok: bool
    points: int
    points_possible: int
    message: str


@dataclass(frozen=True)
class Grade(Viewable):
    """A notebook, graded. ``ok`` is whether every question passed.

    ``checks_sha256`` is of the lab's checks: together with ``grader_version`` it says by what was
    graded. ``cells_failed`` names each cell that raised, with the error.
    """

    lab: str
    notebook: str
    notebook_sha256: str
    grader_version: str
    checks_sha256: str
    questions: tuple[QuestionGrade, ...]
    score: int
    score_possible: int
    ok: bool
    cells_failed: tuple[str, ...]
    note: str
    time: str
    record: str = ""
