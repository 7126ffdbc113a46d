"""``kill -9`` at random points: no confirmed settlement lost, none double, no half-written file."""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from workbench.store.database import Database
from workbench.store.usage_export import export_usage

SCRIPT = Path(__file__).with_name("usage_worker.py")
KILLS = 25


class Nursery:
    """The process that forks the workers."""

    def __init__(self, process: subprocess.Popen[str], log_path: Path) -> None:
        self.process, self.log_path = process, log_path

    def ask(self, request: str) -> int:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write(request + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def confirmed(self) -> list[str]:
        return self.log_path.read_text().split() if self.log_path.exists() else []

    def kill_one(self, delay_s: float) -> None:
        """Start a worker, wait until it has confirmed something, and kill it a little later."""
        before = len(self.confirmed())
        worker = self.ask("run")
        for _ in range(3000):
            if len(self.confirmed()) > before + 3:
                break
            time.sleep(0.005)
        time.sleep(delay_s)
        os.kill(worker, signal.SIGKILL)
        assert self.ask("wait") == -signal.SIGKILL


@pytest.fixture
def start(home: Path, tmp_path: Path) -> Iterator[Callable[[str], Nursery]]:
    with contextlib.ExitStack() as stack:

        def start_one(variant: str) -> Nursery:
            process = stack.enter_context(
                subprocess.Popen(
                    [sys.executable, "-W", "error", str(SCRIPT), str(tmp_path / "log"), variant],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                    env={**os.environ, "WORKBENCH_HOME": str(home)},
                )
            )
            return Nursery(process, tmp_path / "log")

        yield start_one


def exported(home: Path) -> tuple[list[str], list[str]]:
    """The settlement ids of all files, and the files that cannot be read."""
    found, broken = [], []
    for path in sorted((home / "usage").glob("*.parquet")):
        try:
            found += pq.read_table(path, columns=["settlement_id"])[0].to_pylist()
        except (OSError, ValueError):
            broken.append(path.name)
    return found, broken


def violations(database: Database, home: Path, confirmed: list[str]) -> set[str]:
    """Every kind of promise that was broken."""
    rows = Counter(row[0] for row in database.read("SELECT settlement_id FROM usage"))
    found, broken = exported(home)
    faults = {
        "a confirmed settlement is lost": not set(confirmed) <= set(rows),
        "a settlement is double": max(rows.values(), default=0) > 1
        or len(confirmed) > len(set(confirmed)),
        "a file is half-written": bool(broken),
        "a file has a settlement that the table has not": not set(found) <= set(rows),
        "a file has a settlement twice": len(found) > len(set(found)),
    }
    return {fault for fault, there in faults.items() if there}


def test_killed_at_random_points_nothing_confirmed_is_lost(
    database: Database, home: Path, start: Callable[[str], Nursery]
) -> None:
    nursery, chance = start("sound"), random.Random(4)
    for _ in range(KILLS):
        nursery.kill_one(chance.uniform(0.0, 0.06))
        assert violations(database, home, nursery.confirmed()) == set()
    export_usage()
    found, _ = exported(home)
    rows = [row[0] for row in database.read("SELECT settlement_id FROM usage")]
    assert sorted(found) == sorted(rows)
    assert len(rows) >= len(nursery.confirmed()) >= KILLS * 3


@pytest.mark.parametrize(
    ("variant", "fault"),
    [("hasty", "a confirmed settlement is lost"), ("in-place", "a file is half-written")],
)
def test_the_check_finds_a_broken_promise(
    database: Database, home: Path, start: Callable[[str], Nursery], variant: str, fault: str
) -> None:
    nursery, chance = start(variant), random.Random(5)
    seen: set[str] = set()
    for _ in range(40):
        nursery.kill_one(chance.uniform(0.0, 0.04))
        seen = violations(database, home, nursery.confirmed())
        if seen:
            break
    assert seen == {fault}


def test_the_log_can_be_used_after_a_fork(database: Database, run_script: Any) -> None:
    done = run_script(
        """
import os, sys
from workbench.store.usage import UsageLog
from workbench.store.usage_rows import UsageRow
log = UsageLog()
def settle(name):
    row = UsageRow(request_id=name, key_id="k", user="u", model_asked="m", settlement_id=name)
    return log.settle(row).result(timeout=60)
assert settle("before")
child = os.fork()
if child == 0:
    os._exit(0 if settle("child") else 1)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
assert settle("after")
assert log.close() == 0
"""
    )
    assert done.returncode == 0, done.stderr
    names = {row[0] for row in database.read("SELECT request_id FROM usage")}
    assert names == {"before", "child", "after"}
