"""The tool that CI runs the tour in: nothing leaves it, and what tries to is counted."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

TOOL = Path(__file__).resolve().parents[2] / "tools" / "without_network.py"
LOOPBACK = """
import socket
with socket.create_server(("127.0.0.1", 0)) as server:
    socket.create_connection(server.getsockname()).close()
"""
# In silence, as a library would that looks for news.
CALL = """
import contextlib, socket
with contextlib.suppress(OSError):
    socket.create_connection(("{host}", 80), timeout=2)
"""

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="network namespaces are Linux's")


def run(code: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, str(TOOL), sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stderr.splitlines()[-1]


def test_loopback_is_there_and_is_no_attempt() -> None:
    assert run(LOOPBACK) == (0, "sent towards other machines: 0")


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1", "pypi.example"])
def test_an_attempt_is_counted_though_its_program_hides_it(host: str) -> None:
    status, said = run(CALL.format(host=host))
    assert status == 3
    assert int(said.rpartition(" ")[2]) >= 1


def test_an_attempt_of_a_grandchild_is_counted() -> None:
    call = CALL.format(host="192.0.2.1")
    status, _ = run(f"import subprocess, sys\nsubprocess.run([sys.executable, '-c', {call!r}])")
    assert status == 3


def test_the_commands_own_failure_is_told() -> None:
    assert run("raise SystemExit(7)")[0] == 7
