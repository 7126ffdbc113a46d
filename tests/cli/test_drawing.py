"""Progress in a terminal and nowhere else, and tables as wide as what stands in them."""

from __future__ import annotations

import os
import pty
import subprocess
from pathlib import Path
from typing import Any

import pytest

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
        ({"a": 1, "bcd": None}, "a    1\nbcd  None\n"),
        ([{"a": 1}, {"a": None, "b": 2}], "a\n1\n\n"),
        ([1, 2], "[\n  1,\n  2\n]\n"),
        ({"a": [1]}, '{\n  "a": [\n    1\n  ]\n}\n'),
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
