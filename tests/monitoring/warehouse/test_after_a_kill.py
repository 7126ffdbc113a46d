"""Killed in the middle of traffic: the warehouse has what was settled, to the token."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from workbench.monitoring.warehouse.asking import Warehouse
from workbench.monitoring.warehouse.operations import rebuild
from workbench.store.database import close_all, open_database

PROGRAM = """
import itertools, sys
from workbench.store.usage import UsageLog
from workbench.store.usage_rows import UsageRow

log, made = UsageLog(), iter(range(10**9))
for number in made:
    row = UsageRow(
        request_id=f"{sys.argv[1]}-{number}", key_id="key_1", user="sales-1", model_asked="m",
        prompt_tokens=number % 97, completion_tokens=number % 31, cost_usd=number / 7e6,
    )
    settled = log.settle(row)
    if number % 50 == 0:
        settled.result()
        print(number, flush=True)
"""


def traffic_until_killed(run: int, lines: int) -> int:
    """Settle until so many confirmations were told, then die; the last one that was confirmed."""
    process = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, str(run)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    told = [process.stdout.readline() for _ in range(lines)]
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    return int(told[-1])


def test_totals_are_those_that_were_settled(home: Path) -> None:
    confirmed = 0
    for run, lines in enumerate((3, 11, 24)):
        confirmed += traffic_until_killed(run, lines) + 1
        rebuild()
        settled = open_database().read_one(
            "SELECT count(*) AS calls, sum(prompt_tokens) AS prompt, "
            "sum(completion_tokens) AS completion, sum(cost_nano_usd) AS nano FROM usage"
        )
        assert settled is not None
        assert settled["calls"] >= confirmed
        with Warehouse() as warehouse:
            found = warehouse.query(
                "SELECT sum(requests), sum(prompt_tokens), sum(completion_tokens), sum(cost_nano) "
                "FROM hourly"
            )[0]
        assert found == tuple(settled[name] for name in ("calls", "prompt", "completion", "nano"))
        close_all()


@pytest.fixture(autouse=True)
def _closed() -> object:
    yield
    close_all()
