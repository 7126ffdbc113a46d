"""Grading: what passes, what is said of what does not, and what is recorded."""

from __future__ import annotations

import dataclasses
import hashlib
import shutil
from pathlib import Path

import pytest

from workbench.core.errors import CapabilityError, InputError, NotFoundError
from workbench.learning import grading
from workbench.learning.catalogue import LabSpec, find_lab
from workbench.learning.grading import grade_notebook
from workbench.learning.operations import build, grade, progress
from workbench.reports.own_copies import own_copy
from workbench.store.ledger import Ledger

from .conftest import SMALL_LAB, WriteNotebook, needs_bubblewrap

pytestmark = needs_bubblewrap

RIGHT = "number = 42\ndef add(a, b): return a + b"


def test_a_pass_is_recorded_with_its_evidence(
    write_notebook: WriteNotebook, small: LabSpec
) -> None:
    notebook = write_notebook(RIGHT)
    found = grade(notebook)
    assert found.ok
    row = progress()[0]
    assert (row.result, row.summary) == ("passed", "graded 4 of 4 points")
    assert found.notebook_sha256 == hashlib.sha256(notebook.read_bytes()).hexdigest()
    assert found.checks_sha256 == grading.checks_sha256(small)
    entry = Ledger().entries(action="learning.graded", subject=SMALL_LAB)[0]
    assert entry.data["key"] == found.record
    row = progress(SMALL_LAB)[0]
    assert (row.best_score, row.score_possible, row.gradings, row.unsound) == (4, 4, 1, 0)
    grade(write_notebook("number = 41"))  # a later, worse one hides no better
    assert progress(SMALL_LAB)[0].summary == "graded 0 of 4 points (the best was 4)"


def test_nothing_is_recorded_if_not_asked_for(write_notebook: WriteNotebook) -> None:
    assert grade(write_notebook(RIGHT), record=False).record == ""
    assert progress(SMALL_LAB)[0].gradings == 0


def test_faults_are_named(write_notebook: WriteNotebook) -> None:
    found = grade_notebook(write_notebook("number = 41", "def add(a, b): return a * b"))
    assert "expected number to be 42; found 41" in found.questions[0].message
    assert "that is a product" in found.questions[1].message


def test_a_hidden_fault_shows_the_input(write_notebook: WriteNotebook) -> None:
    found = grade_notebook(write_notebook("number = 42", "def add(a, b): return 5"))
    assert found.questions[1].public_ok
    assert "add(" in found.questions[1].message


def test_a_cell_that_raises_does_not_stop_the_others(write_notebook: WriteNotebook) -> None:
    found = grade_notebook(write_notebook("1 / 0", "number = (", RIGHT))
    assert found.ok
    assert [cell.split(":")[0] for cell in found.cells_failed] == ["code cell 2", "code cell 3"]
    assert "ZeroDivisionError" in found.cells_failed[0]


def test_calls_that_a_lab_recommends_may_be_left_in(write_notebook: WriteNotebook) -> None:
    """The sandbox has no source of the lab to read a solution from."""
    calls = 'lab.hint("q1")', 'lab.solution("q1")', 'said = repr(lab.solution("q1"))'
    found = grade_notebook(write_notebook(*calls, RIGHT, 'assert "graded" in said, said'))
    assert found.cells_failed == ()
    assert found.ok


def test_a_loop_without_end(write_notebook: WriteNotebook, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grading, "_ANSWER_S", 3.0)
    loop = "number = 42\ndef add(a, b):\n    while True: pass"
    found = grade_notebook(write_notebook(loop))
    assert found.questions[0].points == 1
    assert "none within 3 s" in found.questions[1].message


