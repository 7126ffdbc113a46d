"""The floors: a room imports only from floors below its own, and every room stands on one."""

from __future__ import annotations

import ast
import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]


def floors() -> list[set[str]]:
    """The rooms of each floor, the highest first."""
    tool = tomllib.loads((REPO / "pyproject.toml").read_text("utf-8"))["tool"]["importlinter"]
    layers = tool["contracts"][0]["layers"]
    return [set(re.findall(r"\((\w+)\)", layer)) for layer in layers]


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the package, to plant mistakes in."""
    shutil.copytree(
        REPO / "workbench", tmp_path / "workbench", ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copy(REPO / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_floors_hold() -> None:
    found = lint_imports(REPO)
    assert found.returncode == 0, found.stdout


@pytest.mark.parametrize(
    ("room", "line"),
    [
        ("store", "import workbench.models"),
        ("core", "def late():\n    from workbench.store import files"),
        ("models", "from ..evaluation import checks"),
        ("reports", "import workbench.cloud"),
    ],
    ids=["upwards", "late and upwards", "relative and upwards", "sideways"],
)
def test_an_import_that_is_not_downwards_fails(copy: Path, room: str, line: str) -> None:
    cloud = copy / "workbench" / "cloud"
    cloud.mkdir(exist_ok=True)
    (cloud / "__init__.py").touch()
    (copy / "workbench" / room / "planted.py").write_text(line + "\n")
    found = lint_imports(copy)
    assert found.returncode == 1, found.stdout
    assert f"workbench.{room}.planted -> " in found.stdout


def test_a_room_without_a_floor_fails(copy: Path) -> None:
    attic = copy / "workbench" / "attic"
    attic.mkdir()
    (attic / "__init__.py").touch()
    assert lint_imports(copy).returncode == 1


def test_every_room_stands_on_one_floor() -> None:
    listed = [room for floor in floors() for room in floor]
    assert len(listed) == len(set(listed))
    rooms = {path.parent.name for path in (REPO / "workbench").glob("*/__init__.py")}
    assert rooms <= set(listed)


def test_the_readmes_tree_has_the_rooms(tracked: list[Path]) -> None:
    rooms = {path.parts[1] for path in tracked if path.match("workbench/*/__init__.py")}
    tree = (REPO / "README.md").read_text("utf-8").partition("## The tree")[2]
    drawn = set(re.findall(r"^  (\w+)/", tree, re.M))
    assert drawn == rooms


def foreign_imports(source: str) -> set[str]:
    """Packages outside the standard library that a module imports when it is itself imported."""
    found: set[str] = set()
    pending: list[ast.stmt] = list(ast.parse(source).body)
    for node in pending:
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            pending += node.orelse
        elif isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.add((node.module or "").partition(".")[0])
        elif not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            for field in ("body", "orelse", "finalbody"):
                pending += getattr(node, field, [])
            pending += [line for each in getattr(node, "handlers", []) for line in each.body]
    return found - set(sys.stdlib_module_names) - {"workbench"}


@pytest.mark.parametrize("room", ["core", "store"])
def test_the_lowest_rooms_stand_on_the_standard_library(room: str) -> None:
    found = {
        str(path.relative_to(REPO)): foreign
        for path in (REPO / "workbench" / room).rglob("*.py")
        if (foreign := foreign_imports(path.read_text("utf-8")))
    }
    assert found == {}


def test_that_look_sees_what_is_imported_at_once_and_not_what_is_late() -> None:
    source = """
from typing import TYPE_CHECKING
if TYPE_CHECKING:
    import torch
try:
    import numpy
except ImportError:
    import fallback
class Eager:
    from scipy import stats
def late():
    import pandas
"""
    assert foreign_imports(source) == {"numpy", "fallback", "scipy"}
