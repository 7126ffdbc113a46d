"""Progress in a terminal and nowhere else, and tables as wide as what stands in them."""

from __future__ import annotations

import os
import pty
import subprocess
from pathlib import Path
from typing import Any

import pytest

from workbench.cli import drawing, outline
from workbench.cli.drawing import format_bytes, print_plain, print_table


def run_in_terminal(arguments: list[str]) -> tuple[int, str, str]:
    """Run a command whose stderr is a terminal: its status, its stdout, what was drawn."""
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        arguments,
        stdout=subprocess.PIPE,
        stderr=follower,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "80", "LINES": "24"},
    )
    os.close(follower)
    drawn = bytearray()
    try:
        while piece := os.read(leader, 65536):
            drawn += piece
    except OSError:  # how Linux says that the other end of a terminal was closed
        pass
    os.close(leader)
    assert process.stdout is not None
    with process.stdout:
        out = process.stdout.read().decode()
    return process.wait(timeout=60), out, drawn.decode()


def test_progress_is_drawn_in_a_terminal(probe: Path, command: Any) -> None:
    status, out, drawn = run_in_terminal(command("probe", "talk", "--seconds-s", "0.3", "--json"))
    assert status == 0
    assert out == '[{"name": "a", "size": 1}, {"name": "bb", "size": 20}]\n'
    assert "Counting [steps]" in drawn  # not taken for the markup of a style
    assert "Fetching half" in drawn
    assert "1.0/2.0 MB" in drawn
    assert "1/2" in drawn
    assert "Traceback" not in drawn
    assert "\x1b[?25h" in drawn  # the cursor is shown again


def test_the_bars_are_gone_when_an_error_is_told(probe: Path, command: Any) -> None:
    status, _, drawn = run_in_terminal(command("probe", "talk", "--fail"))
    assert status == 2
    assert drawn.replace("\r", "").endswith("error: it was asked to fail\nhint: --no-fail\n")
    assert "a listener failed" not in drawn


def test_nothing_is_drawn_when_stderr_is_no_terminal(run_apart: Any, probe: Path) -> None:
    found = run_apart("probe", "talk", "--seconds-s", "0.2")
    assert (found.status, found.err) == (0, "")
    assert found.out == "name  size\na        1\nbb      20\n"


@pytest.mark.parametrize(
    ("result", "shown"),
    [
        (None, ""),
        ("text", "text\n"),
        ([], "[]\n"),
        ({}, ""),
        ({"a": 1, "bcd": None, "e": True}, "a    1\nbcd\ne    yes\n"),
        ([{"a": 1}, {"a": None, "b": 2}], "a\n1\n\n"),
        ([{"a": 1, "b": []}, {"a": 2, "b": []}], "a\n1\n2\n"),
        ({"a": {"x": 1, "y": [2, 3]}}, "a\n  x  1\n  y  2, 3\n"),
        ({"a": {"x": 1, "y": 0.25}}, "a  x 1, y 0.25\n"),
        ({"rows": [{"x": 1, "y": {"z": 2}}]}, "rows\n  x  y\n  1  z 2\n"),
        ({"long": ["word" * 9, "word" * 9]}, f"long\n  {'word' * 9}\n  {'word' * 9}\n"),
        ({"odd": [{"x": 1}, 2]}, "odd\n  x 1\n  2\n"),
        ([1, 2], "[\n  1,\n  2\n]\n"),
        ({"a": [1]}, "a  1\n"),
        (True, "true\n"),
    ],
)
def test_results_without_words_of_their_own(
    capsys: pytest.CaptureFixture[str], result: object, shown: str
) -> None:
    print_plain(result)
    assert capsys.readouterr().out == shown


def test_a_table_aligns_numbers_to_the_right(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(["name", "n"], [["a", 5], ["long one", 1234], ["b", None]])
    assert capsys.readouterr().out == "name         n\na            5\nlong one  1234\nb\n"


def test_a_table_gives_way_to_a_terminal_and_to_nothing_else(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    names, rows = ["name", "n", "text"], [["a-long-name-" * 2, 12345, "word " * 20], ["b", 1, "x"]]
    print_table(names, rows)
    assert ("word " * 20).strip() in capsys.readouterr().out
    for columns, widest in ((60, 60), (20, 41)):  # what cannot give way stays
        monkeypatch.setattr(drawing, "terminal_columns", lambda columns=columns: columns)
        print_table(names, rows)
        head, first, second = capsys.readouterr().out.splitlines()
        assert len(first) == widest
        assert first.startswith("a-long-name-a-long-name-  12345  word")
        assert first.endswith("…")
        assert second.endswith(" x")
        assert head.index("text") == first.index("word")


def test_a_long_text_goes_on_below_its_beginning(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outline, "terminal_columns", lambda: 30)
    print_plain({"name": "x", "note": "a note of several words that is long"})
    assert capsys.readouterr().out == (
        "name  x\nnote  a note of several words\n      that is long\n"
    )


def test_an_empty_table_has_its_names(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(["name", "n"], [])
    assert capsys.readouterr().out == "name  n\n"


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (None, "?"),
        (0, "0 B"),
        (999, "999 B"),
        (98_000_000, "98 MB"),
        (2.5e9, "2.5 GB"),
        (999_700, "1 MB"),
        (5e12, "5000.0 GB"),
    ],
)
def test_sizes_as_people_read_them(size: float | None, text: str) -> None:
    assert format_bytes(size) == text
