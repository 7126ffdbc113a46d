"""What a lab says to a wrong answer that was planted, and to code that fakes a right one."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import nbformat
import pytest

from workbench.learning.answers import NamespaceAnswers
from workbench.learning.catalogue import CHECKS, HIDDEN, find_lab
from workbench.learning.checking import find_check, load_checks, run_check
from workbench.learning.grading import grade_notebook
from workbench.learning.hidden import Hidden
from workbench.learning.source import notebook_text

from .conftest import needs_bubblewrap

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


def defined_in(lab: str, *constants: str) -> dict[str, Any]:
    """What the cells of a solution define that needs no data: functions, imports, constants."""
    namespace: dict[str, Any] = {}
    for cell in cells_of(lab):
        for part in ast.parse(cell).body:
            named = isinstance(part, ast.Assign) and ast.unparse(part.targets[0]) in constants
            if named or isinstance(part, ast.Import | ast.ImportFrom | ast.FunctionDef):
                exec(ast.unparse(part), namespace)
    return namespace


class PlantedTests:
    """The tests of a lab whose wrong answers are right ones with a part put in another's place.

    A file's class says what is meant, and has these tests by that.

    Attributes:
        NAME: The lab.
        TEMPLATES: By question the code of an answer with holes, and what is right in each.
        PLANTED: The question, what is put into which hole, and what the lab has to say of it.
        FAKES: Code that would have points without an answer.
        STUBS: How many cells a learner fills in.
        CONSTANTS: What a solution's functions need beside imports.
    """

    NAME: ClassVar[str]
    TEMPLATES: ClassVar[Mapping[str, tuple[str, dict[str, str]]]]
    PLANTED: ClassVar[Mapping[str, tuple[str, dict[str, str], str]]]
    FAKES: ClassVar[Mapping[str, str]]
    STUBS: ClassVar[int]
    CONSTANTS: ClassVar[tuple[str, ...]] = ()

    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        given = {"planted": self.PLANTED, "question": self.TEMPLATES, "fake": self.FAKES,
                 "seed": range(8)}  # fmt: skip
        for name in {*given} & {*metafunc.fixturenames}:
            metafunc.parametrize(name, given[name])

    def written(self, question: str, **fault: str) -> str:
        """The code of an answer that is right but for what is given."""
        text, right = self.TEMPLATES[question]
        assert fault.keys() <= right.keys()
        return text.format(**{**right, **fault})

    @pytest.fixture(scope="class")
    @classmethod
    def solved(cls) -> dict[str, Any]:
        return defined_in(cls.NAME, *cls.CONSTANTS)

    def test_a_wrong_answer_is_caught_with_the_fault_named(self, planted: str) -> None:
        question, fault, said = self.PLANTED[planted]
        assert_caught(self.NAME, question, self.written(question, **fault), said)

    def test_what_the_faults_are_planted_in_is_right(self, question: str) -> None:
        assert_right(self.NAME, question, self.written(question))

    def test_the_solution_passes_whatever_is_drawn(self, seed: int, solved: dict[str, Any]) -> None:
        assert_solved(self.NAME, solved, seed=seed)

    @needs_bubblewrap
    @pytest.mark.slow
    def test_a_fake_has_no_points(self, fake: str, shared_home: Path, tmp_path: Path) -> None:
        assert_no_points(self.NAME, self.FAKES[fake], stubs=self.STUBS, tmp_path=tmp_path)
