"""A run on several processes with a fault in it: ``distributed_side.py JOB FAULT STEPS``.

The faults are those of the tests. The libraries are loaded once and the processes forked.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import traceback
from pathlib import Path

import peft  # noqa: F401 - before the fork
import torch
import torch.distributed as dist

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests/finetuning/distributed"))

from broken_strategies import break_it

from workbench.finetuning.distributed.job import read_job
from workbench.finetuning.distributed.strategies import spread
from workbench.finetuning.training.adapting import adapt
from workbench.finetuning.training.loop import train
from workbench.finetuning.training.reworded_batches import make_batches
from workbench.models.engines.torch_loading import load_module
from workbench.models.folder import read_folder


def run(path: Path, fault: str, steps: int, rank: int, store: str) -> None:
    """One process; the first prints the losses and norms."""
    torch.set_num_threads(1)
    job = read_job(path)
    count = job.plan.processes
    dist.init_process_group("gloo", init_method=f"file://{store}", rank=rank, world_size=count)
    module = adapt(load_module(read_folder(job.model), dtype="float32"), job.recipe)
    parallel = spread(module, job.plan, job.recipe)
    break_it(fault, parallel)
    found: list[tuple[float, float]] = []
    source = make_batches(job.material, job.recipe)

    class EnoughError(Exception):
        pass

    from workbench.core import events

    def hear(event: events.Event) -> None:
        found.append((event.data["loss_nats"], event.data["gradient_norm"]))

    def leave() -> None:
        if len(found) == steps:
            raise EnoughError

    try:
        with events.listening(hear, "finetuning.step"):
            train(
                module, source, job.recipe, steps=job.steps, between_steps=leave, parallel=parallel
            )
    except EnoughError:
        pass
    if rank == 0:
        losses, norms = zip(*found, strict=True)
        sys.stdout.write(json.dumps({"losses": losses, "norms": norms}) + "\n")
        sys.stdout.flush()
    dist.barrier()


def main() -> None:
    """Fork the processes and wait for all of them."""
    path, fault, steps = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    with tempfile.TemporaryDirectory() as temporary:
        children = []
        for rank in range(read_job(path).plan.processes):
            child = os.fork()
            if child == 0:
                status = 1
                try:
                    run(path, fault, steps, rank, str(Path(temporary) / "store"))
                    status = 0
                except Exception:  # noqa: BLE001 - a fork may not go back into the parent's code
                    traceback.print_exc()
                finally:
                    os._exit(status)
            children.append(child)
        statuses = [os.waitstatus_to_exitcode(os.waitpid(each, 0)[1]) for each in children]
    sys.exit(max(statuses, key=abs))


if __name__ == "__main__":
    main()
