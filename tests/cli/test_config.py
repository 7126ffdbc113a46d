"""The settings as a table."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from workbench.core import settings


def test_a_row_for_each_setting(run: Any, home: Path) -> None:
    lines = run("config", "show").out.splitlines()
    assert lines[0].split() == ["setting", "value", "source"]
    assert [line.split()[0] for line in lines[1:]] == list(settings.declared())
    said = ["home", str(home), "environment", "(WORKBENCH_HOME)"]
    assert said in [line.split() for line in lines]


def test_a_misspelt_variable_is_said_and_the_command_goes_on(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_TREADS", "2")
    monkeypatch.setenv("WORKBENCH_LABS_DIR", "labs")
    monkeypatch.setenv("WORKBENCH_REPORT_RUN", "1")
    done = run("config", "show", "--json")
    assert done.err == (
        "warning: WORKBENCH_TREADS is set, but there is no such setting; "
        "did you mean WORKBENCH_THREADS?\n"
    )
    assert json.loads(done.out)["labs_dir"] == {
        "value": "labs",
        "source": "environment (WORKBENCH_LABS_DIR)",
    }
