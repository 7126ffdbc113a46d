"""The pipelines' table over a store: none, one that waits, one at a stage, ones that ended."""

from __future__ import annotations

import html
import json
import re
from dataclasses import asdict
from pathlib import Path

from workbench.core import settings
from workbench.finetuning.pipeline.definition import NAMESPACE, Pipeline
from workbench.finetuning.pipeline.running import _holding
from workbench.finetuning.pipeline.stage_rows import StageRows
from workbench.store.records import Records
from workbench.studio.pipeline_table import draw_pipelines
from workbench.studio.training_page import TrainingPage


def put(folder: Path, **changes: object) -> Pipeline:
    """A pipeline as ``define`` keeps one, its base unlooked at."""
    told = {"model": "tiny", "data": str(folder), "target": "t.jsonl", "license": "CC0"}
    pipeline = Pipeline(**{"name": "facts", "consent": "made", **told, **changes})  # type: ignore[arg-type]
    Records().put(NAMESPACE, pipeline.name, document=asdict(pipeline))
    return pipeline


def cells(page: str) -> list[list[str]]:
    """The cells of each row of the table, as text."""
    body = page.split("<tbody>")[1].split("</tbody>")[0]
    return [
        [html.unescape(re.sub("<[^>]+>", "", cell)) for cell in re.findall("<td.*?</td>", row)]
        for row in body.split("</tr>")[:-1]
    ]


def test_without_a_pipeline_it_says_how_to_define_one() -> None:
    assert "workbench finetuning pipeline define" in draw_pipelines()
    assert not settings.home().exists()


def test_a_pipeline_says_where_it_is_and_what_begins_the_next(tmp_path: Path) -> None:
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    put(inbox, rows_waiting=3, drift_level=0.01)
    ((name, stage, outcome, due),) = cells(draw_pipelines())
    assert (name, stage, outcome) == ("facts", "none", "no batch yet")
    assert due == "0 rows in 0 files: begins when 3 rows wait, or the questions drift (level 0.01)"
    row = json.dumps({"prompt": "a", "response": "b"})
    (inbox / "one.jsonl").write_text(f"{row}\n" * 4)
    assert cells(draw_pipelines())[0][3] == "due, 4 rows in 1 file: 4 rows wait, at least 3"
    rows = StageRows()
    run = rows.begin_run("facts", {}, because="by hand")
    rows.begin_stage(run, "collect", {})
    with _holding("facts"):
        assert cells(draw_pipelines())[0][1] == "collect: goes on"
    (row_,) = cells(draw_pipelines())
    assert (row_[1], row_[3]) == ("collect: its process has ended", "goes on with collect")
    rows.set_run(run, "failed", reason="the disk is full")
    (row_,) = cells(draw_pipelines())
    assert row_[1] == "collect: failed (the disk is full)" and row_[3].startswith("waits for")
    rows.set_run(run, "refused", reason="<b>nothing</b> is gained")
    page = draw_pipelines()
    assert "<b>nothing" not in page and "refused" in cells(page)[0][2]
    assert cells(page)[0][2].endswith(": <b>nothing</b> is gained")
    assert "No pipeline yet" not in TrainingPage().html()


def test_a_folder_that_is_gone_is_said_in_its_row(tmp_path: Path) -> None:
    put(tmp_path / "gone", name="lost")
    assert "there is no folder" in cells(draw_pipelines())[0][3]
