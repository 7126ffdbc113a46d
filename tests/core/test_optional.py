"""Optional packages: found without importing them, and an error that names what brings them."""

from __future__ import annotations

import json
import sys
from importlib import metadata
from importlib.metadata import Distribution
from pathlib import Path
from typing import Any

import pytest

from workbench.core import optional
from workbench.core.errors import DependencyError
from workbench.core.optional import available, install_command, require, require_installed


def test_an_installed_package_is_imported() -> None:
    assert require("json.decoder", extra="none") is sys.modules["json.decoder"]


def test_a_missing_package_names_its_extra() -> None:
    with pytest.raises(DependencyError, match="'no_such_package' is not installed") as caught:
        require("no_such_package.part", extra="studio")
    assert caught.value.hint == install_command("studio")
    assert caught.value.context == {"module": "no_such_package", "extra": "studio"}
    assert isinstance(caught.value, ImportError)
    with pytest.raises(DependencyError) as unloaded:
        require_installed("no_such_package.part", extra="studio")
    assert str(unloaded.value) == str(caught.value)


def as_installed(monkeypatch: pytest.MonkeyPatch, file: Path, told: dict[str, Any] | None) -> None:
    """Let the package stand at ``file``, registered with what pip wrote down of its origin."""
    made = file.parent / "workbench-0.1.0.dist-info"
    made.mkdir(parents=True)
    (made / "METADATA").write_text("Metadata-Version: 2.1\nName: workbench\nVersion: 0.1.0\n")
    if told is not None:
        (made / "direct_url.json").write_text(json.dumps(told))
    found = Distribution.at(made)
    monkeypatch.setattr(optional, "__file__", str(file))
    monkeypatch.setattr(metadata, "distribution", lambda name: found)


def test_the_hint_is_what_works_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No registry has the package: of a checkout it is an editable install, or what make does."""
    checkout = tmp_path / "my work"
    (checkout / ".venv").mkdir(parents=True)
    for name in ("pyproject.toml", "requirements.lock"):
        (checkout / name).touch()
    monkeypatch.setattr(sys, "executable", "/usr/bin/python3")
    monkeypatch.setattr(optional, "__file__", str(checkout / "workbench" / "core" / "optional.py"))
    pip = "/usr/bin/python3 -m pip install "
    assert install_command("studio") == f"{pip}--editable '{checkout}[studio]'"
    monkeypatch.setattr(sys, "prefix", str(checkout / ".venv"))
    made = f"{pip}--no-deps --require-hashes -r '{checkout}/requirements.lock'"
    assert install_command("studio") == made


@pytest.mark.parametrize(
    ("told", "hint"),
    [
        (None, "'workbench[data]'"),
        ({"url": "https://x.example/w.whl", "archive_info": {}},
         "'workbench[data] @ https://x.example/w.whl'"),
        ({"url": "https://x.example/w.git", "vcs_info": {"vcs": "git", "commit_id": "1"}},
         "'workbench[data] @ git+https://x.example/w.git'"),
        ({"url": "{folder}", "dir_info": {}}, "--editable '{here}[data]'"),
    ],
)  # fmt: skip
def test_what_was_installed_from_an_address_is_asked_for_there(
    told: dict[str, Any] | None, hint: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "the source"
    source.mkdir()
    if told is not None:
        told = {**told, "url": told["url"].replace("{folder}", source.as_uri())}
    as_installed(monkeypatch, tmp_path / "site" / "workbench" / "core" / "optional.py", told)
    command = install_command("data")
    assert command.endswith(f"pip install {hint.replace('{here}', str(source))}")


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
