"""A lab that is run as a report is held to its public checks."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from workbench.learning.catalogue import LabSpec
from workbench.learning.operations import progress
from workbench.learning.source import notebook_text
from workbench.reports import run
from workbench.reports.runs import NotebookRun

pytestmark = pytest.mark.notebook


def report(tmp_path: Path, text: str) -> NotebookRun:
    """The lab's notebook with this text, run as a report."""
    path = tmp_path / "mine.ipynb"
    path.write_text(text)
    return run([path], out=tmp_path / "out", kernels="cold").runs[0]


def claims_of(ran: NotebookRun) -> dict[str, bool]:
    return {claim.name: claim.ok for claim in ran.claims}


def test_an_untouched_lab_fails_and_names_its_tasks(small: LabSpec, tmp_path: Path) -> None:
    ran = report(tmp_path, notebook_text(small))
    assert ran.status == "failed"
    assert claims_of(ran) == {"q1, A number": False, "q2, A function": False}
    assert ran.error is not None and ran.error.kind == "claim"
    assert "'q1, A number' in cell" in ran.error.message
    assert "is not yet, not exactly passed" in ran.error.message
    assert progress()[0].checks == 0, "a report is not the learner at work"


def test_a_solved_lab_passes_also_where_it_checks_twice(small: LabSpec, tmp_path: Path) -> None:
    node = json.loads(notebook_text(small, solutions=True))
    again = next(cell for cell in node["cells"] if 'check("q1")' in "".join(cell["source"]))
    node["cells"].append({**again, "id": "again"})
    ran = report(tmp_path, json.dumps(node))
    assert ran.status == "passed", ran.error
    names = {"q1, A number", "q2, A function", "q1, A number, check 2"}
    assert claims_of(ran) == dict.fromkeys(names, True)
