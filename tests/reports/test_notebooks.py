"""Finding notebooks, and refusing what is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.core.errors import InputError
from workbench.reports.notebooks import find_notebooks

from .conftest import make_notebook


def test_a_folder_stands_for_the_reports_below_it(tmp_path: Path) -> None:
    for name in ("b", "a", "sub/c", "dashboards/d", ".ipynb_checkpoints/a-checkpoint"):
        make_notebook(tmp_path / f"{name}.ipynb", "1")
    found = find_notebooks([tmp_path, tmp_path / "a.ipynb"])
    assert [notebook.slug for notebook in found] == ["a", "b", "c"]


def test_a_misspelt_name_is_told_the_near_ones(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    make_notebook(Path("notebooks/00_tour.ipynb"), "1")
    make_notebook(Path("elsewhere/accuracy.ipynb"), "1")
    for typed, meant in (
        ("notebooks/00_tuor.ipynb", "notebooks/00_tour.ipynb"),
        ("00_tour.ipynb", "notebooks/00_tour.ipynb"),
        ("elsewhere/acuracy.ipynb", "elsewhere/accuracy.ipynb"),
    ):
        with pytest.raises(InputError, match=f"did you mean {meant}") as raised:
            find_notebooks([Path(typed)])
        assert raised.value.hint == f"workbench report run {meant}"
    with pytest.raises(InputError) as raised:
        find_notebooks([Path("notebooks/zzz.ipynb")])
    assert "did you mean" not in raised.value.message


def test_two_of_one_name_are_told_apart(tmp_path: Path) -> None:
    for name in ("one/x", "two/x"):
        make_notebook(tmp_path / f"{name}.ipynb", "1")
    assert [notebook.slug for notebook in find_notebooks([tmp_path])] == ["one-x", "two-x"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty"),
        (b"{", "not valid JSON"),
        (b"\xff\xfe\x00", "not valid JSON"),
        (b'{\n<<<<<<< HEAD\n"cells": []\n', "a merge left its marks in line 2"),
        (b"[]", "not a notebook"),
        (b'{"nbformat": 4, "nbformat_minor": 5, "cells": 3, "metadata": {}}', "not a valid"),
        (
            b'{"nbformat": 4, "nbformat_minor": 5, "cells": [], '
            b'"metadata": {"kernelspec": {"name": "ir", "language": "R", "display_name": "R"}}}',
            "notebook in R",
        ),
    ],
)
def test_a_file_that_is_no_notebook_is_refused(tmp_path: Path, content: bytes, said: str) -> None:
    path = tmp_path / "broken.ipynb"
    path.write_bytes(content)
    with pytest.raises(InputError, match=said) as caught:
        find_notebooks([path])
    assert str(path) in str(caught.value)
    assert str(path) in str(caught.value.hint) or "JupyterLab" in str(caught.value.hint)


def test_what_jupyter_kept_of_a_spoilt_one_is_told(tmp_path: Path) -> None:
    path, kept = tmp_path / "a.ipynb", tmp_path / ".ipynb_checkpoints" / "a-checkpoint.ipynb"
    make_notebook(kept, "1")
    path.write_text("{")
    with pytest.raises(InputError) as caught:
        find_notebooks([path])
    assert caught.value.hint == f"what JupyterLab kept of it: cp {kept} {path}"


def test_what_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no notebook"):
        find_notebooks([tmp_path / "missing.ipynb"])
    with pytest.raises(InputError, match="no notebook below"):
        find_notebooks([tmp_path])
    with pytest.raises(InputError, match=r"must end in \.ipynb"):
        find_notebooks([Path(__file__)])
    with pytest.raises(InputError, match="no notebook was named"):
        find_notebooks([])


def test_its_root_is_its_projects(tmp_path: Path) -> None:
    (tmp_path / "workbench.toml").touch()
    path = make_notebook(tmp_path / "deep" / "in" / "x.ipynb", "#md # The title")
    notebook = find_notebooks([path])[0]
    assert notebook.root == tmp_path.resolve()
    assert notebook.shown_path == "deep/in/x.ipynb"
    assert notebook.title == "The title"
