"""How runs and data to learn from look in a terminal: every row counted once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from workbench.cli.finetuning import (
    show_check_data,
    show_run,
    show_runs,
    show_runs_compare,
    show_runs_show,
    show_snapshot,
    show_snapshots,
)
from workbench.finetuning.recording.comparing import compare_runs
from workbench.finetuning.recording.operations import RunRow
from workbench.finetuning.recording.recorded_run import CurvePoint, RecordedRun, read_document
from workbench.finetuning.snapshots.operations import snapshot, snapshots
from workbench.finetuning.snapshots.taking import check_file
from workbench.finetuning.training.registering import TrainingRun


def test_runs_are_told_in_times_and_short_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    row = RunRow(
        "a1b2c3d4e5f60718", "finished", "tiny", "facts", 60, 60, 0.0123456789, 1.23456789e-05,
        123.456, 1795745567.123, "learnt rows",
    )  # fmt: skip
    show_runs([row])
    head, line = capsys.readouterr().out.splitlines()
    assert head.split() == ["run", "state", "adapter", "steps", "loss", "evaluated", "on", "begun"]
    assert "0.01235" in line and "1.235e-05" in line and "60 of 60" in line
    assert "2026-11-" in line and "1795745567" not in line and "learnt rows" in line
    show_runs([])
    assert "no run yet" in capsys.readouterr().err


def test_a_run_is_shown_in_dates_and_short_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    fields: dict[str, Any] = {
        "run": "a1b2", "state": "running", "is_stopping": False, "kind": "answers", "model": "tiny",
        "adapter": "facts", "version": None, "steps": 60, "steps_done": 20, "examples": 5,
        "tokens_per_s": 123.456789, "seconds": 240.0, "started_s": 1795745567.123,
        "updated_s": 1795745867.5, "curve": (CurvePoint(1, 8.4471234567, 0.0018823529, 104.44),),
        "evaluations": (), "samples": (), "recipe": {"seed": 1234567}, "precision": "fp32",
        "data_sha256": "", "snapshot": None, "base_sha256": "", "stopped": "", "figures": {},
        "machine": {},
    }  # fmt: skip
    show_runs_show(RecordedRun(**fields))
    said = capsys.readouterr().out
    assert "2026-11-2" in said and "17957" not in said
    assert "8.447" in said and "8.4471" not in said and "123.5" in said and "1234567" in said
    assert "about 8 min" in said
    show_runs_show(RecordedRun(**{**fields, "state": "finished"}))
    assert "about" not in capsys.readouterr().out


def test_runs_side_by_side_fit_a_screen(capsys: pytest.CaptureFixture[str]) -> None:
    told = {
        "state": "finished", "kind": "answers", "model": "tiny", "adapter": "facts", "steps": 60,
        "steps_done": 60, "examples": 12, "tokens_per_s": 1234.5, "seconds": 99.6,
        "started_s": 1795745567.1, "updated_s": 1795745600.1, "precision": "fp32",
        "data_sha256": "d" * 64, "snapshot": None, "base_sha256": "b" * 64, "stopped": "steps",
        "curve": [[n, 3.0 / n, 0.001, 100.0] for n in range(1, 61)], "machine": {},
        "evaluations": [[60, 0.25]], "recipe": {"seed": 0, "targets": ["q", "v"]},
        "evaluated_on": "held-out rows",
    }  # fmt: skip
    other = {**told, "recipe": {"seed": 1, "targets": ["q"]}, "data_sha256": "e" * 64}
    pair = [read_document("a" * 16, told), read_document("c" * 16, other)]
    show_runs_compare(compare_runs(pair))
    said = capsys.readouterr().out
    assert max(map(len, said.splitlines())) < 120
    assert "0.05" in said and "60 of 60" in said and "1,234" in said and "17957" not in said
    assert "seed" in said and "q, v" in said and "dddddddddddd…" in said and "d" * 20 not in said
    show_runs_compare(compare_runs([pair[0], read_document("f" * 16, told)]))
    assert "the same in everything" in capsys.readouterr().out


def _done(**changes: object) -> TrainingRun:
    told = {
        "adapter": "facts", "version": 1, "model": "tiny:facts@1", "steps": 60, "train_loss": 0.1,
        "eval_loss_before": 3.0, "eval_loss_after": 0.1, "tokens_per_s": 300.0, "seconds": 9.0,
        "cpu_seconds": 12.0, "run": "a1b2", "examples": 60, "precision": "fp32", "stopped": "steps",
        "evaluated_on": "the rows that were learnt from",
    }  # fmt: skip
    return TrainingRun(**{**told, **changes})  # type: ignore[arg-type]


def test_a_run_ends_in_a_line_of_what_is_still_known(capsys: pytest.CaptureFixture[str]) -> None:
    show_run(_done(general_asked=20, general_before=11, general_after=10))
    said = capsys.readouterr()
    assert said.err == "[of 20 general questions tiny answers 11, tiny:facts@1 answers 10]\n"
    assert "general_before" in said.out
    # A loss was warned of when it was found; of a run that was done before it is said again.
    lost = {"general_asked": 20, "general_before": 11, "general_after": 0}
    show_run(_done(**lost))
    assert capsys.readouterr().err == ""
    show_run(_done(**lost, reused=True))
    assert "tiny:facts@1 answers 0: much" in capsys.readouterr().err
    show_run(_done())
    assert capsys.readouterr().err == ""


def test_each_row_is_counted_once(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "lamps.jsonl"
    rows = [
        {"prompt": f"Where does lamp {n} hang?", "response": f"In hall {n}"} for n in (1, 2, 3, 1)
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows) + "[1]\n")
    show_check_data(check_file(path)[1])
    said = capsys.readouterr()
    lines = said.out.splitlines()
    assert lines[0] == "lamps.jsonl: 5 rows: 3 may be learnt, 1 blocked, 1 cannot be read"
    assert lines[2].split()[:5] == ["blocked", "exact", "duplicate", "line", "4"]
    assert lines[3].split()[:5] == ["not", "read", "broken", "line", "5"]
    assert "rows that are blocked: " in said.err and "rows that cannot be read: " in said.err


def test_snapshots_are_told_in_a_line_each(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    show_snapshots([])
    said = capsys.readouterr()
    assert said.out == "" and "no snapshot yet" in said.err
    file = tmp_path / "rows.jsonl"
    rows = [{"prompt": f"What is lamp {n} for?", "response": f"Door {n}"} for n in range(4)]
    file.write_text("".join(json.dumps(row) + "\n" for row in [*rows, rows[0]]) + "{broken\n")
    made = snapshot(file, "lamps", license="CC0", consent="our own")
    show_snapshot(made)
    said = capsys.readouterr()
    _, line, left_out = said.out.splitlines()
    assert line.split()[:5] == ["lamps@1", made.id[:12], "4", "0", "2"]
    assert "exact duplicate 1" in left_out and "not JSON" in left_out and made.id in said.err
    show_snapshots(snapshots())
    head, again = capsys.readouterr().out.splitlines()
    assert again == line and len(head) < 160 and "{" not in again
