"""The environment is made by pip, which says how far it is and what went wrong."""

from __future__ import annotations

import sys
import zipfile
from pathlib import Path

import pytest

REPO = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(REPO / "tools"))
from install import Progress, count_locked, run  # noqa: E402

sys.path.remove(str(REPO / "tools"))


def wheel(folder: Path, name: str) -> None:
    """A wheel with nothing in it but its name."""
    about = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as file:
        file.writestr(f"{about}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        file.writestr(f"{about}/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        file.writestr(f"{about}/RECORD", "")


def test_the_lock_is_counted_for_this_machine() -> None:
    lines = [
        "# a comment",
        "one==1.0 \\",
        "    --hash=sha256:00 \\",
        "    --hash=sha256:11",
        "two==1.0 ; python_version < '3' \\",
        "    --hash=sha256:22",
        "three==1.0 ; python_version >= '3'",
    ]
    assert count_locked(lines) == 2
    assert count_locked((REPO / "requirements.lock").read_text().splitlines()) > 200


def test_each_tenth_is_said_once_and_never_more_than_all() -> None:
    said: list[str] = []
    progress = Progress("fetched", 20, say=said.append)
    for count in range(25):
        progress.reached(count)
    assert len(said) == 10
    assert said[0].endswith("fetched 2 of 20 packages")
    assert said[-1].endswith("fetched 20 of 20 packages")


def test_progress_is_shown_while_pip_works(tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    names = [f"made{letter}" for letter in "abcdefghijkl"]
    for name in names:
        wheel(tmp_path, name)
    log = tmp_path / "install.log"
    offline = ["--no-index", "--find-links", str(tmp_path), "--target", str(tmp_path / "there")]
    assert run([*offline, *names], total=len(names), log=log) == 0
    assert "fetched 6 of 12 packages" in capsys.readouterr().out
    assert "Successfully installed" in log.read_text()
    assert (tmp_path / "there" / "madea-1.0.dist-info").is_dir()


def test_a_failure_shows_what_pip_said_and_how_to_go_on(
    tmp_path: Path, capsys: pytest.CaptureFixture
) -> None:
    log = tmp_path / "install.log"
    assert run(["--no-index", "no-such-package-at-all"], total=1, log=log) != 0
    shown = capsys.readouterr().err
    assert "No matching distribution found for no-such-package-at-all" in shown
    assert f"all that it said is in {log}" in shown
    assert "same make command" in shown
