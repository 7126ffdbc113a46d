"""What each room offers: names that resolve, not many, and three lines on what it is for."""

from __future__ import annotations

import importlib
import pkgutil
from pathlib import Path
from types import ModuleType

import pytest

REPO = Path(__file__).resolve().parents[2]
ROOMS = sorted(path.parent.name for path in (REPO / "workbench").glob("*/__init__.py"))
MOST_NAMES = 24  # "about 20" (STYLE): past this a room is two rooms


def faults(room: ModuleType) -> list[str]:
    """What is wrong with a room's face."""
    found = []
    names = list(getattr(room, "__all__", []))
    if names != sorted(set(names)):
        found.append("__all__ is not sorted, or repeats a name")
    if len(names) > MOST_NAMES:
        found.append(f"{len(names)} public names")
    found += [f"{name} does not resolve" for name in names if not hasattr(room, name)]
    found += [f"{name} is private" for name in names if name.startswith("_") and name[:2] != "__"]
    lines = (room.__doc__ or "").strip().splitlines()
    said = [line for line in lines if line.strip()]
    if not 1 <= len(said) <= 3:
        found.append(f"the docstring has {len(said)} lines, not one to three")
    elif "(room)" in said[0]:
        found.append("the docstring is a placeholder")
    return found


@pytest.mark.parametrize("room", ROOMS)
def test_a_rooms_face(room: str) -> None:
    assert faults(importlib.import_module(f"workbench.{room}")) == []


@pytest.mark.parametrize("room", ROOMS)
def test_no_name_changes_its_meaning_once_its_module_is_loaded(room: str) -> None:
    """A submodule, once imported, takes the place of a lazy function of the same name."""
    package = importlib.import_module(f"workbench.{room}")
    modules = {module.name for module in pkgutil.iter_modules(package.__path__)}
    clash = [
        name
        for name in getattr(package, "__all__", [])
        if name in modules and not isinstance(getattr(package, name), ModuleType)
    ]
    assert clash == []


def test_the_look_sees_each_fault() -> None:
    room = ModuleType("planted", "(room)")
    room.__dict__["__all__"] = ["gone", "_own", "a", "a"]
    room.__dict__.update(_own=1, a=1)
    assert faults(room) == [
        "__all__ is not sorted, or repeats a name",
        "gone does not resolve",
        "_own is private",
        "the docstring is a placeholder",
    ]
    long = ModuleType("planted", "One.\n\nTwo.\nThree.\nFour.")
    long.__dict__["__all__"] = sorted(f"name_{i}" for i in range(30))
    long.__dict__.update(dict.fromkeys(long.__dict__["__all__"], 1))
    assert faults(long) == ["30 public names", "the docstring has 4 lines, not one to three"]


def test_the_package_itself() -> None:
    import workbench

    assert workbench.__all__ == ["__version__"]
    assert workbench.__version__ == "0.1.0"
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        _ = workbench.nothing
