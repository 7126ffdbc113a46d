"""SmolLM2 taught on several processes, step by step beside the same run on one.

Rows of the frozen set a, LoRA in 32 bits, 30 steps of the same batches, one thread a process. Of
every step the loss and the norm of the gradient are compared: Adam hides a gradient that is too
small everywhere from the loss. What is measured is the largest difference, the peer what is
allowed. The processes are started by the engine that ``workbench finetuning run`` uses; those with
a fault by ``distributed_side.py``, six steps each, and they must be over the limit.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from shape import REPO, Benchmark, Figure
from sides import MODEL

log = logging.getLogger(__name__)

STEPS, BROKEN_STEPS = 30, 6
LOSS, LOSS_SPLIT = 1e-4, 1e-3  # with the layers or the matrices split
NORM = 1e-3  # of the norm itself
FROZEN = REPO / "workbench" / "finetuning" / "frozen"
SIDE = Path(__file__).with_name("distributed_side.py")
PLANS = (
    (2, "ddp", 1), (2, "fsdp", 1), (2, "tp", 1), (2, "pp", 1), (4, "fsdp", 2), (4, "ddp", 2),
    (4, "ddp", 1), (4, "fsdp", 1), (4, "tp", 1), (4, "pp", 1), (3, "tp", 1),
)  # fmt: skip
FAULTS = (
    (2, "ddp", 1, "gradients averaged"), (2, "fsdp", 1, "norm of its own part"),
    (2, "tp", 1, "input of lora_B not summed"), (2, "pp", 1, "gradients scaled by micro-batches"),
    (4, "ddp", 2, "not summed over the data"),
)  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Curve:
    """Losses and norms of each step, and the seconds of all."""

    losses: list[float]
    norms: list[float]
    seconds: float

    def far(self, other: Curve) -> tuple[float, float]:
        """The largest difference of the losses in nats, and of the norms as a share."""
        pairs = list(zip(self.losses, other.losses, strict=False))
        norms = zip(self.norms, other.norms, strict=False)
        return max(abs(a - b) for a, b in pairs), max(abs(a / b - 1) for a, b in norms)


class SharedLesson:
    """The job, and the curve of one process."""

    def __init__(self, folder: Path) -> None:
        from workbench.finetuning.distributed.job import Job
        from workbench.finetuning.distributed.plan import Plan
        from workbench.finetuning.snapshots.reading import read_examples
        from workbench.finetuning.training.adapting import load_learner
        from workbench.finetuning.training.encoding import encode_all
        from workbench.finetuning.training.recipe import Recipe
        from workbench.finetuning.training.registering import Material, Origin

        recipe = Recipe(
            batch=4, steps=STEPS, epochs=None, precision="fp32", checkpoint_every_s=0,
            warmup_share=0.1,
        )  # fmt: skip
        learner = load_learner(MODEL, recipe)
        read = read_examples(FROZEN / "facts_a.jsonl")[0]
        rows = encode_all(learner.encoder, read, max_tokens=512)
        material = Material([(row,) for row in rows], rows[:8], "", "", Origin())
        self.module: Any = learner.module
        assert learner.folder is not None
        self.job = Job(folder, "bench", learner.folder, "fp32", recipe, Plan(), material)

    def alone(self) -> Curve:
        """One process, one thread."""
        import torch

        from workbench.finetuning.training.adapting import adapt
        from workbench.finetuning.training.loop import train
        from workbench.finetuning.training.reworded_batches import make_batches

        torch.set_num_threads(1)
        module = adapt(self.module, self.job.recipe)
        source = make_batches(self.job.material, self.job.recipe)
        return _curve(train(module, source, self.job.recipe, steps=STEPS))

    def shared(self, processes: int, strategy: str, tensor: int) -> Curve:
        """The engine's processes."""
        from workbench.finetuning.distributed.launching import run_together
        from workbench.finetuning.distributed.shards.manifest import remove_all

        job = self._with(processes, strategy, tensor)
        remove_all(job.folder)
        return _curve(run_together(job, watch=lambda training, weights: None))

    def broken(self, processes: int, strategy: str, tensor: int, fault: str) -> Curve:
        """Processes with a fault."""
        from workbench.finetuning.distributed.job import write_job

        path = write_job(self._with(processes, strategy, tensor))
        said = subprocess.run(
            [sys.executable, str(SIDE), str(path), fault, str(BROKEN_STEPS)],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        found = json.loads(said.stdout.splitlines()[-1])
        return Curve(found["losses"], found["norms"], 0.0)

    def _with(self, processes: int, strategy: str, tensor: int) -> Any:
        from workbench.finetuning.distributed.plan import Plan

        plan = Plan(processes, strategy, tensor, threads=1)
        return dataclasses.replace(self.job, plan=plan)


def _curve(done: Any) -> Curve:
    return Curve(
        [step.loss_nats for step in done.steps],
        [step.gradient_norm for step in done.steps],
        done.seconds,
    )


def parity(rounds: int) -> Sequence[Figure]:
    """Every plan beside one process, once; a second round would find the same."""
    with tempfile.TemporaryDirectory() as temporary:
        lesson = SharedLesson(Path(temporary))
        alone = lesson.alone()
        figures: list[Figure] = []
        for plan in PLANS:
            started_s = time.monotonic()
            found = lesson.shared(*plan)
            took_s = time.monotonic() - started_s
            log.warning("%s: %s in %.0f s", _name(plan), found.far(alone), took_s)
            details = {"seconds_alone": alone.seconds, "seconds": found.seconds, "all_s": took_s}
            figures += _figures(plan, found.far(alone), details)
        for processes, strategy, tensor, fault in FAULTS:
            far = lesson.broken(processes, strategy, tensor, fault).far(alone)
            name = (processes, strategy, tensor)
            log.warning("%s, %s: %s", _name(name), fault, far)
            figures.append(_fault(name, fault, far))
    return figures


def _name(plan: Sequence[Any]) -> str:
    processes, strategy, tensor = plan
    mesh = f" by tensor {tensor}" if tensor > 1 else ""
    return f"{strategy}{mesh} on {processes} processes"


def _figures(
    plan: Sequence[Any], far: tuple[float, float], details: dict[str, Any]
) -> list[Figure]:
    limit = LOSS_SPLIT if plan[1] in ("tp", "pp") or plan[2] > 1 else LOSS
    return [
        Figure(
            f"{_name(plan)}: {what}", "allowed", unit, (max(value, 1e-12),), (most,),
            better="lower", bound=1.0, details=details,
        )
        for what, unit, value, most in (
            ("largest difference of a step's loss", "nats", far[0], limit),
            ("largest difference of a gradient's norm", "share", far[1], NORM),
        )
    ]  # fmt: skip


def _fault(plan: Sequence[Any], fault: str, far: tuple[float, float]) -> Figure:
    """Whichever of the two is further over its limit: a fault must be over one."""
    limit = LOSS_SPLIT if plan[1] in ("tp", "pp") or plan[2] > 1 else LOSS
    return Figure(
        f"{_name(plan)}, broken: {fault}", "allowed", "times the limit",
        (max(far[0] / limit, far[1] / NORM),), (1.0,), bound=1.0,
        details={"loss_nats": far[0], "norm_share": far[1]},
    )  # fmt: skip


BENCHMARKS = (Benchmark("distributed", parity),)
