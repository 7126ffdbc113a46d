"""Optional packages: found without importing them, and an error that names what brings them."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from workbench.core.errors import DependencyError
from workbench.core.optional import available, require, require_installed


def test_an_installed_package_is_imported() -> None:
    assert require("json.decoder", extra="none") is sys.modules["json.decoder"]


def test_a_missing_package_names_its_extra() -> None:
    with pytest.raises(DependencyError, match="'no_such_package' is not installed") as caught:
        require("no_such_package.part", extra="studio")
    assert caught.value.hint == "pip install 'workbench[studio]'"
    assert caught.value.context == {"module": "no_such_package", "extra": "studio"}
    assert isinstance(caught.value, ImportError)
    with pytest.raises(DependencyError) as unloaded:
        require_installed("no_such_package.part", extra="studio")
    assert str(unloaded.value) == str(caught.value)


def test_a_fault_inside_the_package_is_not_hidden(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "wb_half.py").write_text("import wb_not_there\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ModuleNotFoundError, match="wb_not_there") as caught:
        require("wb_half", extra="x")
    assert not isinstance(caught.value, DependencyError)


def test_available_imports_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "wb_there.py").write_text("raise RuntimeError('imported')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert available("wb_there")
    assert available("wb_there.part")
    assert not available("wb_not_there.part")
    require_installed("wb_there.part", extra="none")