@pytest.mark.parametrize("fault", ["while True: pass", "import os; os._exit(3)"])
def test_a_task_that_loops_or_ends_the_process_costs_the_others_nothing(
    write_notebook: WriteNotebook, monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    """The order of the small lab's tasks is turned, so that the faulty one is asked first."""
    turned = dataclasses.replace(find_lab(SMALL_LAB), questions=find_lab(SMALL_LAB).questions[::-1])
    monkeypatch.setattr(grading, "find_lab", lambda name: turned)
    monkeypatch.setattr(grading, "_ANSWER_S", 3.0)
    found = grade_notebook(write_notebook(f"number = 42\ndef add(a, b):\n    {fault}"))
    assert [(each.id, each.points) for each in found.questions] == [("q2", 0), ("q1", 1)]
    assert "3" in found.questions[0].message  # seconds, or the exit status
    assert found.questions[1].message == ""


@pytest.fixture
def begun(monkeypatch: pytest.MonkeyPatch) -> list[LabSpec]:
    """Grows by one with each process that is begun."""
    begun: list[LabSpec] = []
    kernel = grading._kernel
    monkeypatch.setattr(grading, "_kernel", lambda spec: begun.append(spec) or kernel(spec))
    return begun


@pytest.mark.parametrize("fault", ["while True: pass", "import os; os._exit(3)"])
def test_a_cell_that_loops_or_ends_the_process_is_left_out_and_named(
    write_notebook: WriteNotebook, monkeypatch: pytest.MonkeyPatch, begun: list[LabSpec], fault: str
) -> None:
    monkeypatch.setattr(grading, "_CELL_S", 8.0)
    found = grade_notebook(write_notebook("number = 42", fault, "def add(a, b): return a + b"))
    assert found.ok
    assert found.note.startswith("code cell 3: ")
    assert found.note.endswith("The notebook was run again without it.")
    assert ("none within 8 s" if "while" in fault else "exit status 3") in found.note
    assert len(begun) == 2


def test_with_many_such_cells_it_is_given_up(
    write_notebook: WriteNotebook, monkeypatch: pytest.MonkeyPatch, begun: list[LabSpec]
) -> None:
    monkeypatch.setattr(grading, "_MOST_LEFT_OUT", 1)
    end = "import os; os._exit(3)"
    found = grade_notebook(write_notebook(RIGHT, end, end))
    assert found.score == 0
    assert "code cell 3" in found.note and "code cell 4" in found.note
    assert "was not run again" in found.note
    assert len(begun) == 2


def test_a_process_that_does_not_begin_is_no_grade(
    write_notebook: WriteNotebook, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was 0 points of all answers, the right ones too, for a fault of the environment."""
    notebook = write_notebook(RIGHT)
    monkeypatch.setattr(grading, "interpreter", lambda: "/usr/bin/false")
    with pytest.raises(CapabilityError, match="did not begin, so nothing was graded"):
        grade(notebook)
    assert progress(SMALL_LAB)[0].gradings == 0


def test_too_much_memory(write_notebook: WriteNotebook, monkeypatch: pytest.MonkeyPatch) -> None:
    found = grade_notebook(write_notebook("x = bytearray(8 << 30)", RIGHT))
    assert "MemoryError" in found.cells_failed[0]
    assert found.ok


def test_no_network(write_notebook: WriteNotebook) -> None:
    reach = "import socket; socket.create_connection(('192.0.2.1', 80), timeout=5)"
    found = grade_notebook(write_notebook(reach, RIGHT))
    assert "unreachable" in found.cells_failed[0]


def test_it_fails_closed(
    write_notebook: WriteNotebook, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    notebook = write_notebook(RIGHT)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CapabilityError, match="no sandbox"):
        grade(notebook)
    assert progress(SMALL_LAB)[0].gradings == 0


def test_bad_notebooks(write_notebook: WriteNotebook, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        grade(tmp_path / "absent.ipynb")
    with pytest.raises(InputError, match="which lab"):
        grade(write_notebook(RIGHT, lab=None))
    with pytest.raises(NotFoundError, match="arithmetic/01_sums"):
        grade(write_notebook(RIGHT, lab="arithmetic/01_sum"))
    broken = tmp_path / "broken.ipynb"
    for text in ("", "{", "[]", '{"cells": 3}', '{"cells": [{"cell_type": "code"}]}'):
        broken.write_text(text)
        with pytest.raises(InputError, match="no notebook"):
            grade(broken)


def test_a_labs_name_means_the_learners_copy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write_notebook: WriteNotebook, small: LabSpec
) -> None:
    labs = tmp_path / "project" / "labs"
    shutil.copytree(small.folder.parents[1], labs)
    monkeypatch.setenv("WORKBENCH_LABS_DIR", str(labs))
    build(SMALL_LAB)
    with pytest.raises(NotFoundError, match="have not opened"):
        grade(Path(SMALL_LAB), record=False)
    copy = labs.parent / own_copy(f"labs/{SMALL_LAB}/01_sums.ipynb", labs.parent)
    copy.write_bytes(write_notebook(RIGHT).read_bytes())
    graded = grade(Path(SMALL_LAB), record=False)
    assert (graded.score, graded.notebook) == (4, str(copy))


def test_what_is_no_notebook_is_said_with_a_way_on(
    small: LabSpec, write_notebook: WriteNotebook
) -> None:
    with pytest.raises(InputError, match=r"must end in \.ipynb"):
        grade(small.folder / "lab.py")
    notebook = write_notebook(RIGHT)
    with pytest.raises(NotFoundError, match="did you mean") as raised:
        grade(notebook.with_stem(notebook.stem + "x"))
    assert raised.value.hint == f"workbench learning grade {notebook}"
