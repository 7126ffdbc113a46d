"""Alerts in a terminal: a table of rules, and notices beside a gateway that serves."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from workbench.cli.serving import listen_serve
from workbench.core import events
from workbench.store.database import close_all

from .conftest import Run


def test_notices_are_written_beside_a_gateway(capsys: pytest.CaptureFixture[str]) -> None:
    with listen_serve():
        events.emit("alert.notice", severity="critical", text="Many calls fail\nover: Many jobs")
        events.emit("alert.fired", rule="errors")
    told = capsys.readouterr()
    assert told.err.splitlines() == [
        "alert (critical): Many calls fail", "alert (critical): over: Many jobs",
    ]  # fmt: skip
    assert told.out == ""


def test_rules_silences_and_history_as_commands(run: Run, home: Path) -> None:
    home.mkdir()
    rule = "{title: Any memory, metric: samples.memory_free_bytes, unit: bytes, above: 1}"
    (home / "alerts.yaml").write_text(f"rules:\n  any: {rule}\n")
    assert "not looked at" in run("monitoring", "alerts", "list").out
    assert "memory_free_bytes" in run("monitoring", "sample").out
    looked = run("monitoring", "alerts", "check", "--fail-on-alert")
    assert looked.status == 1
    assert "fired now: any" in looked.out and "any: Any memory" in looked.out
    assert "silent until" in run("monitoring", "alerts", "silence", "any", "--span", "2h").out
    assert "silent until" in run("monitoring", "alerts", "list").out
    assert "any: told again" in run("monitoring", "alerts", "silence", "any", "--end").out
    assert "nothing was silenced" in run("monitoring", "alerts", "silence", "any", "--end").out
    assert "still on" in run("monitoring", "alerts", "history").out
    told = json.loads(run("monitoring", "alerts", "history", "--json").out)
    assert [each["rule"] for each in told] == ["any"]
    (home / "alerts.yaml").write_text("rules:\n  any: {titel: x}\n")
    failed = run("monitoring", "alerts", "check")
    assert failed.status == 2 and "line 2: rules.any.titel" in failed.err
    close_all()
