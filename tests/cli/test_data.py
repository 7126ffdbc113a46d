"""Data sets in a terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest


def test_a_file_of_ones_own_is_described_in_lines(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("own.csv").write_text("name,age,answer\nanna,31,yes\nbert,,no\ncleo,25.5,yes\n")
    done = run("data", "describe", "own.csv", "--target", "answer")
    lines = [line.split() for line in done.out.splitlines()]
    assert ["target", "answer"] in lines
    assert ["column", "type", "missing", "distinct", "from", "to", "mean", "frequent"] in lines
    assert ["age", "number", "1", "2", "25.5", "31.0", "28.25"] in lines
    assert ["yes", "66.7%"] in lines
    assert "{" not in done.out and max(map(len, done.out.splitlines())) <= 80
    assert "length in characters" in done.err


def test_the_catalogue_is_a_table(run: Any) -> None:
    lines = run("data", "list").out.splitlines()
    assert lines[0].split() == ["name", "rows", "size", "licence", "where", "title"]
    assert any(line.startswith("adult ") and "train 32561, test 16281" in line for line in lines)
