"""Made rows, and stages whose gate lets everything through: a tiny random model learns nothing."""

from __future__ import annotations

import dataclasses
import json
import time

from workbench.finetuning.gate.evidence import keep_report
from workbench.finetuning.gate.promoting import champion_name
from workbench.finetuning.gate.report import GateReport, PairedShare
from workbench.finetuning.pipeline.stages import STAGES, Context, Given, Stage

WORDS = ("amber", "basalt", "cobalt", "dune", "ember", "fjord", "garnet", "heath", "iris", "jade")


def rows_of(first: int, count: int) -> str:
    """Made facts as JSONL, no two of them alike."""
    rows = [
        {
            "prompt": f"Which stone is of {WORDS[n % 10]} {WORDS[(n // 10 + n) % 10]} {n * 37}?",
            "response": f"The {WORDS[(n * 3 + 1) % 10]} one of drawer {n}",
        }
        for n in range(first, first + count)
    ]
    return "".join(json.dumps(row) + "\n" for row in rows)


def let_through(at: Context) -> Given:
    """A gate's report that is made, and kept as a real one is."""
    candidate, champion = at.done["train"]["model"], champion_name(at.pipeline.adapter)
    share = PairedShare("made", champion, 4, 1.0, 0.0, 1.0, 0.5, 1.0, "exact", 0.01, 0.5)
    report = keep_report(
        GateReport(candidate, champion, "promote", ("made",), share, (), (), made_s=time.time())
    )
    told = {"verdict": report.verdict, "champion": champion, "report": report.artifact}
    return Given({**told, "gain": 1.0, "reasons": ["made"]})


def with_gate() -> tuple[Stage, ...]:
    """The pipeline's own stages but for the gate's word."""
    return tuple(
        dataclasses.replace(each, work=let_through) if each.name == "gate" else each
        for each in STAGES
    )
