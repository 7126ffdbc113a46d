"""What the store's tests share: connections that end with the test, and a disk that fills up."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from workbench.store.database import Database, close_all, open_database

RunScript = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def database(home: Path) -> Iterator[Database]:
    """The store of this test's home."""
    yield open_database()
    close_all()


@pytest.fixture
def run_script(home: Path) -> RunScript:
    """Run Python source in a process of its own, with this test's home."""

    def run(source: str, *, before: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [*before, sys.executable, "-W", "error", "-c", source],
            env={**os.environ, "WORKBENCH_HOME": str(home)},
            capture_output=True,
            text=True,
            check=False,
        )

    return run


@pytest.fixture
def run_on_small_disk(run_script: RunScript, home: Path) -> RunScript:
    """Run Python source with this test's home on a real file system of 2 MB.

    The file system is a tmpfs in a mount namespace of the process's own. Root may make one;
    others may where the kernel lets users have namespaces.
    """
    home.mkdir()
    mount = f'mount -t tmpfs -o size=2m tmpfs {home} && exec "$@"'
    tries = [["unshare", "--mount"], ["unshare", "--user", "--map-root-user", "--mount"]]
    for unshare in tries if shutil.which("unshare") else []:
        before = (*unshare, "sh", "-c", mount, "sh")
        if subprocess.run([*before, "true"], capture_output=True, check=False).returncode == 0:
            return lambda source: run_script(source, before=before)
    pytest.skip("needs root or user namespaces, to mount a small tmpfs")
