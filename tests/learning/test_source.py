"""One source: the student's copy, the solution, and files that are not as they should be."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import nbformat
import pytest

from workbench.core.errors import ConflictError, InputError
from workbench.learning.catalogue import LabSpec
from workbench.learning.operations import build
from workbench.learning.source import notebook_text, read_cells, solution_of


def copy_of(small: LabSpec, folder: Path, source: str) -> LabSpec:
    (folder / "lab.py").write_text(source)
    return dataclasses.replace(small, folder=folder)


def test_student_copy_has_stubs_and_no_solution(small: LabSpec) -> None:
    student, teacher = notebook_text(small), notebook_text(small, solutions=True)
    assert "number = ..." in student
    assert "number = 42" not in student
    assert "number = 42" in teacher
    assert "NotImplementedError" not in teacher
    for text in (student, teacher):
        assert "###" not in text
        node = nbformat.reads(text, as_version=4)
        nbformat.validate(node)
        assert node.metadata.workbench.lab == small.name


def test_markdown_loses_its_comment_marks(small: LabSpec) -> None:
    first = read_cells(small, solutions=False)[0]
    assert not first.code
    assert first.text == "# Sums\n\n**Question.** How much is it?"


def test_solution_of_a_question(small: LabSpec) -> None:
    assert solution_of(small, "q1") == "number = 42"
    assert solution_of(small, "q2").endswith("return a + b")
    assert "number =" not in solution_of(small, "q2")


@pytest.mark.parametrize(
    "cell",
    [
        "### BEGIN SOLUTION\nx = 1\n### END SOLUTION",
        "### BEGIN SOLUTION\nx = 1\n### STUB\n### END SOLUTION",
        "### BEGIN SOLUTION\nx = 1\n### STUB\n# x = ...",
        "### STUB\n# x = ...",
        "### BEGIN SOLUTION\n### BEGIN SOLUTION",
    ],
)
def test_broken_regions_are_named(small: LabSpec, tmp_path: Path, cell: str) -> None:
    """Without its end a solution would be handed out, or a task would vanish."""
    with pytest.raises(InputError, match=r"lab\.py"):
        read_cells(copy_of(small, tmp_path, f"# %%\n{cell}\n"), solutions=False)


def test_build_writes_once_and_finds_drift(
    small: LabSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "labs" / "arithmetic" / "01_sums"
    folder.mkdir(parents=True)
    for path in small.folder.glob("*.*"):
        if path.is_file():
            (folder / path.name).write_text(path.read_text())
    monkeypatch.setenv("WORKBENCH_LABS_DIR", str(tmp_path / "labs"))
    with pytest.raises(ConflictError, match="not as its source says"):
        build("arithmetic/01_sums", check=True)
    assert build("arithmetic/01_sums").changed
    assert not build("arithmetic/01_sums", check=True).changed
    notebook = folder / "01_sums.ipynb"
    notebook.write_text(notebook.read_text().replace("Sums", "Sum"))
    with pytest.raises(ConflictError):
        build("arithmetic/01_sums", check=True)
