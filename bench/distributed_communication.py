"""A small model taught on two processes, with fewer bytes between them and over slow lines.

``distributed-communication``: the loss on leads that were not taught and the bytes that both
processes sent, as the kernel counts them, beside those of plain DDP. What is measured is the
frozen part of ``communication_inputs.py``. Methods with a fault must miss a limit.

``distributed-slow-link``: steps a second where the line between two network namespaces is held to
100 and to 10 Mbit/s by the kernel's token bucket, as a share of those of the same method on a line
that is not held. Needs root.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from shape import Benchmark, Figure

log = logging.getLogger(__name__)

SIDE = Path(__file__).with_name("communication_side.py")
LOSS = 1.05  # of plain DDP's, on the same batches
# How many times fewer bytes are asked for.
METHODS = {"fp16": 1.95, "powersgd:4": 20.0, "topk:0.01": 20.0, "local:64": 50.0, "diloco:64": 50.0}
# With how many steps each shows; None for all. The bytes, and weights that are apart, show soon.
FAULTS = (
    ("powersgd:4", "no error feedback", None), ("diloco:64", "outer step of the wrong sign", None),
    ("diloco:64", "no averaging", 128), ("diloco:64", "gradients sent as well", 128),
)  # fmt: skip

# Steps that are timed: at least two rounds, or what a slow line lets through in a minute.
BATCH = 32
ON_LINES = {
    "none": 8, "fp16": 8, "powersgd:4": 32, "topk:0.01": 32, "local:64": 128, "diloco:64": 128,
}  # fmt: skip
RATES_MBIT = (100.0, 10.0)
KEPT, LOST = 0.8, 0.3


def teach(lessons: Sequence[dict[str, Any]], *, apart: bool = False) -> list[dict[str, Any]]:
    """What came of each run; with ``apart`` over a line of its own."""
    command = [sys.executable, str(SIDE), json.dumps(lessons), *(["--apart"] if apart else [])]
    if apart:
        command = ["unshare", "--net", *command]
    found = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as side:
        assert side.stdout is not None
        for line in side.stdout:
            found.append(json.loads(line))
            log.warning("%s", found[-1])
    assert side.returncode == 0
    return found


def compare(rounds: int) -> list[Figure]:
    """Once: a second round would find the same."""
    lessons: list[dict[str, Any]] = [{"communication": each} for each in ("none", *METHODS)]
    lessons += [
        {"communication": method, "fault": fault, **({"steps": steps} if steps else {})}
        for method, fault, steps in FAULTS
    ]
    plain, *others = teach([{**each, "asked": "frozen"} for each in lessons])
    figures: list[Figure] = []
    for told in others:
        figures += [_fault(told, plain)] if told["fault"] else _figures(told, plain)
    return figures


def _figures(told: dict[str, Any], plain: dict[str, Any]) -> list[Figure]:
    method, details = told["communication"], {"ours": told, "plain": plain}
    return [
        Figure(
            f"{method} on 2 processes: loss on other text", "allowed, 1.05 of plain DDP's", "nats",
            (told["loss_nats"],), (LOSS * plain["loss_nats"],), better="lower", bound=1.0,
            details=details,
        ),
        Figure(
            f"{method} on 2 processes: megabytes sent, by the kernel", "plain DDP", "MB",
            (told["sent_by_both_bytes"] / 1e6,), (plain["sent_by_both_bytes"] / 1e6,),
            better="lower", bound=METHODS[method], details=details,
        ),
    ]  # fmt: skip


def _fault(told: dict[str, Any], plain: dict[str, Any]) -> Figure:
    """Whichever limit it misses by most: of the loss, of the bytes, or weights that are apart."""
    method = told["communication"]
    a_step = told["sent_by_both_bytes"] / told["steps"]
    fewer = plain["sent_by_both_bytes"] / plain["steps"] / a_step
    missed = {
        "loss": told.get("loss_nats", 0.0) / plain["loss_nats"] / LOSS,
        "bytes": METHODS[method] / fewer,
        "apart": 2.0 if told["apart"] > 1e-6 else 0.0,
    }
    return Figure(
        f"{method} on 2 processes, broken: {told['fault']}", "allowed", "times the limit",
        (max(missed.values()),), (1.0,), bound=1.0, details={**missed, "ours": told},
    )  # fmt: skip


def slow_down(rounds: int) -> list[Figure]:
    """Every method on every line, by turns, so many rounds."""
    turns = [
        {"communication": m, "steps": steps, "rate_mbit": rate, "batch": BATCH}
        for m, steps in ON_LINES.items()
        for rate in (0.0, *RATES_MBIT)
    ]
    speeds: dict[tuple[str, float], list[float]] = {}
    for _ in range(rounds):
        for told in teach(turns, apart=True):
            at = told["communication"], told["rate_mbit"]
            speeds.setdefault(at, []).append(told["steps_per_s"])
    return [
        Figure(
            f"{method} on 2 processes: steps a second at {rate:g} Mbit/s", "on a line that is free",
            "steps/s", tuple(speeds[method, rate]), tuple(speeds[method, 0.0]),
            bound=KEPT if method in ("local:64", "diloco:64") else None,
        )
        for method in ON_LINES
        for rate in RATES_MBIT
    ]  # fmt: skip


BENCHMARKS = (
    Benchmark("distributed-communication", compare),
    Benchmark("distributed-slow-link", slow_down),
)
