"""The settings as a table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from workbench.core import settings


def test_a_row_for_each_setting(run: Any, home: Path) -> None:
    lines = run("config", "show").out.splitlines()
    assert lines[0].split() == ["setting", "value", "source"]
    assert [line.split()[0] for line in lines[1:]] == list(settings.declared())
    assert any(f"{home}  environment (WORKBENCH_HOME)" in line for line in lines)
