"""Runs over real kernels, started cold: what passes, what fails and what it says."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path
from typing import Any

import nbformat
import psutil
import pytest

from workbench.core import events, settings
from workbench.core.cancellation import CancelToken, cancellable
from workbench.core.errors import CancelledError, InputError, StorageError
from workbench.core.plain import to_plain
from workbench.reports import run
from workbench.reports.records import find_record

from .conftest import WriteNotebook

pytestmark = pytest.mark.notebook

GOOD = (
    "#md # A good one",
    "from workbench.reports import claim, stamp, uses\nstamp(seed=3)",
    "#parameters\nn: int = 16  # tokens\nprofile: str = 'quick'",
    "claim('tokens', n, low=1, high=100, unit='tokens')\nuses('data', 'a' * 64)",
)


def record_of(run_: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((run_.folder / "record.json").read_text())
    return found


def test_a_run_passes_and_leaves_its_record(
    write_notebook: WriteNotebook, out: Path, home: Path
) -> None:
    path = write_notebook("good", *GOOD)
    result = run([path], parameters={"n": "32"}, out=out, kernels="cold")
    plain = to_plain(result)["runs"][0]
    assert (plain["notebook"], plain["status"]) == ("good.ipynb", "passed")
    assert {key: plain["claims"][0][key] for key in ("name", "value", "low", "high", "ok")} == {
        "name": "tokens",
        "value": 32,
        "low": 1,
        "high": 100,
        "ok": True,
    }
    record = record_of(result.runs[0])
    assert record["schema_version"] == 1
    assert record["parameters"] == {"n": 32, "profile": "quick"}
    assert record["seed"] == 3
    assert record["inputs"] == [{"name": "data", "sha256": "a" * 64, "version": ""}]
    assert record["claims"][0]["cell"] == 4
    assert [cell["status"] for cell in record["cells"]] == ["completed"] * 4
    assert {"python", "ipykernel"} <= set(record["versions"])
    assert record["kernel"] == "cold" and record["machine"]["cores"] >= 1
    told = {**record, "folder": str(result.runs[0].folder)}
    assert find_record("good") == told  # the copy in WORKBENCH_HOME, which stays on this machine
    everything = json.dumps(record) + (result.runs[0].folder / "good.ipynb").read_text()
    assert str(out.parent) not in everything, "a report may be handed on: no path of this machine"


def test_failures_are_told_and_the_others_go_on(write_notebook: WriteNotebook, out: Path) -> None:
    claims = "from workbench.reports import claim\n"
    result = run(
        [
            write_notebook("cell", "1 + 1", "1 / 0", "3"),
            write_notebook(
                "claims",
                claims + "claim('a', 1, low=2)",
                "claim('b', float('nan'), low=0)\nclaim('c', 1, low=0)",
            ),
            write_notebook("twice", claims + "claim('a', 1, low=0)", "claim('a', 2, low=0)"),
            write_notebook("unbounded", claims + "claim('a', 1)"),
            write_notebook(
                "dead", "import os\nos.write(2, b'last words')\nos.kill(os.getpid(), 9)"
            ),
            write_notebook("good", *GOOD),
        ],
        out=out,
        kernels="cold",
    )
    cell, claims_, twice, unbounded, dead, good = result.runs
    assert [each.status for each in result.runs] == ["failed"] * 5 + ["passed"]
    assert result.exit_status == 1
    assert cell.error.message == "cell 2 raised ZeroDivisionError: division by zero"
    assert (cell.error.path, cell.error.cell) == ("cell.ipynb", 2)
    assert [claim.ok for claim in claims_.claims] == [False, False, True]
    assert "'a' in cell 1 is 1, not at least 2" in claims_.error.message
    assert "'b' in cell 2 is nan, not at least 0" in claims_.error.message
    assert (claims_.error.kind, claims_.error.cell) == ("claim", 1)
    assert twice.error.name == "ConflictError" and "twice" in twice.error.message
    assert unbounded.error.name == "InputError" and "no bound" in unbounded.error.message
    assert dead.error.kind == "kernel" and dead.error.cell == 1
    assert good.error is None


def test_the_executed_notebook_is_the_authors_plus_outputs(
    write_notebook: WriteNotebook, out: Path
) -> None:
    path = write_notebook("plain {braces} é", "#md # Title", "print('one')", "1 / 0")
    result = run([path], out=out, kernels="cold").runs[0]
    executed = nbformat.read(result.folder / path.name, as_version=4)
    nbformat.validate(executed)
    assert [cell.source for cell in executed.cells] == ["# Title", "print('one')", "1 / 0"]
    assert executed.cells[1].outputs[0].text == "one\n"
    assert executed.cells[2].outputs[0].ename == "ZeroDivisionError"


@pytest.mark.parametrize("parameters", [{"unknown": 1}, {"n": "many"}, {"n": 1.5}])
def test_a_wrong_parameter_stops_everything_before_it_starts(
    write_notebook: WriteNotebook, out: Path, home: Path, parameters: dict[str, Any]
) -> None:
    good, other = write_notebook("good", *GOOD), write_notebook("other", *GOOD)
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    with pytest.raises(InputError, match=repr(next(iter(parameters)))):
        run([good, other], parameters=parameters, out=out, kernels="cold")
    with pytest.raises(InputError, match=r"other2\.ipynb has no parameter 'n'"):
        run([good, write_notebook("other2", "1")], parameters={"n": 1}, out=out)
    assert not out.exists() and not home.exists()
    left = {child.pid for child in psutil.Process().children(recursive=True)} - before
    assert not left, "a server that began to import is left"


def test_a_home_that_cannot_be_written_stops_everything_before_it_starts(
    write_notebook: WriteNotebook, out: Path
) -> None:
    """Home would not know of the run, and the index would call it failed."""
    closed = settings.override(home=Path("/proc/closed"))  # closed to root, too
    with closed, pytest.raises(StorageError, match="/proc/closed"):
        run([write_notebook("good", *GOOD)], out=out, kernels="cold")
    assert not list(out.rglob("*.html")) and not list(out.rglob("*.ipynb"))


def test_a_broken_notebook_fails_and_keeps_nobody_back(
    write_notebook: WriteNotebook, out: Path
) -> None:
    good = write_notebook("good", *GOOD)
    broken = good.with_name("broken.ipynb")
    broken.write_text('{"cells": [')
    ran = run([good.parent], out=out, kernels="cold")
    assert [(each.notebook, each.status) for each in ran.runs] == [
        ("good.ipynb", "passed"),
        (str(broken), "failed"),
    ]
    assert ran.exit_status == 1
    assert ran.runs[1].error.kind == "notebook"
    assert "is not valid JSON" in ran.runs[1].error.message
    with pytest.raises(InputError, match="not valid JSON"):
        run([broken], out=out)
    with pytest.raises(InputError, match="there is no notebook"):
        run([good, good.with_name("goood.ipynb")], out=out)


def test_paths_mean_the_projects_root(
    write_notebook: WriteNotebook, out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "workbench.toml").touch()
    (tmp_path / "data.txt").write_text("found")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "data.txt").write_text("typed here")
    cell = "#parameters\nfrom pathlib import Path\ndata: Path = Path('data.txt')"
    path = write_notebook("deep/paths", cell, "print(data.read_text())")
    monkeypatch.chdir(tmp_path / "elsewhere")
    for parameters, said in (({}, "found\n"), ({"data": "data.txt"}, "typed here\n")):
        result = run([path], parameters=parameters, out=out, kernels="cold").runs[0]
        assert result.notebook == "notebooks/deep/paths.ipynb"
        executed = nbformat.read(result.folder / path.name, as_version=4)
        assert executed.cells[-1].outputs[0].text == said


def test_a_notebook_that_takes_too_long_is_stopped(
    write_notebook: WriteNotebook, out: Path
) -> None:
    slow = write_notebook("slow", "1", "import time\ntime.sleep(600)")
    result = run([slow, write_notebook("good", "1")], out=out, kernels="cold", timeout_s=5)
    late, good = result.runs
    assert late.error.kind == "deadline" and late.error.cell == 2
    assert late.error.message == "took longer than its limit of 5 s; stopped in cell 2"
    assert good.status == "passed"


def test_cancelling_stops_the_kernels(
    write_notebook: WriteNotebook, out: Path, caplog: pytest.LogCaptureFixture
) -> None:
    marks = [out.parent / name for name in ("one", "two")]
    notebooks = [
        write_notebook(
            mark.name,
            f"import os, pathlib, time\npathlib.Path({str(mark)!r}).write_text(str(os.getpid()))",
            "time.sleep(600)",
        )
        for mark in marks
    ]
    token = CancelToken()

    def cancel_when_both_run() -> None:
        while not all(mark.exists() and mark.read_text() for mark in marks):
            time.sleep(0.05)
        token.cancel()

    watcher = threading.Thread(target=cancel_when_both_run)
    watcher.start()
    with cancellable(token), pytest.raises(CancelledError):
        run([*notebooks, write_notebook("third", "1")], out=out, kernels="cold")
    watcher.join()
    assert "Kernel died" not in caplog.text  # we have killed them
    for mark in marks:
        assert not Path(f"/proc/{mark.read_text()}").exists()
        record = find_record(mark.name)
        assert (record["status"], record["error"]["kind"]) == ("cancelled", "cancelled")
        page = (out / mark.name / record["run_id"] / "report.html").read_text()
        assert "– cancelled" in page and "✗ failed" not in page
    assert not (out / "third").exists()


def test_each_cell_is_reported(write_notebook: WriteNotebook, out: Path) -> None:
    heard: list[events.Event] = []
    with events.listening(heard.append, "progress"):
        run([write_notebook("three", "1", "2", "3")], out=out, kernels="cold")
    said = [event.data["message"] for event in heard if event.data["label"] == "three"]
    assert {"cell 1 of 3", "cell 2 of 3", "cell 3 of 3"} <= set(said)
    assert all(event.run_id for event in heard)
    assert "notebooks" not in {event.data["label"] for event in heard}  # of one, it says nothing
