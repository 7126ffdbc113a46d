"""The index: what changed, what is gone, and two runners at once."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from workbench.cli.reports import show_list
from workbench.core.errors import NotFoundError
from workbench.reports import index, list_runs, run, show
from workbench.reports.changes import compare
from workbench.reports.history import build_index, write_index
from workbench.reports.records import home_folder
from workbench.reports.sparkline import sparkline
from workbench.store.files import write_json

from .conftest import WriteNotebook

CLAIM = "from workbench.reports import claim\nclaim('accuracy', {}, low=0.9)"


def record(number: int, **changed: Any) -> dict[str, Any]:
    """A record as a run writes it."""
    claim = {"name": "accuracy", "value": 0.95, "low": 0.9, "high": None, "ok": True}
    made: dict[str, Any] = {
        "run_id": f"run-{number}",
        "slug": "a",
        "notebook": "a.ipynb",
        "notebook_sha256": "0",
        "title": "A",
        "status": "passed",
        "error": None,
        "started_at": f"2026-01-{number:02}T00:00:00+00:00",
        "duration_s": 10.0,
        "profile": "quick",
        "kernel": "cold",
        "parameters": {"n": 1},
        "versions": {"python": "3.11.1", "numpy": "2.0"},
        "commit": {"sha": "abc", "dirty": False},
        "inputs": [{"name": "data", "sha256": "a" * 64}],
        "claims": [{**claim, "equals": None, "unit": "", "note": ""}],
    }
    return {**made, **changed}


def test_the_same_run_twice_changed_nothing() -> None:
    assert compare(record(1), record(2)).lines == []


def test_each_kind_of_change_is_told() -> None:
    worse = [{**record(1)["claims"][0], "value": 0.8, "ok": False}]
    after = record(
        2,
        status="failed",
        claims=worse,
        parameters={"n": 2, "m": 1},
        versions={"python": "3.11.1", "numpy": "2.1", "torch": "2"},
        inputs=[{"name": "data", "sha256": "b" * 64}],
        notebook_sha256="1",
        duration_s=25.0,
    )
    found = compare(record(1), after)
    assert found.lines == [
        "passed before, failed now",
        "claim 'accuracy' fails, and held before",
        "claim 'accuracy' went from 0.95 to 0.8 (-15.8%)",
        "parameter n went from 1 to 2",
        "parameter m is new: 1",
        "input data went from aaaaaaaaaaaa to bbbbbbbbbbbb",
        "the notebook itself was edited",
        "package numpy went from 2.0 to 2.1",
        "took 25.0 s, and 10.0 s before",
    ]
    assert (found.broken, found.duration_ratio) == (["accuracy"], 2.5)
    back = compare(after, record(3))
    assert back.mended == ["accuracy"] and "parameter m is gone; it was 1" in back.lines


def test_the_index_puts_what_failed_first_and_keeps_twenty_runs() -> None:
    records = [record(number) for number in range(1, 26)]
    records.append(record(26, slug="z", status="failed"))
    entries = build_index(records)["notebooks"]
    assert [entry["slug"] for entry in entries] == ["z", "a"]
    assert len(entries[1]["history"]) == 20
    assert entries[0]["changes"] is None and entries[1]["changes"]["lines"] == []


def test_a_cancelled_run_does_not_hide_the_last_whole_one(out: Path) -> None:
    whole = [record(1), record(2, status="failed")]
    stopped = record(3, status="cancelled", claims=[], error={"kind": "cancelled", "message": "m"})
    entry = build_index([*whole, stopped])["notebooks"][0]
    assert (entry["run_id"], entry["status"]) == ("run-2", "failed")
    assert entry["changes"]["lines"] == ["passed before, failed now"]
    assert [run["status"] for run in entry["history"]] == ["passed", "failed", "cancelled"]
    assert build_index([stopped])["notebooks"][0]["status"] == "cancelled"
    for made in (*whole, stopped):
        kept = {**made, "schema_version": 1, "slug": "a"}
        if made is stopped:
            kept["status"] = "failed"  # as it was written before there was a word for it
        write_json(out / "a" / made["run_id"] / "record.json", kept)
        write_json(home_folder() / "a" / f"{made['run_id']}.json", kept)
    write_index(out)
    page = (out / "index.html").read_text()
    assert "– cancelled" not in page and "cancelled, 10.0 s" in page
    assert show("a")["run_id"] == "run-2" and show("run-3")["status"] == "cancelled"
    assert [each["status"] for each in list_runs()] == ["cancelled", "failed", "passed"]


def test_a_sparkline_needs_two_numbers_and_draws_near_bounds_only() -> None:
    assert sparkline([1.0], label="x") == "" and sparkline([None, 2.0], label="x") == ""
    drawn = sparkline([1.0, None, 3.0], label="<x>", low=0.5, high=1000, ok=False)
    assert drawn.count('class="bound"') == 1 and "dot failed" in drawn and "&lt;x&gt;" in drawn
    assert "nan" not in sparkline([2.0, 2.0], label="flat")


@pytest.mark.notebook
def test_runs_are_compared_listed_and_may_be_deleted(
    write_notebook: WriteNotebook, out: Path, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    first = run([write_notebook("a", CLAIM.format(0.95))], out=out).runs[0]
    second = run([write_notebook("a", CLAIM.format(0.85))], out=out).runs[0]
    entry = json.loads((out / "index.json").read_text())["notebooks"][0]
    assert entry["status"] == "failed" and entry["changes"]["broken"] == ["accuracy"]
    assert [past["claims"]["accuracy"] for past in entry["history"]] == [0.95, 0.85]
    page = (out / "index.html").read_text()
    assert "claim &#39;accuracy&#39; fails, and held before" in page and "<svg" in page
    listed = list_runs()
    assert [each["run_id"] for each in listed] == [second.run_id, first.run_id]
    assert (listed[0]["claims"], listed[0]["claims_ok"]) == (1, 0)
    assert show("a")["run_id"] == second.run_id and show(first.run_id)["status"] == "passed"
    with pytest.raises(NotFoundError, match="no report run named 'b'"):
        show("b")
    assert not any(each["files_gone"] for each in listed)
    shutil.rmtree(first.folder)
    show_list(list_runs())
    printed = capsys.readouterr()
    assert [line.count("files gone") for line in printed.out.splitlines()[-2:]] == [0, 1]
    assert "workbench report index" in printed.err
    assert show(first.run_id)["files_gone"] and not show(second.run_id)["files_gone"]
    (second.folder / "record.json").write_text("{")
    assert index(out=out)["notebooks"] == []
    assert "There is no run here yet" in (out / "index.html").read_text()
    with pytest.raises(NotFoundError):
        index(out=out / "missing")


def test_an_index_of_nothing_is_a_page(out: Path) -> None:
    assert write_index(out)["notebooks"] == []


@pytest.mark.notebook
def test_two_runners_at_once_lose_nothing(write_notebook: WriteNotebook, out: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from workbench.reports import run\n"
        "run([Path(name) for name in sys.argv[2:]], out=Path(sys.argv[1]), kernels='cold')"
    )
    runners = [
        subprocess.Popen(
            [sys.executable, "-c", code, str(out)]
            + [str(write_notebook(f"{name}{number}", "1")) for number in range(2)]
            + [str(write_notebook("shared", "1"))]
        )
        for name in ("a", "b")
    ]
    assert [runner.wait() for runner in runners] == [0, 0]
    entries = json.loads((out / "index.json").read_text())["notebooks"]
    runs = {entry["slug"]: len(entry["history"]) for entry in entries}
    assert runs == {"a0": 1, "a1": 1, "b0": 1, "b1": 1, "shared": 2}
