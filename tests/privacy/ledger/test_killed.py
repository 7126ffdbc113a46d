"""Killed at any moment, the ledger is sound, and each key is there whole, in use or gone."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from workbench.privacy.ledger.checking import verify_evidence
from workbench.privacy.ledger.checkpoints import make_checkpoint
from workbench.privacy.ledger.erasing import finish_erasures
from workbench.privacy.ledger.subject_keys import SubjectKeys
from workbench.store.database import close_all
from workbench.store.ledger import Entry, Ledger

WORKER = Path(__file__).with_name("kill_worker.py")


def all_of(action: str) -> tuple[Entry, ...]:
    return Ledger().entries(action=action, limit=1_000_000)


@pytest.mark.soak
def test_a_kill_at_any_moment_leaves_a_sound_ledger_and_whole_keys(home: Path, scale: int) -> None:
    dice = random.Random(7)
    for _ in range(4 * scale):
        worker = subprocess.Popen(
            [sys.executable, str(WORKER)],
            env={**os.environ, "WORKBENCH_HOME": str(home)},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert worker.stdout is not None
        worker.stdout.readline()  # it works; from now on anything may be under way
        time.sleep(dice.random() * 0.3)
        worker.kill()
        worker.wait()
        worker.stdout.close()
        check = verify_evidence()
        assert check.ok, check.reason
        finish_erasures()
        assert list((home / "ledger-keys" / "erasing").glob("*")) == []
        told = {each.data.get("person") for each in all_of("privacy.access")}
        erased = {each.subject for each in all_of("privacy.erasure")}
        kept = {SubjectKeys().pseudonym(f"person-{n}@example.org") for n in range(3)}
        assert told - {None} <= erased | kept  # each person is there with a key, or was erased
        assert not (kept - {None}) & erased
        assert make_checkpoint().size == Ledger().head().number
        close_all()
