"""``kill -9`` at random moments of promotions, trials and rollbacks: one champion, none lost."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from workbench.finetuning.versions.names import promote_version
from workbench.models.adapters import KIND, folder_of
from workbench.models.routing.standing import Standing
from workbench.models.routing.trials import Asker, find_trial
from workbench.store.database import open_database
from workbench.store.ledger import Ledger
from workbench.store.versions import Versions

from ..conftest import Make

SCRIPT = Path(__file__).with_name("kill_worker.py")
NAME, KILLS = "tiny:a", 25


def faults() -> list[str]:
    """What is wrong with the names, the trial and the ledger."""
    versions, ledger, found = Versions(), Ledger(), []
    labels = versions.labels(KIND, NAME)
    number = labels.get("champion")
    if number is None or not folder_of("tiny", "a", number).is_dir():
        found.append(f"the champion is {number}")
    rows = open_database().read(
        "SELECT count(*) AS champions FROM (SELECT label FROM label_moves WHERE id IN (SELECT "
        "max(id) FROM label_moves WHERE kind = ? AND name = ? AND label = 'champion'))",
        (KIND, NAME),
    )
    if rows[0]["champions"] > 1:
        found.append("there are two champions")
    moves = [
        each
        for each in ledger.entries(subject=NAME, limit=100_000)
        if each.action in ("adapter.promoted", "adapter.rolled_back")
    ]
    history = versions.label_history(KIND, NAME, label="champion")
    if moves[0].data["to"] != number or len(moves) != len(history):
        found.append(f"the ledger tells of {len(moves)} moves, the names of {len(history)}")
    trial = find_trial(NAME, "champion")
    if trial is not None and trial.champion != number:
        found.append("a trial runs against another champion")
    if trial is not None and labels.get("challenger") != trial.candidate:
        found.append("a trial runs of what is no challenger")
    if Standing().find(f"{NAME}@champion", Asker("r")) is None:
        found.append("who asks for the champion gets nothing")
    if not ledger.verify().ok:
        found.append("the ledger is broken")
    return found


def wait_for_entries(count: int) -> None:
    """Wait until the ledger has so many more; on a busy machine a time would say nothing."""
    first, until_s = Ledger().head().number, time.monotonic() + 5
    while Ledger().head().number < first + count and time.monotonic() < until_s:
        time.sleep(0.003)


def kill_often(variant: str, kills: int, *, stop_at_fault: bool = False) -> list[str]:
    """Kill a worker again and again; every fault that was there after a kill."""
    dice, found = random.Random(11), []
    with subprocess.Popen(
        [sys.executable, "-W", "error", str(SCRIPT), variant],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ},
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None

        def ask(line: str) -> int:
            process.stdin.write(f"{line}\n")
            process.stdin.flush()
            return int(process.stdout.readline())

        for seed in range(kills):
            child = ask(str(seed))
            wait_for_entries(dice.randrange(5))
            time.sleep(dice.uniform(0.0, 0.02))
            os.kill(child, signal.SIGKILL)
            ask("wait")
            found += faults()
            if found and stop_at_fault:
                break
        process.stdin.close()
    return found


@pytest.mark.slow
def test_never_two_champions_and_never_none(make: Make) -> None:
    for seed in range(3):
        make(seed=seed)
    promote_version(f"{NAME}@1", reason="the first")
    assert kill_often("sound", KILLS) == []
    moves = Versions().label_history(KIND, NAME, label="champion")
    trials = Ledger().entries(action="canary.started", limit=10_000)
    assert len(moves) > 20, "hardly anything was moved, so nothing is shown"
    assert trials, "no trial was begun"


def test_the_same_kills_find_moves_in_steps_out(make: Make) -> None:
    for seed in range(3):
        make(seed=seed)
    promote_version(f"{NAME}@1", reason="the first")
    assert kill_often("torn", 4 * KILLS, stop_at_fault=True)
