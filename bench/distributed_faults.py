"""SmolLM2 taught on two processes of which one is killed 30 times, and how long steps wait for
checkpoints.

``distributed-kills``: one run of LoRA in 32 bits by ``fsdp``; of 30 steps, drawn before, each is
the last of a process that is drawn as well (SIGKILL, by the engine that ``workbench finetuning
run`` uses, which starts all again each time). Beside it the same run that nobody touches: the final
losses, the most steps that were done twice and the restarts that did not work at once are compared
with what is allowed.

``checkpoint-stall``: weights and moments of an adapter and of the whole of SmolLM2, saved by one
process while matrices are multiplied: beside them, and with waiting.
"""

from __future__ import annotations

import dataclasses
import logging
import random
import statistics
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from distributed import SharedLesson
from shape import Benchmark, Figure
from sides import MODEL

log = logging.getLogger(__name__)

SEED, KILLS, STEPS, EVERY = 20261128, 30, 60, 4
LOSS = 1e-4
STALL_TIMES = 5.0  # at most a fifth


def draw_kills() -> dict[int, int]:
    """Steps and which process is killed after each."""
    chance = random.Random(SEED)
    return {step: chance.randrange(2) for step in sorted(chance.sample(range(1, STEPS), KILLS))}


def kills(rounds: int) -> Sequence[Figure]:
    """Once: each of the 30 is a draw of its own."""
    with tempfile.TemporaryDirectory() as temporary:
        lesson = SharedLesson(Path(temporary))
        recipe = dataclasses.replace(lesson.job.recipe, steps=STEPS)
        from workbench.finetuning.distributed.plan import Plan

        plan = Plan(2, "fsdp", threads=1, save_every=EVERY)
        job = dataclasses.replace(lesson.job, recipe=recipe, plan=plan)
        wanted = _train(job, {})
        found = _train(dataclasses.replace(job, key="killed"), draw_kills())
    far = max(
        abs(a.loss_nats - b.loss_nats) for a, b in zip(found.steps, wanted.steps, strict=True)
    )
    last = abs(found.steps[-1].loss_nats - wanted.steps[-1].loss_nats)
    lost = [each.steps_lost for each in found.restarts]
    details = {"restarts": found.tell_restarts(), "largest_difference": far, "seed": SEED}
    failed = abs(len(found.restarts) - KILLS)
    return [
        _within("difference of the final loss", "nats", max(last, 1e-12), LOSS, details),
        _within("most steps done twice after a kill", "steps", max(lost), EVERY, {"lost": lost}),
        _within("restarts that did not work at once, and one", "restarts", failed + 1, 1.0, {}),
    ]


def _within(name: str, unit: str, value: float, most: float, details: dict[str, Any]) -> Figure:
    return Figure(
        f"a process killed at {KILLS} random steps: {name}", "allowed", unit, (float(value),),
        (float(most),), better="lower", bound=1.0, details=details,
    )  # fmt: skip


def _train(job: Any, wanted: dict[int, int]) -> Any:
    import psutil

    from workbench.core import events
    from workbench.finetuning.distributed.launching import run_together
    from workbench.finetuning.distributed.shards.manifest import remove_all

    remove_all(job.folder)
    left = dict(wanted)
    module = "workbench.finetuning.distributed.rank"

    def hear(event: events.Event) -> None:
        victim = left.pop(event.data["number"], None)
        if victim is None:
            return
        ranks = [
            each
            for each in psutil.Process().children(recursive=True)
            if each.status() != psutil.STATUS_ZOMBIE and module in each.cmdline()
        ]
        ranks[victim].kill()
        log.warning("killed process %s after step %s", victim, event.data["number"])

    with events.listening(hear, "finetuning.step"):
        return run_together(job, watch=lambda training, weights: None)


def stall(rounds: int) -> Sequence[Figure]:
    """How long a step waits for checkpoints of 59 MB and of 1.6 GB."""
    import torch

    from workbench.finetuning.training.adapting import load_learner
    from workbench.finetuning.training.recipe import Recipe

    torch.set_num_threads(1)
    module = load_learner(MODEL, Recipe(precision="fp32")).module
    whole = {
        f"{kind}/{name}": each.detach().float()
        for kind in ("weights", "exp_avg", "exp_avg_sq")
        for name, each in module.named_parameters()
    }
    # An adapter of rank 16 has 4.9 million numbers, and two moments of each.
    adapter = {f"{kind}/lora": torch.randn(4_884_480) for kind in ("weights", "m", "v")}
    return [
        _measure_stall("an adapter of rank 16", adapter, max(3, rounds)),
        _measure_stall("the whole model", whole, max(3, rounds)),
    ]


def _measure_stall(name: str, tensors: dict[str, Any], rounds: int) -> Figure:
    waited: dict[bool, list[float]] = {True: [], False: []}
    with tempfile.TemporaryDirectory() as temporary:
        saves = _Saves(Path(temporary), tensors)
        saves.save(beside=True)  # the memory of the copies is there from then on
        for _ in range(rounds):
            for beside, found in waited.items():
                found.append(saves.save(beside=beside))
    share = statistics.median(waited[True]) / statistics.median(waited[False])
    size = sum(each.numel() * each.element_size() for each in tensors.values())
    return Figure(
        f"a step's wait for a checkpoint of {name}, written beside it",
        "written before it goes on", "s", tuple(waited[True]), tuple(waited[False]),
        better="lower", bound=STALL_TIMES,
        details={"size_bytes": size, "seconds_in_all": saves.seconds, "median_share": share},
    )  # fmt: skip


class _Saves:
    def __init__(self, run: Path, tensors: dict[str, Any]) -> None:
        from workbench.finetuning.distributed.shards.boxes import whole_box
        from workbench.finetuning.distributed.shards.saving import Part, Saver

        self.saver, self.step = Saver(run, 0), 0
        self.parts = {
            name: Part(each, whole_box(each.shape), tuple(each.shape))
            for name, each in tensors.items()
        }
        self.seconds: list[float] = []

    def save(self, *, beside: bool) -> float:
        """The wait: of the copy, and of what is left of the writing after a gradient's work."""
        from workbench.finetuning.distributed.shards import manifest as manifests

        self.step += 1
        self.saver.beside = beside
        name = manifests.name_checkpoint(self.step, f"{self.step:08x}")
        said = manifests.Manifest("bench", self.step, 1, {}, 1, ())
        self.saver.begin(self.saver.run / manifests.FOLDER / name, self.parts, dict, said)
        _work()
        saved = self.saver.settle()
        assert saved is not None
        self.seconds.append(saved.seconds)
        return saved.stall_s


def _work() -> None:
    """Six seconds of products, about what a step of a few hundred tokens takes."""
    import torch

    a, until_s = torch.randn(576, 1536), time.monotonic() + 6.0
    while time.monotonic() < until_s:
        a = torch.nn.functional.normalize(a @ (a.T @ a))


BENCHMARKS = (Benchmark("distributed-kills", kills), Benchmark("checkpoint-stall", stall))
