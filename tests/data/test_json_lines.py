"""A file of one JSON value a line: its numbers, its faults, and text that looks like an end."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from workbench.core.errors import InputError, NotFoundError
from workbench.data.json_lines import read_json_lines
from workbench.finetuning.gate.questions import read_questions


def test_values_with_their_lines_and_the_files_digest(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'{"a": 1}\r\n\n  \n[2]\n"three"')
    found, digest = read_json_lines(path, hint="one a line")
    assert found == [(1, {"a": 1}), (4, [2]), (5, "three")]
    assert digest == hashlib.sha256(path.read_bytes()).hexdigest()


def test_a_line_ends_where_the_files_line_ends_and_nowhere_in_a_text(tmp_path: Path) -> None:
    said = "one\u2028two\u0085three\u001cfour"
    assert len(said.splitlines()) == 4  # what the two readers before this one cut at
    path = tmp_path / "q.jsonl"
    row = '{{"question": "{}", "accept": ["yes"]}}\n'
    path.write_text(row.format(said.replace("\u001c", "")) + row.format("five"), "utf-8")
    assert [number for number, _ in read_json_lines(path, hint="")[0]] == [1, 2]
    assert len(read_questions(path).questions) == 2


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b'{"a": 1}\n{"a": \n', r"a\.jsonl, line 2 is no JSON"),
        (b'{"a": 1}\n"\xff"\n', r"a\.jsonl, line 2 is not UTF-8"),
    ],
)
def test_a_line_that_is_none_is_named(tmp_path: Path, content: bytes, said: str) -> None:
    (tmp_path / "a.jsonl").write_bytes(content)
    with pytest.raises(InputError, match=said) as caught:
        read_json_lines(tmp_path / "a.jsonl", hint="one a line")
    assert caught.value.hint == "one a line"


def test_what_is_no_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="there is no file"):
        read_json_lines(tmp_path / "none.jsonl", hint="")
    with pytest.raises(InputError, match="is a folder"):
        read_json_lines(tmp_path, hint="")
