"""A pipeline that is killed at the moments that stdin names, each in a fork of one process.

A line is JSON: ``{"env": {...}, "variant": "sound", "how": HOW}``. HOW is ``event N`` (killed at
the Nth event of its stages or steps), ``at STAGE STATE`` (at that event), ``within STAGE SECONDS``
(so long after that stage began) or ``end``. Each is answered by a line of JSON: how the fork
ended, and how long each stage took. Variant ``early`` writes that all is done before the name
moves; ``blind`` does not see what was done before.
"""

from __future__ import annotations

import json
import os
import select
import signal
import sys
import time
import traceback
from typing import Any

from made_gate import with_gate
from pytest import MonkeyPatch

from workbench.core import events
from workbench.finetuning.pipeline import running
from workbench.finetuning.pipeline.running import run_once
from workbench.finetuning.pipeline.stage_rows import StageRows
from workbench.finetuning.training import run as training

PIPELINE = "p"


def break_it(variant: str) -> None:
    """Make the broken variant that is named."""
    if variant == "early":
        own = running._do

        def early(stage, at, rows):  # type: ignore[no-untyped-def]
            if stage.name == "promote":
                rows.begin_stage(at.run.id, stage.name, stage.inputs(at))
                rows.end_stage(at.run.id, stage.name, "done", output={"given": {}})
                rows.set_run(at.run.id, "promoted")
                events.emit("finetuning.stage", stage=stage.name, state="begun", run=at.run.id)
            return own(stage, at, rows)

        running._do = early
    elif variant == "blind":
        see_nothing = MonkeyPatch()  # which refuses a name that is not there any more
        see_nothing.setattr(StageRows, "find_done", lambda self, stage, inputs: None)
        see_nothing.setattr(training, "choose_id", lambda first, *, again: (first, None))
        see_nothing.setattr(training, "check_unfinished", lambda run_id: None)
        see_nothing.setattr(training, "find_registered", lambda base, name, run_id: None)


def die_at(count: int) -> None:
    """Be killed at an event of a stage or a step."""
    left = count

    def hear(event: events.Event) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    events.subscribe(hear, "finetuning.stage")
    events.subscribe(hear, "finetuning.step")


def die_as(stage: str, state: str) -> None:
    """Be killed as a stage says that it is in a state."""

    def hear(event: events.Event) -> None:
        if (event.data["stage"], event.data["state"]) == (stage, state):
            os.kill(os.getpid(), signal.SIGKILL)

    events.subscribe(hear, "finetuning.stage")


def tell_stages(pipe: int) -> None:
    """Say to the parent when a stage begins and when its row is written."""

    def hear(event: events.Event) -> None:
        said = f"{event.data['stage']} {event.data['state']} {time.monotonic()}\n"
        os.write(pipe, said.encode())

    events.subscribe(hear, "finetuning.stage")


def attempt(asked: dict[str, Any], pipe: int) -> None:
    """What the fork does."""
    os.environ.update(asked["env"])
    break_it(asked["variant"])
    kind, *where = asked["how"].split(" ")
    if kind == "event":
        die_at(int(where[0]))
    elif kind == "at":
        die_as(*where)
    tell_stages(pipe)
    run_once(PIPELINE, stages=with_gate())


def see_through(pid: int, pipe: int, how: str) -> dict[str, Any]:
    """Wait for a fork, kill it within the stage that is named, and say how it ended."""
    kind, _, rest = how.partition(" ")
    stage, _, delay = rest.partition(" ")
    began: dict[str, float] = {}
    took: dict[str, float] = {}
    last, due_s, text = "", None, b""
    while True:
        left_s = None if due_s is None else max(0.0, due_s - time.monotonic())
        if not select.select([pipe], [], [], left_s)[0]:
            # From outside, and not waited for yet, so that the id is still its own.
            os.kill(pid, signal.SIGKILL)
            due_s = None
            continue
        read = os.read(pipe, 65536)
        if not read:
            break
        *lines, text = (text + read).split(b"\n")
        for line in lines:
            name, state, at_s = line.decode().split()
            last = f"{name} {state}"
            if state == "begun":
                began[name] = float(at_s)
                if kind == "within" and name == stage and due_s is None:
                    due_s = float(at_s) + float(delay)
            elif state in ("done", "waiting"):
                took[name] = float(at_s) - began[name]
    _, status = os.waitpid(pid, 0)
    return {"ended": os.waitstatus_to_exitcode(status), "last": last, "took_s": took}


def import_all() -> None:
    """What each fork would import anew."""
    import datasketch  # noqa: F401
    import pandera.pandas  # noqa: F401
    import peft  # noqa: F401
    import torch
    import transformers.models.llama.modeling_llama  # noqa: F401

    import workbench.finetuning.gate.evidence
    import workbench.finetuning.rollout.starting
    import workbench.finetuning.snapshots.checking
    import workbench.finetuning.training.adapting
    import workbench.finetuning.training.loop  # noqa: F401

    torch.set_num_threads(1)


def main() -> None:
    import_all()
    for line in sys.stdin:
        asked = json.loads(line)
        reads, writes = os.pipe()
        pid = os.fork()
        if not pid:
            os.close(reads)
            try:
                attempt(asked, writes)
                os._exit(0)
            except BaseException:  # noqa: BLE001 - told to the parent, whatever it is
                traceback.print_exc()
                os._exit(1)
        os.close(writes)
        print(json.dumps(see_through(pid, reads, asked["how"])), flush=True)
        os.close(reads)


if __name__ == "__main__":
    main()
