"""A lab in the learner's kernel: what a check says, hints one by one, the solution last."""

from __future__ import annotations

import shutil
import signal
from pathlib import Path
from typing import Any

import pytest

from workbench.core.errors import ConfigError, NotFoundError
from workbench.learning import answers, lab
from workbench.learning.catalogue import LabSpec, find_lab
from workbench.learning.operations import list_labs, progress
from workbench.learning.session import GRADED_VARIABLE
from workbench.reports.claims import RUNNER_VARIABLE

from .conftest import SMALL_LAB


def test_check_says_what_was_expected_and_found(small: LabSpec) -> None:
    have: dict[str, Any] = {}
    opened = lab(SMALL_LAB, have)
    assert "a variable `number`" in repr(opened.check("q1"))
    have["number"] = 41
    said = repr(opened.check("q1"))
    assert "expected  number to be 42" in said
    assert "found     41" in said
    have["number"] = 42
    assert repr(opened.check("q1")) == "✓ q1: public checks passed"
    have["add"] = lambda a, b: a * b
    assert "perhaps   that is a product" in repr(opened.check("q2"))


@pytest.mark.parametrize(
    ("function", "said"),
    [
        (lambda a: a, "TypeError"),
        (lambda a, b: None, "is there a `return`"),
        (lambda a, b: "5", "to be a number"),
        (lambda a, b: True, "to be a number"),
        (lambda a, b: object(), "an object of type object"),
        (lambda a, b: float("nan"), "finite"),
        (lambda a, b: 1 / 0, "ZeroDivisionError"),
        (lambda a, b: ..., "nothing"),
        (3, "no function of that name"),
    ],
)
def test_functions_of_every_kind(small: LabSpec, function: object, said: str) -> None:
    result = lab(SMALL_LAB, {"add": function}).check("q2")
    assert "not yet" in repr(result)
    assert said in repr(result)


def test_a_loop_without_an_end_is_ended(small: LabSpec, monkeypatch: pytest.MonkeyPatch) -> None:
    def loop(a: int, b: int) -> int:
        while True:
            try:
                _ = a / b
            except ZeroDivisionError:
                return 0

    before = signal.getsignal(signal.SIGALRM)
    monkeypatch.setattr(answers, "ANSWER_S", 0.2)
    result = repr(lab(SMALL_LAB, {"add": loop}).check("q2"))
    assert "none within 0.2 s" in result
    assert "a loop without an end?" in result
    assert lab(SMALL_LAB, {"add": lambda a, b: a + b}).check("q2").ok
    assert signal.getsignal(signal.SIGALRM) is before  # what else asks for an alarm gets it
    assert signal.getitimer(signal.ITIMER_REAL)[1] == 0  # and nothing rings any more


def test_hints_are_staged(small: LabSpec) -> None:
    opened = lab(SMALL_LAB, {})
    assert "2 more hints" in repr(opened.check("q1"))
    assert repr(opened.hint("q1")) == "q1: hint 1 of 2\nIt is more than 41."
    assert "1 more hint" in repr(opened.check("q1"))
    assert "It is 42." in repr(opened.hint("q1"))
    assert 'lab.solution("q1")' in repr(opened.hint("q1"))
    assert 'lab.solution("q1")' in repr(opened.check("q1"))
    assert "number = 42" in repr(opened.solution("q1"))


def test_what_the_learner_did_is_recorded(small: LabSpec) -> None:
    opened = lab(SMALL_LAB, {"number": 42})
    opened.check("q1")
    opened.check("q2")
    opened.hint("q2")
    opened.solution("q2")
    row = progress()[0]
    assert row.passed == ("q1",)
    assert (row.checks, row.hints, row.solutions, row.gradings) == (2, 1, 1, 0)
    assert (row.result, row.summary) == ("", "public checks of 1 of 2 tasks passed")
    assert row.time.endswith("+00:00")


def test_the_last_check_counts(small: LabSpec) -> None:
    assert (progress()[0].summary, progress()[0].time) == ("", "")
    have = {"number": 42}
    opened = lab(SMALL_LAB, have)
    opened.check("q1")
    have["number"] = 41
    opened.check("q1")
    assert progress()[0].passed == ()
    assert progress()[0].summary == "public checks of 0 of 2 tasks passed"


def test_html_is_escaped(small: LabSpec) -> None:
    shown = lab(SMALL_LAB, {"number": "<script>"}).check("q1")._repr_html_()
    assert "<script>" not in shown
    assert "&lt;script&gt;" in shown


def test_unknown_names(small: LabSpec) -> None:
    with pytest.raises(NotFoundError, match="arithmetic/01_sums"):
        lab("arithmetic/01_sum")


def test_graded_calls_for_help_do_nothing(
    small: LabSpec, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "labs" / SMALL_LAB  # what the sandbox has: neither solutions nor a home
    folder.mkdir(parents=True)
    for name in ("lab.toml", "checks.py"):
        shutil.copy(small.folder / name, folder)
    monkeypatch.setenv("WORKBENCH_LABS_DIR", str(tmp_path / "labs"))
    monkeypatch.setenv(GRADED_VARIABLE, "1")
    opened = lab(SMALL_LAB, {})
    for ask, question in ((opened.hint, "q1"), (opened.solution, "q1"), (opened.solution, "q9")):
        assert "while a notebook is graded it is left out" in repr(ask(question))
    row = progress(SMALL_LAB)[0]
    assert (row.hints, row.solutions) == (0, 0)


def test_a_wrong_question_is_said_without_a_traceback(
    small: LabSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = lab(SMALL_LAB, {})
    for ask in (opened.check, opened.hint, opened.solution):
        assert "did you mean 'q1'" in repr(ask("q11")).replace('"', "'"), ask
        assert "this lab asks q1, q2" in repr(ask("1"))
    monkeypatch.setenv(RUNNER_VARIABLE, "1")
    with pytest.raises(NotFoundError, match="q1"):  # nobody reads a note in a run
        opened.check("q11")


def test_list(small: LabSpec) -> None:
    assert [(row.name, row.minutes, row.points) for row in list_labs()] == [(SMALL_LAB, 1, 4)]


@pytest.mark.parametrize("text", ["", "title = 3 =", 'title = "x"', "questions = 3"])
def test_a_broken_spec_is_named(tmp_path: Any, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    folder = tmp_path / "labs" / "a" / "b"
    folder.mkdir(parents=True)
    (folder / "lab.toml").write_text(text)
    monkeypatch.setenv("WORKBENCH_LABS_DIR", str(tmp_path / "labs"))
    with pytest.raises(ConfigError, match=r"lab\.toml"):
        find_lab("a/b")


def test_no_labs(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_LABS_DIR", str(tmp_path))
    with pytest.raises(NotFoundError, match="no labs"):
        list_labs()
