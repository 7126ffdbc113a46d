"""A pipeline's run as a card: each stage's outcome, and why it ended."""

from __future__ import annotations

import html
import re

from workbench.core.viewers import mime_bundle
from workbench.finetuning.pipeline.stage_rows import PipelineRun, StageRows
from workbench.studio.pipeline_cards import draw_pipeline_run


def text_of(run: PipelineRun) -> str:
    """The card's words, its tags and styles left out."""
    page = re.sub("<style>.*?</style>", "", draw_pipeline_run(run), flags=re.DOTALL)
    return " ".join(html.unescape(re.sub("<[^>]+>", " ", page)).split())


def test_each_stage_says_what_it_gave_and_the_last_why_it_ended() -> None:
    rows = StageRows()
    run = rows.begin_run("facts", {}, because="by hand")
    for stage, output in (
        ("collect", {"rows": 9, "files": {"one.jsonl": "a" * 64}}),
        ("snapshot", {"rows": 8, "new_rows": 8, "left_out": 1,
                      "findings": {"duplicate": 1, "language": 0}}),
        ("train", {"model": "tiny:facts@1", "steps": 40, "eval_loss_before": 3.25,
                   "eval_loss_after": 0.5}),
        ("gate", {"verdict": "refuse", "champion": "tiny"}),
    ):  # fmt: skip
        rows.begin_stage(run, stage, {})
        rows.end_stage(run, stage, "done", output=output)
    rows.set_run(run, "refused", reason="<i>nothing</i> is gained")
    said = text_of(rows.get(run))
    assert "✗ refused facts run 1, begun by hand" in said and "<i>nothing</i> is gained" in said
    assert "9 rows of one.jsonl" in said
    assert "8 to learn, 8 new, 1 left out (duplicate 1)" in said
    assert "tiny:facts@1: 40 steps, loss 3.25 to 0.5" in said
    assert "refuse against tiny" in said
    assert "<i>nothing" not in draw_pipeline_run(rows.get(run))
    assert mime_bundle(rows.get(run))["text/html"] == draw_pipeline_run(rows.get(run))


def test_a_stage_that_failed_or_refused_the_data_says_why() -> None:
    rows = StageRows()
    run = rows.begin_run("facts", {}, because="by hand")
    assert "· goes on" in text_of(rows.get(run))
    rows.begin_stage(run, "snapshot", {})
    rows.end_stage(run, "snapshot", "failed", error={"message": "the disk is full"})
    rows.set_run(run, "failed", reason="the disk is full")
    assert text_of(rows.get(run)).count("the disk is full") == 2
    rows.end_stage(run, "snapshot", "done", output={"error": {"message": "no row is good"}})
    rows.set_run(run, "refused", reason="no row is good")
    assert "✗ refused" in text_of(rows.get(run)) and "no row is good" in text_of(rows.get(run))
