"""How labs and gradings look in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from workbench.cli.drawing import print_table

if TYPE_CHECKING:
    from workbench.learning.grades import Grade
    from workbench.learning.operations import BuiltLab, LabRow, Progress


def show_list(rows: list[LabRow]) -> None:
    """The labs with what they ask."""
    rows = sorted(rows, key=lambda row: not row.begin_here)
    cells = [
        [row.name, f"{row.minutes} min", row.points,
         f"{row.question}{' (begin here)' if row.begin_here else ''}"]
        for row in rows
    ]  # fmt: skip
    print_table(["lab", "time", "points", "question"], cells)


def show_build(built: BuiltLab) -> None:
    """Where the notebook is."""
    click.echo(f"{built.notebook}  {'written' if built.changed else 'as it should be'}")


def show_grade(grade: Grade) -> None:
    """What was graded, a line a question, and the fault under those that have one."""
    click.echo(f"{grade.lab}, as it stands in {grade.notebook}")
    for question in grade.questions:
        mark = "✓" if question.points else "✗"
        click.echo(
            f"{mark} {question.id}  {question.points}/{question.points_possible}  {question.title}"
        )
        if question.message:
            click.echo(f"    {question.message}")
    for failed in grade.cells_failed:
        click.echo(f"raised: {failed}", err=True)
    if grade.note:
        click.echo(f"left out: {grade.note}", err=True)
    click.echo(f"{grade.score} of {grade.score_possible} points")


def show_progress(rows: list[Progress]) -> None:
    """A line a lab."""
    cells = [
        [
            row.lab,
            f"{len(row.passed)}/{row.questions}",
            row.hints,
            "" if row.best_score is None else f"{row.best_score}/{row.score_possible}",
            row.gradings,
            "none" if not row.unsound else f"{row.unsound} not as the ledger says",
        ]
        for row in rows
    ]
    print_table(["lab", "public checks", "hints", "best", "gradings", "faults"], cells)
