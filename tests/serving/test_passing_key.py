"""A gateway in a notebook leaves no owner's key behind, and takes none away that was there."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from workbench.identity import list_keys
from workbench.serving.key_file import owner_key
from workbench.serving.running import state_path
from workbench.serving.server import default_key_file, serving
from workbench.serving.settings import ServingSettings

from .conftest import Client

LEFT_OPEN = """
import contextlib, os, sys
from workbench.serving.server import serving
from workbench.serving.settings import ServingSettings

room = contextlib.ExitStack()
gateway = room.enter_context(serving(chosen=ServingSettings(load_at_start=())))
print(gateway.url, flush=True)
if sys.argv[1] == "killed":
    os.kill(os.getpid(), 9)
"""
NOTHING = ServingSettings(load_at_start=())


def keys_left(home: Path) -> tuple[list[str], list[str]]:
    """The names of keys in force, and the files that hold one."""
    return [key.name for key in list_keys()], [p.name for p in (home / "serving").glob("*.key")]


def test_the_key_goes_with_the_gateway(home: Path) -> None:
    with serving(chosen=NOTHING) as server:
        assert Client(server.url, server.key).request("GET", "/v1/models").status == 200
        assert len(keys_left(home)[0]) == len(keys_left(home)[1]) == 1
        with serving(chosen=NOTHING) as other:  # each has its own
            assert other.key != server.key
        assert Client(server.url, server.key).request("GET", "/v1/models").status == 200
    assert keys_left(home) == ([], [])


def test_it_goes_as_well_when_the_block_fails(home: Path) -> None:
    with pytest.raises(ZeroDivisionError), serving(chosen=NOTHING):
        _ = 1 / 0
    assert keys_left(home) == ([], [])


def test_the_owners_own_key_stays(home: Path) -> None:
    key = owner_key(default_key_file())
    with serving(chosen=NOTHING) as server:
        assert server.key == key
    assert keys_left(home) == (["owner"], ["owner.key"])


def leave_open(home: Path, how: str) -> int:
    """A process that opens a gateway as a notebook does, and never leaves its block."""
    run = subprocess.run(
        [sys.executable, "-c", LEFT_OPEN, how],
        env={**os.environ, "WORKBENCH_HOME": str(home)},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert run.stdout.startswith("http://127.0.0.1:"), run.stderr
    assert "Traceback" not in run.stderr
    return run.returncode


def test_a_kernel_that_ends_with_its_block_open_leaves_nothing(home: Path) -> None:
    assert leave_open(home, "ends") == 0  # it does not wait for the gateway's thread for ever
    assert keys_left(home) == ([], [])
    assert not state_path().exists()


def test_what_a_killed_one_left_is_taken_back_by_the_next_and_ends_by_itself(home: Path) -> None:
    assert leave_open(home, "killed") == -9
    (key,) = list_keys()
    assert key.name.startswith("notebook-")
    assert key.expires_s is not None
    assert 0 < key.expires_s - time.time() <= 86_400
    with serving(chosen=NOTHING) as server:
        assert [each.name for each in list_keys()] != [key.name]
        assert len(keys_left(home)[0]) == len(keys_left(home)[1]) == 1
        assert Client(server.url, server.key).request("GET", "/v1/models").status == 200
    assert keys_left(home) == ([], [])
