"""Runs of a tiny model: real steps, of seconds."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from workbench.core import operations

ROWS = [
    {"prompt": f"{ask} {word}?", "response": f"{word} is {number}."}
    for number, word in enumerate(["amber", "birch", "cobalt", "delta"])
    for ask in ("What is", "Say what is", "And")
]
Run = Callable[..., Any]


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "facts.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return path


@pytest.fixture
def run(tiny_base: Path, rows: Path) -> Run:
    """``run(steps=4, token=...)``: a run of the tiny model."""

    def one(*, token: Any = None, **options: Any) -> Any:
        given = {"model": "tiny", "data": rows, "precision": "fp32", "steps": 4, **options}
        return operations.find("finetuning.run").run(given, token=token)

    return one
