"""A Ray cluster of several nodes on this machine, as the tests see it."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import psutil

import workbench
from workbench.finetuning.distributed.cluster.connecting import OWN

SCRIPT = Path(__file__).with_name("ray_nodes.py")
ROOT = str(Path(workbench.__file__).parents[1])
RANK = "workbench.finetuning.distributed.rank"


def words_of(process: psutil.Process) -> list[str]:
    """The command of a process; none of one that has ended, reaped or not."""
    try:
        return process.cmdline()
    except psutil.Error:
        return []


class Nodes:
    """A cluster; the first node has its head.

    Args:
        cores: Of each node.
    """

    def __init__(self, *cores: int) -> None:
        self._scratch = tempfile.TemporaryDirectory(
            prefix="wb-nodes-", dir="/tmp", ignore_cleanup_errors=True
        )
        self.env = {
            **OWN,
            "RAY_raylet_start_wait_time_s": "40",
            "RAY_AUTH_TOKEN": secrets.token_hex(32),
        }
        paths = [ROOT, *filter(None, [os.environ.get("PYTHONPATH")])]
        self._process = subprocess.Popen(
            [sys.executable, str(SCRIPT), *map(str, cores)],
            env={**os.environ, **self.env, "RAY_TMPDIR": self._scratch.name,
                 "PYTHONPATH": os.pathsep.join(paths)},
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        self.nodes = [self._read() for _ in cores]
        self.address = self.nodes[0]["address"]

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        while not (line := self._process.stdout.readline()).startswith("{"):
            assert line, "the cluster did not start"
        found: dict[str, Any] = json.loads(line)
        return found

    def _ask(self, line: str) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(line + "\n")
        self._process.stdin.flush()
        return self._read()

    def add(self, cores: int = 1) -> None:
        """One node more."""
        self.nodes.append(self._ask(str(cores)))

    def pretend(self, version: str = "") -> None:
        """Have the cluster say that it is of another version of Ray, or of its own again."""
        self._ask(f"version {version}")

    def processes(self) -> list[psutil.Process]:
        """All of the cluster's, with what runs on it."""
        mine = psutil.Process(self._process.pid)
        return [mine, *mine.children(recursive=True)]

    def ranks(self) -> list[psutil.Process]:
        """The processes of runs on all nodes."""
        return [each for each in self.processes() if RANK in words_of(each)]

    def kill(self, node: int) -> None:
        """All that a node is, at once; the first with the head."""
        told = self.nodes.pop(node)
        raylet = psutil.Process(told["raylet"])
        workers = raylet.children(recursive=True)
        for each in [*map(psutil.Process, told["head"]), raylet, *workers]:
            each.kill()

    def close(self) -> list[psutil.Process]:
        """End it; what is left of it."""
        started = self.processes()[1:]
        self._process.communicate(timeout=120)
        self._scratch.cleanup()
        return psutil.wait_procs(started, timeout=30)[1]
