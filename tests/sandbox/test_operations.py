"""The sandbox from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from workbench.cli.main import main

from .conftest import needs_bubblewrap

pytestmark = needs_bubblewrap


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    return int(ended.value.code or 0)


def test_show(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("sandbox", "show") == 0
    assert "bubblewrap" in capsys.readouterr().out


def test_run_a_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    program = tmp_path / "program.py"
    program.write_text("import os; print(os.listdir('.')); raise SystemExit(4)")
    assert run("sandbox", "run", program) == 1
    out, err = capsys.readouterr()
    assert "program.py" in out
    assert "status 4" in err
    assert run("sandbox", "run", program, "--json") == 1
    assert json.loads(capsys.readouterr().out)["status"] == 4
    assert run("sandbox", "run", tmp_path / "absent.py") == 2
    assert "absent.py" in capsys.readouterr().err
