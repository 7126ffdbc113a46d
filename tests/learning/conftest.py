"""A small lab without a model, and the real ones."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.learning.catalogue import LabSpec, find_lab
from workbench.learning.source import notebook_text, read_code

needs_bubblewrap = pytest.mark.skipif(
    shutil.which("bwrap") is None, reason="needs bubblewrap: apt install bubblewrap"
)
SMALL = Path(__file__).parent / "labs"
SMALL_LAB = "arithmetic/01_sums"
WriteNotebook = Callable[..., Path]


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> LabSpec:
    """The lab of arithmetic."""
    monkeypatch.setenv("WORKBENCH_LABS_DIR", str(SMALL))
    return find_lab(SMALL_LAB)


@pytest.fixture
def write_notebook(small: LabSpec, tmp_path: Path) -> WriteNotebook:
    """Write a learner's notebook of the small lab: its opening cell, then the cells given."""

    def write(*cells: str, lab: str | None = SMALL_LAB) -> Path:
        path = tmp_path / "mine.ipynb"
        path.write_text(notebook_text(small, solutions=True))
        _, code = read_code(path)
        made = [
            {
                "cell_type": "code",
                "id": f"c{number}",
                "metadata": {},
                "outputs": [],
                "execution_count": None,
                "source": text,
            }
            for number, text in enumerate([code[0], *cells])
        ]
        notebook = json.loads(path.read_text())
        notebook["cells"] = made
        notebook["metadata"]["workbench"] = {"lab": lab} if lab else {}
        path.write_text(json.dumps(notebook))
        return path

    return write
