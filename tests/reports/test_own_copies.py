"""A reader's own copy: made once, theirs from then on, and the original stays as it is."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.core.errors import InputError, NotFoundError
from workbench.reports.notebooks import find_notebooks
from workbench.reports.own_copies import own_copy

from .conftest import make_notebook


def test_a_copy_is_made_once_and_is_the_readers(tmp_path: Path) -> None:
    original = make_notebook(tmp_path / "labs" / "a b" / "one.ipynb", "1")
    before = original.read_bytes()
    assert own_copy("labs/a b/one.ipynb", tmp_path) == "work/labs/a b/one.ipynb"
    copy = tmp_path / "work/labs/a b/one.ipynb"
    assert copy.read_bytes() == before
    copy.write_text("what the reader made of it")
    assert own_copy("labs/a b/one.ipynb", tmp_path) == "work/labs/a b/one.ipynb"
    assert copy.read_text() == "what the reader made of it"
    assert original.read_bytes() == before


@pytest.mark.parametrize(
    "path", ["", "README.md", "work/a.ipynb", "labs/../../a.ipynb", "/etc/a.ipynb", "labs/a.py"]
)
def test_nothing_else_is_copied(tmp_path: Path, path: str) -> None:
    with pytest.raises(InputError, match="not a notebook of this project"):
        own_copy(path, tmp_path)
    with pytest.raises(NotFoundError, match=r"no notebook labs/a\.ipynb"):
        own_copy("labs/a.ipynb", tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_the_run_of_a_copy_is_not_the_originals(tmp_path: Path) -> None:
    (tmp_path / "workbench.toml").touch()
    make_notebook(tmp_path / "notebooks" / "tour.ipynb", "1")
    copy = tmp_path / own_copy("notebooks/tour.ipynb", tmp_path)
    assert [found.slug for found in find_notebooks([copy])] == ["work-tour"]
