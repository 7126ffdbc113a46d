"""Processes of training jobs, forked from one that has paid for the imports.

    scheduling_side.py

Each line on stdin is answered with one on stdout: ``start JOB WORKER`` with a process id, ``poll
PID`` with its exit status or ``-``. A job trains a tiny Llama, really, with the training loop and
the checkpoints of ``workbench finetuning run``; a step is made to last ``step_s``, as one that
waits for its rows, so that what else the machine does matters less.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
import traceback
from pathlib import Path
from typing import Any

import torch
import transformers

from workbench.core import events
from workbench.core.operations import operation
from workbench.finetuning.training.batches import Batches
from workbench.finetuning.training.encoding import Encoded
from workbench.finetuning.training.loop import Keeping, train
from workbench.finetuning.training.recipe import Recipe
from workbench.store.jobs import JobQueue
from workbench.store.worker import Worker


@operation("benchscheduling.train", title="Teach a tiny model", produces="loss")
def teach(number: int, steps: int, step_s: float, folder: Path) -> dict[str, Any]:
    """Teach a tiny model so many steps; each that is computed is written down."""
    torch.set_num_threads(1)
    torch.manual_seed(number)
    config = transformers.LlamaConfig(
        vocab_size=64, hidden_size=16, intermediate_size=32, num_hidden_layers=1,
        num_attention_heads=2, num_key_value_heads=1,
    )  # fmt: skip
    module = transformers.LlamaForCausalLM(config)
    rows = [torch.randint(0, 64, (12,)).tolist() for _ in range(16)]
    units = [(Encoded(tuple(ids), 4, identity=str(place)),) for place, ids in enumerate(rows)]
    recipe = Recipe(
        method="full", batch=4, steps=steps, epochs=None, precision="fp32", checkpoint_every_s=5,
        seed=number,
    )  # fmt: skip
    folder.mkdir(parents=True, exist_ok=True)
    pace = _Pace(step_s, folder / "computed")
    end = events.subscribe(pace.note, "finetuning.step")
    try:
        done = train(
            module, Batches(units, batch=4, seed=number), recipe, steps=steps,
            keeping=Keeping(folder, str(number)), between_steps=pace,
        )  # fmt: skip
    finally:
        end()
    return {"steps": len(done.steps), "loss": done.steps[-1].loss_nats}


class _Pace:
    """Makes steps last, and writes down each that was computed."""

    def __init__(self, step_s: float, path: Path) -> None:
        self._step_s, self._path, self._next_s = step_s, path, time.monotonic() + step_s

    def note(self, event: events.Event) -> None:
        """A step was computed."""
        with self._path.open("a") as file:
            file.write(f"{event.data['number']}\n")

    def __call__(self) -> None:
        time.sleep(max(0.0, self._next_s - time.monotonic()))
        self._next_s = time.monotonic() + self._step_s


def work(job_id: int, worker: str) -> None:
    """One job in a forked process."""
    status = 1
    try:
        Worker(JobQueue(), name=worker).run_one(job_id)
        status = 0
    except BaseException:  # noqa: BLE001 - the fork must not go on in its parent's code
        traceback.print_exc()
    finally:
        os._exit(status)


def serve() -> None:
    """Answer until stdin is closed; what a first run imports is imported before."""
    with tempfile.TemporaryDirectory() as folder:
        teach(0, 2, 0.0, Path(folder))
    for line in sys.stdin:
        word, *rest = line.split()
        if word == "start":
            child = os.fork()
            if child == 0:
                work(int(rest[0]), rest[1])
            answer = str(child)
        else:
            ended, status = os.waitpid(int(rest[0]), os.WNOHANG)
            answer = "-" if ended == 0 else str(os.waitstatus_to_exitcode(status))
        sys.stdout.write(answer + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    serve()
