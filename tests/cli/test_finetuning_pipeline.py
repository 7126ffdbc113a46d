"""How pipelines look in a terminal: short, and with the reason of what did not go on."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from workbench.cli.finetuning import (
    show_pipeline_define,
    show_pipeline_due,
    show_pipeline_once,
    show_pipeline_status,
)
from workbench.finetuning.pipeline.definition import Pipeline
from workbench.finetuning.pipeline.running import _holding
from workbench.finetuning.pipeline.stage_rows import StageRows
from workbench.finetuning.pipeline.telling import tell_stage
from workbench.finetuning.pipeline.triggers import look_whether_due


def test_a_run_has_a_line_a_stage_and_says_why_it_ended(capsys: pytest.CaptureFixture[str]) -> None:
    rows = StageRows()
    run = rows.begin_run("facts", {"data": "a folder"}, because="by hand")
    rows.begin_stage(run, "collect", {})
    rows.end_stage(run, "collect", "done", output={"rows": 1, "files": {"one.jsonl": "a" * 64}})
    rows.begin_stage(run, "gate", {})
    rows.begin_stage(run, "gate", {})
    rows.end_stage(run, "gate", "failed", error={"message": "the model is gone"})
    rows.set_run(run, "failed", reason="the model is gone")
    show_pipeline_status(rows.list_runs())
    head, _, collect, gate = capsys.readouterr().out.splitlines()
    assert head.startswith("facts, run 1 (") and head.endswith("failed: the model is gone")
    assert collect.split()[:2] == ["collect", "done"] and "1 row of one.jsonl" in collect
    assert "2 tries" in gate and gate.endswith("the model is gone")
    assert "a" * 64 not in head + collect + gate
    rows.begin_stage(run, "train", {})
    rows.set_run(run, "given up", reason="by hand")
    show_pipeline_status(rows.list_runs())
    assert capsys.readouterr().out.splitlines()[-1].split() == ["train", "interrupted"]
    rows.set_run(run, "failed", reason="the model is gone")
    show_pipeline_once(rows.list_runs()[0])
    assert capsys.readouterr().out.splitlines()[0] == head


def test_nothing_has_run_and_what_begins_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    show_pipeline_status([])
    assert "no pipeline has run" in capsys.readouterr().err
    told = Pipeline("facts", "tiny", str(tmp_path), "t.jsonl", "CC0", "made")
    show_pipeline_define(told)
    said = capsys.readouterr()
    assert said.out.endswith("begins by hand\n") and "pipeline once facts" in said.err
    show_pipeline_define(replace(told, rows_waiting=5, drift_level=0.01))
    said = capsys.readouterr()
    assert "begins when 5 rows wait, or the questions drift (level 0.01)" in said.out
    assert "pipeline watch" in said.err


def test_a_run_whose_process_was_killed_is_not_said_to_go_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = StageRows()
    run = rows.begin_run("facts", {"data": "a folder"}, because="by hand")
    rows.begin_stage(run, "train", {})
    told = Pipeline("facts", "tiny", str(tmp_path), "t.jsonl", "CC0", "made", rows_waiting=5)
    with _holding("facts"):
        show_pipeline_status(rows.list_runs())
        due = look_whether_due(told)
    said = capsys.readouterr()
    head, _, train = said.out.splitlines()
    assert head.endswith("): running") and "running" in train and said.err == ""
    assert not due.is_due and "goes on in a process now" in due.because
    show_pipeline_status(rows.list_runs())  # and now as after kill -9: nobody holds it
    said = capsys.readouterr()
    head, _, train = said.out.splitlines()
    assert head.endswith("): interrupted") and "interrupted" in train
    assert "its process has ended" in said.err and "pipeline once facts" in said.err
    due = look_whether_due(told)
    assert due.is_due and f"the process of run {run} has ended" in due.because
    show_pipeline_due([due])
    assert capsys.readouterr().out.splitlines()[1].split()[:2] == ["facts", "yes"]
    show_pipeline_due([])
    said = capsys.readouterr()
    assert said.out == "" and "no pipeline yet" in said.err


def test_a_trial_that_was_left_out_says_why() -> None:
    rows = StageRows()
    run = rows.begin_run("facts", {}, because="by hand")
    rows.begin_stage(run, "canary", {})
    why = {"decision": "left out", "why": "there is no champion to be tried against"}
    rows.end_stage(run, "canary", "done", output=why)
    (stage,) = rows.get(run).stages
    assert tell_stage(stage) == "left out: there is no champion to be tried against"
    rows.end_stage(run, "canary", "done", output={"decision": "left out"})
    (stage,) = rows.get(run).stages
    assert tell_stage(stage) == "left out"
