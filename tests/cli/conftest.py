"""What the command line's tests share: a real plugin on the path, and ways to run commands."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from workbench.core import operations

PROBE = Path(__file__).parent / "data" / "probe_room.py"


@dataclass(frozen=True)
class Outcome:
    """What one command left: its exit status and what it wrote."""

    status: int
    out: str
    err: str


Run = Callable[..., Outcome]


@pytest.fixture
def probe(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """A plugin's room ``probe``, installed in a folder of its own that is on the path.

    Commands in this process and in others find it as they find every plugin.
    """
    folder = tmp_path_factory.mktemp("plugin")
    (folder / "wb_probe_room.py").write_text(PROBE.read_text())
    about = folder / "wb_probe-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: wb-probe\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[workbench.rooms]\nprobe = wb_probe_room\n")
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setenv("PYTHONPATH", str(folder))
    # A room registers once, when it is imported: what is loaded into a copy would be lost with it.
    operations.all_operations()
    monkeypatch.setattr(operations, "_registry", dict(operations._registry))
    monkeypatch.setattr(operations, "_loaded_rooms", set(operations._loaded_rooms))
    operations.rooms.cache_clear()
    yield folder
    sys.modules.pop("wb_probe_room", None)
    operations.rooms.cache_clear()


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    """Run a command in this process."""
    from workbench.cli.main import main

    def run(*arguments: object) -> Outcome:
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return Outcome(ended.value.code, out, err)  # type: ignore[arg-type]

    return run


def command_line(*arguments: object) -> list[str]:
    """The command line of a command in a process of its own."""
    source = "from workbench.cli.main import main; main()"
    return [sys.executable, "-W", "error", "-c", source, *(str(part) for part in arguments)]


@pytest.fixture
def command(home: Path) -> Callable[..., list[str]]:
    """Make the command line of a command in a process of its own."""
    return command_line


@pytest.fixture
def run_apart(home: Path) -> Run:
    """Run a command in a process of its own."""

    def run(*arguments: object, **variables: str) -> Outcome:
        done = subprocess.run(
            command_line(*arguments),
            env={**os.environ, **variables},
            capture_output=True,
            text=True,
            check=False,
            stdin=subprocess.DEVNULL,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    return run
