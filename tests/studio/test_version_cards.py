"""Versions of adapters as they are drawn: verdicts, intervals, layers, families, trials."""

from __future__ import annotations

import dataclasses
import re

from workbench.core.viewers import mime_bundle
from workbench.evaluation.checks import check
from workbench.evaluation.sequential import SequentialTest
from workbench.finetuning.gate.report import GateReport, PairedShare
from workbench.finetuning.rollout.outcomes import ArmCounts
from workbench.finetuning.rollout.state import CanaryState
from workbench.finetuning.versions.diff import Changed, FigureChange, VersionDiff
from workbench.finetuning.versions.lineage import Lineage, Relative
from workbench.finetuning.versions.names import NameMove
from workbench.finetuning.versions.weights import LayerChange

GAIN = PairedShare("target <b>", "t:a@1", 24, 0.9, 0.1, 0.8, 0.6, 0.95, "bca", 0.001, 0.2)
REPORT = GateReport("t:a@2", "t:a@1", "promote", ("it is better <i>",), GAIN, (GAIN,),
                    (check("perplexity ratio", 1.1, high=1.25),), artifact="f" * 64)  # fmt: skip


def html(result: object) -> str:
    found: str = mime_bundle(result)["text/html"]
    return found


def test_the_gates_word_its_reasons_and_its_bounds() -> None:
    drawn = html(REPORT)
    for words in ("✓ promote", "t:a@2", "against t:a@1", "0.6 to 0.95", "perplexity ratio", "ffff"):
        assert words in drawn
    assert "&lt;b&gt;" in drawn and "<i>" not in drawn
    refused = dataclasses.replace(REPORT, verdict="refuse", checks=())
    assert "✗ refuse" in html(refused)
    assert "No check was asked for" in html(refused)
    assert "? underpowered" in html(dataclasses.replace(REPORT, verdict="underpowered"))


def test_a_difference_with_its_layers() -> None:
    layer = LayerChange("3", 3, 1.0, 2.0, 1.5, 0.25)
    diff = VersionDiff("t:a@1", "t:a@2", False, (Changed("lr", 0.1, 0.2),), (),
                       (FigureChange("eval_loss", 0.5, 0.4, -0.1),),
                       dataclasses.replace(layer, layer="all"), (layer, layer),
                       "of <b>")  # fmt: skip
    drawn = html(diff)
    assert drawn.count("<rect") == 2
    for words in ("lr", "eval_loss", "0.25", "of &lt;b&gt;"):
        assert words in drawn
    same = dataclasses.replace(diff, whole=None, layers=(), same_weights=True)
    assert "the same weights" in html(same)


def test_a_family_is_a_picture_that_says_itself_in_words() -> None:
    versions = (
        Relative("t:a@1", ("champion",), True, 0, 0.0),
        Relative("t:a@2", (), False, 1, 1.0),
        Relative("t:merged@1", (), True, 2, 2.0),
    )
    links = (("t:a@1", "t:a@2"), ("t:a@2", "t:merged@1"))
    drawn = html(Lineage("t:a@2", versions, links, ("t:x@9",)))
    assert 'aria-label="t:a@2 from t:a@1; t:merged@1 from t:a@2"' in drawn
    assert drawn.count("<path") == 2
    assert "files removed" in drawn and "champion" in drawn and "t:x@9" in drawn
    boxes = [int(x) for x in re.findall(r"translate\((\d+) ", drawn)]
    assert boxes == sorted(set(boxes)), "generations stand in columns from left to right"


def test_a_trial_and_a_move() -> None:
    arm = ArmCounts(100, 20, 1, 0.25)
    test = SequentialTest(0.1, 0.02, 0.2, 0.95, 0.0, 100, 0.01, 1.0)
    state = CanaryState("t:a", "k", "t:a@1", "t:a@2", 0.1, "request", 0.0, "waits for the gate",
                        "it is better", 100, arm, arm, test, None)  # fmt: skip
    drawn = html(state)
    for words in ("! waits for the gate", "0.1 of all requests", "0.02 to 0.2", "differs"):
        assert words in drawn
    assert "– given up" in html(dataclasses.replace(state, decision="given up", difference=None))
    move = NameMove("t:a", "champion", 3, 1, "ann", "it babbles", "e" * 64, 7, (2,))
    for words in ("@3 → @1", "passed over, without files: @2", "by ann", "eeee"):
        assert words in html(move)
    assert "stays on @1" in html(dataclasses.replace(move, entry=None))
