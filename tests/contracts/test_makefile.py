"""What `make` says and hands on, tried on the Makefile itself with everything already made."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

REPO = Path(__file__).resolve().parents[2]
MADE = ["-o", ".venv/package.stamp", "-o", ".venv/lock.stamp"]  # as if it were up to date


def make(*words: str, path: Path | None = None) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "MAKEFLAGS": ""}
    if path is not None:
        environment["PATH"] = f"{path}{os.pathsep}{environment['PATH']}"
    return subprocess.run(
        ["make", "--no-print-directory", *words],
        cwd=REPO,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def user(folder: Path, uid: int) -> Path:
    """A folder whose `id` says so: the recipe's own test of who runs it."""
    folder.mkdir()
    (folder / "id").write_text(f"#!/bin/sh\necho {uid}\n")
    (folder / "id").chmod(0o755)
    return folder


def test_lab_as_root_says_how_and_hands_flags_on(tmp_path: Path) -> None:
    root, ada = user(tmp_path / "root", 0), user(tmp_path / "ada", 1000)
    refused = make(*MADE, "lab", "BIN=/nowhere", "LAB_FLAGS=--no-browser", path=root)
    assert refused.returncode != 0
    assert "make lab LAB_FLAGS=--allow-root" in refused.stderr
    assert "/nowhere/jupyter" not in refused.stdout, "JupyterLab was started all the same"
    for flags, path in (("--allow-root --port 9000", root), ("--port 9000", ada)):
        echo = make(*MADE, "lab", "BIN=echo ", f"LAB_FLAGS={flags}", path=path)
        assert f"jupyter lab {flags}" in echo.stdout, echo.stderr


def test_report_says_each_step_before_it_begins() -> None:
    lines = make("-n", "-W", "requirements.lock", "report").stdout.splitlines()
    slow = ("-m venv", "tools/install.py", "models pull", "report run")
    steps = [index for index, line in enumerate(lines) if any(word in line for word in slow)]
    assert len(steps) == 6
    for step in steps:
        assert lines[step - 1].startswith("printf 'workbench: "), lines[step]
