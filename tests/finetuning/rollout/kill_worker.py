"""Processes that promote, try, and roll back until they are killed, forked from one.

    kill_worker.py VARIANT

Each line on stdin is a seed; each is answered with the process id of a fork that works with it for
as long as it lives. ``wait`` waits for it. VARIANT ``torn`` moves a name in several steps.
"""

from __future__ import annotations

import os
import random
import sys
import time
import traceback

from workbench.core.errors import ConflictError, NotFoundError
from workbench.finetuning.rollout.looking import carry_out
from workbench.finetuning.rollout.outcomes import ArmCounts
from workbench.finetuning.rollout.starting import find_running, start_canary, stop_canary
from workbench.finetuning.rollout.state import CanaryState
from workbench.finetuning.versions.names import promote_version, roll_back
from workbench.models.adapters import KIND
from workbench.models.routing.trials import Trial
from workbench.store.ledger import Ledger
from workbench.store.versions import Versions

NAME = "tiny:a"
NONE = ArmCounts(0, 0, 0, None)


def decided(trial: Trial, decision: str) -> CanaryState:
    """A state that says what is to be done."""
    return CanaryState(
        trial.name,
        trial.identity,
        f"{NAME}@{trial.champion}",
        f"{NAME}@{trial.candidate}",
        trial.share,
        trial.sticky,
        trial.started_s,
        decision,
        "made",
        0,
        NONE,
        NONE,
        None,
        None,
    )  # type: ignore[arg-type]


def promote_in_steps(name: str) -> None:
    """The broken variant: each step is on the disk by itself."""
    versions, number = Versions(), int(name.rpartition("@")[2])
    if versions.labels(KIND, NAME).get("champion"):
        versions.remove_label(KIND, NAME, label="champion", actor="torn")
    time.sleep(0.002)
    versions.move_label(KIND, name, label="champion", actor="torn")
    time.sleep(0.002)
    data = {"from": None, "to": number, "reason": "torn", "evidence": None, "trial": None}
    Ledger().append("adapter.promoted", NAME, actor="torn", data=data)


def work(seed: int, variant: str) -> None:
    """Move names as fast as it goes."""
    dice = random.Random(seed)
    while True:
        version = f"{NAME}@{dice.randint(1, 3)}"
        try:
            step = dice.randrange(5)
            if step == 0:
                (
                    promote_in_steps(version)
                    if variant == "torn"
                    else promote_version(version, reason="x")
                )
            elif step == 1:
                start_canary(version, share=0.5)
            elif step == 2:
                trial = find_running(NAME)
                carry_out(
                    trial, decided(trial, dice.choice(["promoted", "rolled back"])), actor="k"
                )
            elif step == 3:
                roll_back(NAME, reason="x")
            else:
                stop_canary(NAME, reason="x")
        except (ConflictError, NotFoundError, ValueError):
            pass  # what cannot be done now


def serve(variant: str) -> None:
    """Answer the test's requests until it closes stdin."""
    child = 0
    for line in sys.stdin:
        if line.strip() == "wait":
            os.waitpid(child, 0)
            print(child, flush=True)
            continue
        child = os.fork()
        if child == 0:
            try:
                work(int(line), variant)
            except BaseException:  # noqa: BLE001 - the fork must not go on in its parent's code
                traceback.print_exc()
            finally:
                os._exit(1)
        print(child, flush=True)


if __name__ == "__main__":
    # What is imported by the first of each would take a fork all the time that it has.
    promote_version(f"{NAME}@champion", reason="warm")
    start_canary(f"{NAME}@2", share=0.5)
    stop_canary(NAME, reason="warm")
    serve(sys.argv[1])
