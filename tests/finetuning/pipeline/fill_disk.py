"""A pipeline on a disk that fills up when a stage begins: what became of each attempt.

    fill_disk.py STAGE:FREE...

The home is a small file system of its own. FREE is in KiB; the last attempt has all the room.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from pathlib import Path

from faults import faults, half_written
from made_gate import with_gate

from workbench.core import events
from workbench.core.errors import WorkbenchError
from workbench.finetuning.pipeline.running import run_once
from workbench.finetuning.pipeline.stage_rows import StageRows


def leave_free(home: Path, free_kib: int) -> None:
    """Fill the disk with a file, and then free so much again."""
    handle = os.open(home / "ballast", os.O_CREAT | os.O_WRONLY)
    for size_bytes in (1 << 20, 1 << 12):
        with contextlib.suppress(OSError):
            while os.write(handle, bytes(size_bytes)) == size_bytes:
                pass
    os.ftruncate(handle, max(0, os.fstat(handle).st_size - free_kib * 1024))
    os.close(handle)


def attempt(home: Path, stage: str, free_kib: int) -> dict[str, object]:
    """One run whose disk is full from the moment on in which a stage begins."""

    def hear(event: events.Event) -> None:
        if (event.data["stage"], event.data["state"]) == (stage, "begun"):
            leave_free(home, free_kib)

    said = ""
    try:
        with events.listening(hear, "finetuning.stage"):
            run_once("p", stages=with_gate())
    except WorkbenchError as error:
        said = f"{error.code}: {error.message}"
    (home / "ballast").unlink(missing_ok=True)
    (run,) = StageRows().list_runs("p")
    return {
        "stage": stage,
        "free_kib": free_kib,
        "error": said,
        "state": run.state,
        "reason": run.reason,
        "half_written": half_written(home),
    }


def main() -> None:
    home = Path(os.environ["WORKBENCH_HOME"])
    asked = [each.split(":") for each in sys.argv[1:]]
    attempts = [attempt(home, stage, int(free_kib)) for stage, free_kib in asked]
    attempts.append(attempt(home, "none", 0))
    (run,) = StageRows().list_runs("p")
    stages = {each.stage: [each.state, each.attempts] for each in run.stages}
    loss = (run.output("train") or {}).get("train_loss")
    print(json.dumps({"attempts": attempts, "stages": stages, "loss": loss, "faults": faults(run)}))


if __name__ == "__main__":
    main()
