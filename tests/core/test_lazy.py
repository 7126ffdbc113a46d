"""A room's lazy names: nothing is imported until one is used."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType

import pytest


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    folder = tmp_path / "wb_lazy_room"
    folder.mkdir()
    (folder / "__init__.py").write_text(
        "from workbench.core.lazy import attach\n"
        "__getattr__, __dir__, __all__ = attach(__name__, {'thing': 'inside', 'inside': '',"
        " 'gone': 'inside'})\n"
    )
    (folder / "inside.py").write_text("thing = 5\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in [name for name in sys.modules if name.startswith("wb_lazy_room")]:
        monkeypatch.delitem(sys.modules, name)
    return importlib.import_module("wb_lazy_room")


def test_a_name_is_imported_when_it_is_used(room: ModuleType) -> None:
    assert "wb_lazy_room.inside" not in sys.modules
    assert room.thing == 5
    assert room.inside is sys.modules["wb_lazy_room.inside"]


def test_names_are_listed_without_importing(room: ModuleType) -> None:
    assert dir(room) == room.__all__ == ["gone", "inside", "thing"]
    assert "wb_lazy_room.inside" not in sys.modules


def test_unknown_and_missing_names(room: ModuleType) -> None:
    with pytest.raises(AttributeError, match="'wb_lazy_room' has no attribute 'other'"):
        _ = room.other
    with pytest.raises(AttributeError, match="gone"):
        _ = room.gone
    assert not hasattr(room, "__wrapped__")


def test_star_and_from_imports(room: ModuleType) -> None:
    (room.__all__).remove("gone")
    names: dict[str, object] = {}
    exec("from wb_lazy_room import *\nfrom wb_lazy_room import thing as again", names)
    assert names["thing"] == names["again"] == 5
