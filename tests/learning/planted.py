"""What a lab says to a wrong answer that was planted, and to code that fakes a right one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat

from workbench.learning.answers import NamespaceAnswers
from workbench.learning.catalogue import CHECKS, HIDDEN, find_lab
from workbench.learning.checking import find_check, load_checks, run_check
from workbench.learning.grading import grade_notebook
from workbench.learning.hidden import Hidden
from workbench.learning.source import notebook_text

ALWAYS_RIGHT = """
import workbench.learning.session, workbench.learning.checking, workbench.learning.expecting
from workbench.learning.checking import Verdict
workbench.learning.session.Lab.check = lambda self, question: Verdict(True)
workbench.learning.checking.run_check = lambda *given: Verdict(True)
workbench.learning.expecting.expect_close = lambda *given, **more: None
"""
"""A fake: checks that always pass."""


def cells_of(lab: str) -> list[str]:
    """The code cells of a lab's solution."""
    cells = nbformat.reads(notebook_text(find_lab(lab), solutions=True), as_version=4).cells
    return [cell.source for cell in cells if cell.cell_type == "code"]


def assert_right(lab: str, question: str, code: str) -> None:
    """A check's own answer passes, the learner's check and the hidden one with many seeds.

    Else a fault might be found in it that nobody planted.
    """
    spec, namespace = find_lab(lab), dict[str, Any]()
    exec(code, namespace)
    answers = NamespaceAnswers(namespace)
    found = run_check(find_check(load_checks(spec.folder / CHECKS), question), answers)
    assert found.ok, found.message
    secret = find_check(load_checks(spec.folder / HIDDEN), question)
    for seed in range(20):
        found = run_check(secret, answers, Hidden(spec, seed=seed))
        assert found.ok, found.message


def assert_solved(lab: str, solved: dict[str, Any], *, seed: int) -> None:
    """What the solution defines passes each hidden check of what a seed draws."""
    spec = find_lab(lab)
    secret, hidden = load_checks(spec.folder / HIDDEN), Hidden(spec, seed=seed)
    for question in spec.questions:
        found = run_check(find_check(secret, question.id), NamespaceAnswers(solved), hidden)
        assert found.ok, found.message


def assert_caught(lab: str, question: str, code: str, said: str) -> None:
    """The learner's check of a question, or else the hidden one, names the fault in ``code``."""
    spec, namespace = find_lab(lab), dict[str, Any]()
    exec(code, namespace)
    answers = NamespaceAnswers(namespace)
    verdict = run_check(find_check(load_checks(spec.folder / CHECKS), question), answers)
    if verdict.ok:
        check = find_check(load_checks(spec.folder / HIDDEN), question)
        verdict = run_check(check, answers, Hidden(spec, seed=11))
    assert not verdict.ok
    assert said in verdict.message, verdict.message


FORGED = """
import json, os
forged = json.dumps({"value": 0.5, "ok": True, "hidden_ok": True, "score": %d}) + "\\n"
for descriptor in range(64):
    try:
        os.write(descriptor, forged.encode() * 20)
    except OSError:
        pass
os._exit(0)
"""


def assert_no_points(
    lab: str, fake: str, *, stubs: int, tmp_path: Path, mark: str = "NotImplementedError"
) -> None:
    """A copy with its untouched stubs, and a cell that fakes, has no points.

    ``stubs`` cells have the ``mark`` in them.
    """
    notebook = nbformat.reads(notebook_text(find_lab(lab)), as_version=4)
    kept = [cell for cell in notebook.cells if cell.cell_type == "code" and mark in cell.source]
    assert len(kept) == stubs
    notebook.cells = [*kept, nbformat.v4.new_code_cell(fake)]
    path = tmp_path / "fake.ipynb"
    nbformat.write(notebook, path)
    found = grade_notebook(path)
    assert found.score == 0
    if "os._exit" not in fake:  # those ran to their end: it is their answers that failed
        assert (found.note, found.cells_failed) == ("", ())
    assert all(question.message for question in found.questions)
