"""What the contracts look at: the repository's tracked files, its rooms, and Python elsewhere."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]
RunPython = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def repo() -> Path:
    """The root of the repository."""
    return REPO


@pytest.fixture(scope="session")
def tracked() -> list[Path]:
    """The files that git knows and that are there, relative to the root."""
    out = subprocess.run(
        ["git", "ls-files", "-z"], cwd=REPO, capture_output=True, text=True, check=True
    ).stdout
    return [Path(name) for name in out.split("\0") if name and (REPO / name).is_file()]


@pytest.fixture(scope="session")
def bytecode(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where compiled modules of the measured processes lie, whatever the caller's environment."""
    return tmp_path_factory.mktemp("bytecode")


@pytest.fixture
def run_python(home: Path, bytecode: Path, tmp_path: Path) -> RunPython:
    """Run Python in a process of its own, in an empty folder, with ``extra`` first on its path."""

    def run(*arguments: str, extra: Path | None = None) -> subprocess.CompletedProcess[str]:
        empty = tmp_path / "empty"
        empty.mkdir(exist_ok=True)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
        variables = {**kept, "PYTHONPYCACHEPREFIX": str(bytecode)}
        if extra is not None:
            variables["PYTHONPATH"] = str(extra)
        return subprocess.run(
            [sys.executable, *arguments],
            cwd=empty,
            env=variables,
            capture_output=True,
            text=True,
            check=True,
        )

    return run
