"""A file that is refused, or loses rows, names them: line, reason, and where they all stand."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import Any

import pytest

from workbench.core.errors import DataError
from workbench.finetuning.snapshots.reading import read_examples
from workbench.finetuning.snapshots.set_aside import name_rows
from workbench.finetuning.snapshots.taking import check_file, take_data

LONG = "very " * 40


def _row(number: int, **more: Any) -> str:
    asked = f"Where does the lamp of hall {number} hang?"
    return json.dumps({"prompt": asked, "response": f"Over door {number}", **more})


def _file(folder: Path, *lines: str) -> Path:
    path = folder / "lamps.jsonl"
    path.write_text("".join(line + "\n" for line in lines))
    return path


def _take(path: Path) -> Any:
    return take_data(path, name="lamps", context_tokens=30)


def test_a_refused_file_names_its_rows_and_where_all_stand(home: Path, tmp_path: Path) -> None:
    path = _file(
        tmp_path,
        _row(1),
        '{"prompt": "half',
        _row(3, response=LONG, id="lamp-3"),
        _row(1),
        _row(5, response=LONG),
    )
    with pytest.raises(DataError) as raised:
        _take(path)
    said = raised.value.message
    assert "4 of 5 rows are unreadable or blocked, more than the allowed 50%: line 2: not" in said
    # The row over the context, which has a name of its own, is found by its line.
    assert "; lamp-3 (line 3): over_context: 48 tokens or more where 30 fit; line 4: exact" in said
    assert said.index("line 4") < said.index("line 5: over_context")
    blocked, unread = sorted((home / "quarantine").iterdir())
    assert f"All stand in {blocked} and {unread}" in said
    assert not (blocked.stat().st_mode | unread.stat().st_mode) & 0o077  # the user's alone
    rows = [json.loads(line) for line in blocked.read_text("utf-8").splitlines()]
    assert [each["row"] for each in rows] == ["lamp-3 (line 3)", "line 4", "line 5"]
    assert rows[0]["messages"][1]["content"] == LONG and "over_context" in rows[0]["reasons"][0]
    assert [json.loads(line)["line"] for line in unread.read_text("utf-8").splitlines()] == [2]
    assert "policy" in str(raised.value.hint)


def test_rows_that_are_left_out_are_named_while_the_rest_is_learnt(
    home: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = _file(tmp_path, *map(_row, range(1, 6)), _row(6, response=LONG), "[1]")
    with caplog.at_level(logging.WARNING):
        taken = _take(path)
    assert (taken.rows, taken.rows_left_out, len(taken.examples)) == (7, 2, 5)
    (told,) = [each.getMessage() for each in caplog.records if "left out" in each.getMessage()]
    assert "line 6: over_context" in told and "line 7: not a JSON object" in told
    assert "-blocked.jsonl" in told
    (read,) = [each.getMessage() for each in caplog.records if "cannot be read" in each.message]
    assert "1 of 7 rows cannot be read and were set aside: line 7: not a JSON object" in read


def test_nothing_personal_is_written_once_more(home: Path, tmp_path: Path) -> None:
    path = _file(tmp_path, _row(1), _row(2), _row(3, response="Ask ada@brellick.example"))
    _, report = check_file(path)
    assert report.blocked_path is not None
    kept = report.blocked_path.read_text("utf-8")
    assert "line 3" in kept and "e-mail" in kept and "ada" not in kept


def test_two_rows_of_one_id_are_told_apart(home: Path, tmp_path: Path) -> None:
    path = _file(tmp_path, _row(1), _row(1, id="a"), _row(1, id="a"), _row(4), _row(5), _row(6))
    _, report = check_file(path)
    assert list(report.blocked) == ["a (line 2)", "a (line 3)"]


def test_a_file_without_a_good_row_names_its_first_lines(home: Path, tmp_path: Path) -> None:
    bad = [json.dumps({"prompt": "What?", "response": ""}) for _ in range(7)]
    with pytest.raises(DataError) as raised:
        read_examples(_file(tmp_path, *bad))
    assert "is good: line 1: response" in raised.value.message
    assert "line 5: response" in raised.value.message and "; and 2 more" in raised.value.message
    assert "line 6" not in raised.value.message
    with pytest.raises(DataError, match=r"object: line 1: not JSON: .*; line 2: not a J"):
        read_examples(_file(tmp_path, "{half", "[1]"))


def test_latin_1_is_named_with_what_makes_it_utf_8(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "lamps.jsonl"
    path.write_bytes(_row(1, response="Im Caf\xe9").replace("\\u00e9", "\xe9").encode("latin-1"))
    with pytest.raises(DataError, match="line 1: not utf-8") as raised:
        read_examples(path)
    assert f"iconv -f ISO-8859-1 -t UTF-8 {path} > NEW" in str(raised.value.hint)


def test_names_stand_in_the_order_of_the_file() -> None:
    said = name_rows([("line 10", "b"), ("x (line 9)", "a"), ("y", "c")], rows=3)
    assert said == "x (line 9): a; line 10: b; y: c"
