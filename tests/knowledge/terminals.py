"""A terminal in which the commands of the room are typed."""

from __future__ import annotations

import json
from typing import Any

import pytest


class Terminal:
    """Runs commands in this process."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self.capsys = capsys

    def run(self, *words: object) -> tuple[int, str, str]:
        from workbench.cli.main import main

        self.capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(["knowledge", *map(str, words)])
        out, err = self.capsys.readouterr()
        return int(ended.value.code or 0), out, err

    def json(self, *words: object) -> Any:
        status, out, _ = self.run(*words, "--json")
        assert status == 0
        return json.loads(out)
