"""The labs from the command line."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from workbench.cli.main import main
from workbench.core.errors import NotFoundError
from workbench.learning.catalogue import LabSpec, find_lab
from workbench.learning.operations import build, learners_notebook
from workbench.reports.own_copies import own_copy

from .conftest import SMALL, SMALL_LAB, WriteNotebook, needs_bubblewrap


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    return int(ended.value.code or 0)


def test_list_and_progress(small: LabSpec, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("learning", "list") == 0
    assert SMALL_LAB in capsys.readouterr().out
    assert run("learning", "progress") == 0
    assert "0/2" in capsys.readouterr().out


@needs_bubblewrap
def test_grade_fails_with_its_reasons(
    write_notebook: WriteNotebook, capsys: pytest.CaptureFixture[str]
) -> None:
    notebook = write_notebook("number = 42\ndef add(a, b): return a * b")
    assert run("learning", "grade", notebook) == 1
    out, _ = capsys.readouterr()
    assert "that is a product" in out
    assert "1 of 4 points" in out


def test_a_lab_that_was_not_opened_is_not_graded(
    small: LabSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its untouched stub would be marked, and told as the learner's own result."""
    labs = tmp_path / "labs"
    shutil.copytree(SMALL, labs)
    monkeypatch.setenv("WORKBENCH_LABS_DIR", str(labs))
    build(SMALL_LAB)
    with pytest.raises(NotFoundError, match="have not opened the lab arithmetic") as e:
        learners_notebook(Path(SMALL_LAB))
    assert str(Path("work/labs", SMALL_LAB)) in e.value.message
    notebook = find_lab(SMALL_LAB).notebook
    assert learners_notebook(notebook) == notebook  # its own author's wish
    notebook.write_text(notebook.read_text().replace('"outputs": []', '"outputs": [ ]', 1))
    assert learners_notebook(Path(SMALL_LAB)) == notebook
    copy = tmp_path / own_copy(str(notebook.relative_to(tmp_path)), tmp_path)
    assert learners_notebook(Path(SMALL_LAB)) == copy


@needs_bubblewrap
def test_grade_for_machines(
    write_notebook: WriteNotebook, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("learning", "grade", write_notebook("number = 42"), "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert told["score"] == 1
    assert set(told["questions"][0]) >= {"id", "title", "public_ok", "hidden_ok", "points"}
    assert len(told["notebook_sha256"]) == len(told["checks_sha256"]) == 64
    assert told["grader_version"]
