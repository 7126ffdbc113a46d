"""Small notebooks, written for the test that runs them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import nbformat
import pytest

WriteNotebook = Callable[..., Path]


def make_notebook(path: Path, *cells: str, **metadata: Any) -> Path:
    """Write a notebook. A cell that begins ``#md`` is text, one that begins ``#parameters`` is
    the parameters cell. ``metadata`` stands under ``workbench``."""
    notebook = nbformat.v4.new_notebook()
    notebook.metadata["kernelspec"] = {
        "name": "python3",
        "language": "python",
        "display_name": "Python 3",
    }
    if metadata:
        notebook.metadata["workbench"] = metadata
    for source in cells:
        if source.startswith("#md"):
            cell = nbformat.v4.new_markdown_cell(source.removeprefix("#md").strip())
        else:
            cell = nbformat.v4.new_code_cell(source)
        if source.startswith("#parameters"):
            cell.source = source.removeprefix("#parameters").strip()
            cell.metadata["tags"] = ["parameters"]
        # Ids as in no two runs would make two writings of one notebook differ.
        cell["id"] = f"cell-{len(notebook.cells)}"
        notebook.cells.append(cell)
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, path)
    return path


@pytest.fixture
def write_notebook(tmp_path: Path) -> WriteNotebook:
    """Write ``<tmp>/notebooks/<name>.ipynb`` from the sources of its cells."""

    def write(name: str, *cells: str, **metadata: Any) -> Path:
        return make_notebook(tmp_path / "notebooks" / f"{name}.ipynb", *cells, **metadata)

    return write


@pytest.fixture
def out(tmp_path: Path) -> Path:
    """Where the reports of a test go."""
    return tmp_path / "out"


@pytest.fixture(autouse=True)
def nothing_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Each test has a short temporary folder of its own, and leaves no kernel's folder in it."""
    import tempfile

    with tempfile.TemporaryDirectory(prefix="wbt-", dir="/tmp") as short:
        monkeypatch.setattr(tempfile, "tempdir", short)
        yield
        left = sorted(path.name for path in Path(short).glob("workbench-*"))
        assert left == [], "a kernel's folder was left behind"
