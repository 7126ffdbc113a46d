"""Resolve pyproject.toml into requirements.lock. Versions stay unless ``--upgrade`` is given.

torch stays out: it is installed first, by itself, as the right build differs by machine.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

REPO = Path(__file__).resolve().parents[1]
LOCK = REPO / "requirements.lock"
HEADER = """\
# Every package of the environment with the sha256 of each of its files, for Linux and for
# Apple silicon, Python 3.11 to 3.13. Made by `make lock`; change pyproject.toml, not this file.
# Install torch first, then `pip install --no-deps --require-hashes -r requirements.lock`.
"""
COMPILE = (
    "pip compile pyproject.toml --extra all --group dev --group docs --universal "
    "--python-version 3.11 --generate-hashes --no-emit-package torch --no-header --no-annotate -q "
    "-o requirements.lock"
)


def resolve(*, upgrade: bool) -> None:
    """Write the lock file with the versions that stand in it now, or with the newest."""
    command = [str(Path(sys.executable).with_name("uv")), *COMPILE.split()]
    if folders := os.environ.get("PIP_FIND_LINKS"):
        for folder in folders.split():
            command += ["--find-links", folder]
    if upgrade:
        command.append("--upgrade")
    subprocess.run(command, cwd=REPO, check=True)
    LOCK.write_text(HEADER + LOCK.read_text(encoding="utf-8"), encoding="utf-8")


if __name__ == "__main__":
    resolve(upgrade="--upgrade" in sys.argv[1:])
