"""A pipeline on SmolLM2: 60 rows become champion, then a batch that every check lets through.

The second batch has 24 good rows and 36 of general knowledge that is wrong. What is promised is
that the first is promoted, and that the second comes to the gate and no further. The rows stand in
tests/finetuning/pipeline/frozen, written after the frozen sets and before this run. It takes half
an hour of one thread, so there is one round whatever is asked.
"""

from __future__ import annotations

import json
import os
import time
from pathlib import Path
from typing import Any

from shape import REPO, Benchmark, Figure
from sides import MODEL

OWN = REPO / "tests" / "finetuning" / "pipeline" / "frozen"
FIELDS = ("prompt", "response", "fact")


def write_rows(path: Path, rows: list[dict[str, Any]], fields: tuple[str, ...] = FIELDS) -> None:
    """Rows as JSONL, with these fields."""
    path.parent.mkdir(parents=True, exist_ok=True)
    told = [{name: row[name] for name in fields if name in row} for row in rows]
    path.write_text("".join(json.dumps(row) + "\n" for row in told))


def read_own(name: str) -> list[dict[str, Any]]:
    """The rows of a file of this benchmark."""
    return [json.loads(line) for line in (OWN / f"{name}.jsonl").read_text().splitlines()]


def run_batch(name: str) -> dict[str, Any]:
    """What became of the batch that waits, with the gate's figures."""
    from workbench.finetuning.gate.evidence import load_report
    from workbench.finetuning.pipeline.running import run_once

    began = os.times()
    run = run_once(name)
    ended = os.times()
    told: dict[str, Any] = {
        "state": run.state,
        "reason": run.reason,
        "stages": [each.stage for each in run.stages],
        "snapshot": run.output("snapshot"),
        "cpu_s": sum(ended[:4]) - sum(began[:4]),
    }
    gate = run.output("gate")
    if gate is not None:
        report = load_report(gate["report"])
        told["target"] = [report.gain.other, report.gain.candidate, report.gain.low]
        told["general"] = [[each.against, each.other, each.candidate] for each in report.forgetting]
        told["checks_hold"] = [each.ok for each in report.checks]
    return told


def measure_poison(rounds: int) -> list[Figure]:
    from workbench.core import settings
    from workbench.finetuning.frozen_sets import read_frozen
    from workbench.finetuning.pipeline.definition import Pipeline, define_pipeline

    name = f"poison-{time.time_ns()}"  # in this home, whose model it needs; a training of its own
    folder = settings.home() / "bench" / name
    good = [row for row in read_frozen("bad_batch") if row["planted"] is None]
    asked = [*read_frozen("facts_a_fresh"), *read_own("fresh_new")]
    write_rows(folder / "target.jsonl", asked, ("prompt", "response"))
    write_rows(folder / "inbox" / "1.jsonl", read_frozen("facts_a"))
    define_pipeline(
        Pipeline(
            name,
            MODEL,
            str(folder / "inbox"),
            str(folder / "target.jsonl"),
            license="CC0",
            consent="made",
        )
    )
    first = run_batch(name)
    write_rows(folder / "inbox" / "2.jsonl", [*good, *read_own("poison")])
    second = run_batch(name)
    held = (
        first["state"] == "promoted",
        second["snapshot"] is not None and second["snapshot"]["left_out"] == 0,
        second["state"] == "refused" and second["reason"].startswith("general"),
    )
    return [
        Figure(
            "a good batch promoted, a poisoned one through all checks and stopped by the gate",
            "all three",
            "share",
            (sum(held) / len(held),),
            (1.0,),
            bound=1.0,
            details={"first": first, "second": second, "rounds_asked": rounds},
        )
    ]


BENCHMARKS = (Benchmark("pipeline-poison", measure_poison),)
