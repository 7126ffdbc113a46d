"""SmolLM2 taught on a Ray cluster whose nodes are killed: ``ray-nodes``.

A cluster of two nodes of a core each, beside its head, on this machine. One run of LoRA in 32 bits
by ``fsdp`` on both, three of whose 30 steps, drawn before, are the last of a node that is drawn as
well (SIGKILL of its raylet and of all that it started); each time another node joins, and the run
goes on with what there is. Beside it the same run on one process that nobody touches.
"""

from __future__ import annotations

import dataclasses
import logging
import os
import random
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from distributed import SharedLesson
from shape import Benchmark, Figure

log = logging.getLogger(__name__)

SEED, KILLS, STEPS, EVERY = 20261129, 3, 30, 4
LOSS = 1e-4
TESTS = Path(__file__).resolve().parents[1] / "tests/finetuning/distributed/cluster"


def draw_kills() -> dict[int, int]:
    """Steps, and which of the two nodes is killed after each."""
    chance = random.Random(SEED)
    return {step: chance.randrange(2) for step in sorted(chance.sample(range(1, STEPS), KILLS))}


def nodes(rounds: int) -> Sequence[Figure]:
    """Once: each kill is a draw of its own."""
    sys.path.insert(0, str(TESTS))
    from nodes_of_tests import Nodes

    from workbench.finetuning.distributed.plan import Plan

    with tempfile.TemporaryDirectory() as temporary:
        lesson = SharedLesson(Path(temporary))
        wanted = lesson.alone().losses
        cluster = Nodes(0, 1, 1)
        try:
            os.environ.update(cluster.env)
            plan = Plan(
                2, "fsdp", threads=1, save_every=EVERY, least=1,
                launcher="ray", ray_address=cluster.address,
            )  # fmt: skip
            found = _train(dataclasses.replace(lesson.job, plan=plan), cluster)
        finally:
            cluster.close()
    losses = [each.loss_nats for each in found.steps]
    far = max(abs(a - b) for a, b in zip(losses, wanted, strict=True))
    lost = [each.steps_lost for each in found.restarts]
    details = {"restarts": found.tell_restarts(), "largest_difference": far, "seed": SEED}
    return [
        _within("difference of the final loss from one process", "nats",
                max(abs(losses[-1] - wanted[-1]), 1e-12), LOSS, details),
        _within("most steps done twice after a kill", "steps", max(lost), EVERY, {"lost": lost}),
    ]  # fmt: skip


def _within(name: str, unit: str, value: float, most: float, details: dict[str, Any]) -> Figure:
    return Figure(
        f"a Ray cluster, a node killed at {KILLS} random steps: {name}", "allowed", unit,
        (float(value),), (float(most),), better="lower", bound=1.0, details=details,
    )  # fmt: skip


def _train(job: Any, cluster: Any) -> Any:
    from workbench.core import events
    from workbench.finetuning.distributed.launching import run_together

    left = draw_kills()

    def hear(event: events.Event) -> None:
        victim = left.pop(event.data["number"], None)
        if victim is not None:
            cluster.kill(1 + victim)
            cluster.add()
            log.warning("a node was killed after step %s", event.data["number"])

    with events.listening(hear, "finetuning.step"):
        done = run_together(job, watch=lambda training, weights: None)
    assert not left
    return done


BENCHMARKS = (Benchmark("ray-nodes", nodes),)
