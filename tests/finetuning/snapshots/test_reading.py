"""Files to examples: both forms, tables, and each way in which a row can be of no use."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from workbench.core.errors import DataError, InputError, NotFoundError
from workbench.data.reading import Layout
from workbench.finetuning.snapshots import judged_rows
from workbench.finetuning.snapshots.reading import read_examples, read_preferences

GOOD = '{"prompt": "What is a ladle for?", "response": "For soup"}'
BROKEN = {
    "plain text": b"prompt: what? response: that",
    "a list": b'["What?", "That"]',
    "null": b"null",
    "cut off": b'{"prompt": "What?", "response": "Tha',
    "no response": b'{"prompt": "What?"}',
    "null response": b'{"prompt": "What?", "response": null}',
    "a number": b'{"prompt": "What?", "response": 4}',
    "empty": b'{"prompt": "What?", "response": ""}',
    "blank": b'{"prompt": "What?", "response": " \\n "}',
    "a byte order mark inside": b'\xef\xbb\xbf{"prompt": "What?", "response": "That"}',
    "a raw NUL": b'{"prompt": "What?", "response": "Th\x00at"}',
    "an escaped NUL": b'{"prompt": "What?", "response": "Th\\u0000at"}',
    "latin-1": b'{"prompt": "A caf\xe9?", "response": "That"}',
    "half a pair": b'{"prompt": "What?", "response": "\\ud83d"}',
    "both forms": b'{"prompt": "What?", "response": "That", "messages": [{"role": "user", '
    b'"content": "What?"}, {"role": "assistant", "content": "That"}]}',
    "no answer": b'{"messages": [{"role": "user", "content": "What?"}]}',
    "no messages": b'{"messages": []}',
    "an unknown role": b'{"messages": [{"role": "oracle", "content": "What?"}, {"role": '
    b'"assistant", "content": "That"}]}',
    "the system late": b'{"messages": [{"role": "user", "content": "What?"}, {"role": "system", '
    b'"content": "Be brief"}, {"role": "assistant", "content": "That"}]}',
    "a bad weight": b'{"prompt": "What?", "response": "That", "weight": -1}',
    "no consent": b'{"prompt": "What?", "response": "That", "consent": false}',
    "deep": b"[" * 100_000,
}


def _file(folder: Path, *lines: bytes | str, name: str = "rows.jsonl") -> Path:
    path = folder / name
    path.write_bytes(b"\n".join(x.encode() if isinstance(x, str) else x for x in lines) + b"\n")
    return path


def test_both_forms_are_read_with_their_names(home: Path, tmp_path: Path) -> None:
    chat = {
        "messages": [{"role": r, "content": r.title()} for r in ("system", "user", "assistant")]
    }
    path = _file(
        tmp_path,
        GOOD,
        "",
        json.dumps({**chat, "id": 7, "domain": "soup", "fact": "f1", "weight": 2, "x": [1]}),
    )
    (first, second), quarantine = read_examples(path)
    assert first.messages == (("user", "What is a ladle for?"), ("assistant", "For soup"))
    assert (first.identity, first.weight, first.group) == ("line 1", 1.0, "")
    assert (second.identity, second.task, second.group, second.weight) == ("7", "soup", "f1", 2.0)
    assert [role for role, _ in second.messages] == ["system", "user", "assistant"]
    assert quarantine.rows == 0 and quarantine.path is None
    assert not (home / "quarantine").exists() or not any((home / "quarantine").iterdir())


def test_each_broken_line_is_set_aside_by_its_number_and_the_good_stay(
    home: Path, tmp_path: Path
) -> None:
    lines: list[bytes | str] = []
    for number, bad in enumerate(BROKEN.values()):
        lines += [GOOD.replace("ladle", f"ladle {number}"), bad]
    found, quarantine = read_examples(_file(tmp_path, *lines))
    assert len(found) == len(BROKEN)
    assert quarantine.path is not None
    kept = [json.loads(line) for line in quarantine.path.read_text("utf-8").splitlines()]
    assert [each["line"] for each in kept] == list(range(2, 2 * len(BROKEN) + 1, 2))
    assert all(each["reason"] for each in kept)
    assert quarantine.rows == sum(quarantine.reasons.values()) == len(BROKEN)
    # Said of rows of one kind together: no word of a place is left hanging.
    assert not [each for each in quarantine.reasons if each.endswith((" at", " column", ":"))]


@pytest.mark.parametrize(
    "name", sorted(set(BROKEN) - {"a byte order mark inside"})
)  # it may come first
def test_a_file_with_no_good_row_says_why(name: str, home: Path, tmp_path: Path) -> None:
    with pytest.raises(DataError) as raised:
        read_examples(_file(tmp_path, BROKEN[name]))
    assert raised.value.hint
    assert ("an empty list: there is nothing to learn" in str(raised.value)) == (
        name == "no messages"
    )
    assert not list((tmp_path).glob("**/quarantine/*"))


def test_files_that_cannot_be_read_at_all(home: Path, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        read_examples(tmp_path / "none.jsonl")
    with pytest.raises(DataError, match="is empty"):
        read_examples(read_examples(_empty(tmp_path)))
    with pytest.raises(DataError, match="not a Parquet file"):
        read_examples(_file(tmp_path, "nothing", name="x.parquet"))
    with pytest.raises(InputError, match="one whole document"):
        read_examples(_file(tmp_path, "[]", name="x.json"))
    with pytest.raises(DataError, match="line 2"):
        read_examples(_file(tmp_path, GOOD, "null"), on_bad="raise")


def _empty(folder: Path) -> Path:
    (folder / "zero.jsonl").write_bytes(b"")
    return folder / "zero.jsonl"


def test_tables_by_the_names_of_their_columns(home: Path, tmp_path: Path) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    table = _file(
        tmp_path, "Question;Answer;response", '"What; now?";That;x', "What?;;x", name="t.csv"
    )
    columns = {"prompt": "Question", "response": "Answer"}
    (only,), quarantine = read_examples(table, columns=columns, layout=Layout(delimiter=";"))
    assert only.messages == (("user", "What; now?"), ("assistant", "That"))
    assert [(bad.line, bad.reason) for bad in quarantine.first] == [
        (3, "response is missing or null")
    ]
    with pytest.raises(NotFoundError, match="did you mean 'Question'"):
        read_examples(table, columns={"prompt": "Questions"}, layout=Layout(delimiter=";"))
    chat = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
    pq.write_table(pa.table({"messages": [chat, None]}), tmp_path / "t.parquet")
    (only,), quarantine = read_examples(tmp_path / "t.parquet")
    assert only.answer == "Hello" and only.identity == "row 1"
    assert quarantine.first[0].row == 2


def test_preferences_need_two_different_answers(home: Path, tmp_path: Path) -> None:
    row = {"prompt": "What?", "chosen": "That.", "rejected": "Dunno"}
    path = _file(
        tmp_path,
        json.dumps(row),
        json.dumps({**row, "rejected": "That. "}),
        json.dumps({**row, "response": "x"}),
        json.dumps({**row, "chosen": None}),
    )
    (only,), quarantine = read_preferences(path)
    assert (only.question[0]["content"], only.chosen, only.rejected) == ("What?", "That.", "Dunno")
    assert [bad.line for bad in quarantine.first] == [2, 3, 4]


JUDGED = {
    "request_id": "req_1",
    "messages": [{"role": "user", "content": "What is a ladle for?"}],
    "answer": "For salad",
    "score": -1,
    "corrected_answer": "For soup",
    "consent": True,
}
SILENT = {name: value for name, value in JUDGED.items() if name != "consent"}


def judged_rows_are_learnt_with_consent_alone(folder: Path) -> None:
    """A file of examples and judged answers: whose words come out of it, on both ways to learn."""
    example = {"prompt": "What is a sieve for?", "response": "For flour"}
    rows = [JUDGED, example, SILENT, {**JUDGED, "consent": False}, {**JUDGED, "consent": None},
            {**SILENT, "request_id": None, "consent": "no"}, {**JUDGED, "score": 1}]  # fmt: skip
    path = _file(folder, *map(json.dumps, rows))
    found, aside = read_examples(path)
    assert [each.answer for each in found] == ["For soup", "For flour", "For soup"]
    assert [each.identity for each in found] == ["req_1", "line 2", "req_1"]
    assert aside.reasons == {"its author did not consent": 4}
    preferences, aside = read_preferences(path)
    assert [(each.chosen, each.rejected) for each in preferences] == [("For soup", "For salad")]
    assert aside.reasons["its author did not consent"] == 4


def test_judged_rows_are_learnt_with_consent_alone(home: Path, tmp_path: Path) -> None:
    judged_rows_are_learnt_with_consent_alone(tmp_path)


def test_a_reader_to_which_silence_is_consent_is_seen(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The broken variant: judged rows are read by the rule for examples."""
    real = judged_rows.check_consent
    monkeypatch.setattr(judged_rows, "check_consent", lambda row, needed: real(row, needed=False))
    with pytest.raises(AssertionError):
        judged_rows_are_learnt_with_consent_alone(tmp_path)


def test_a_table_of_judged_answers_and_rows_that_are_none(home: Path, tmp_path: Path) -> None:
    table = _file(tmp_path, "prompt,answer,score,corrected_answer,consent",
                  "K11?,Burn it,-1,Rinse it,true", "K12?,Wipe it,1,,true", "K13?,Shake it,1,,",
                  name="t.csv")  # fmt: skip
    assert [each.answer for each in read_examples(table)[0]] == ["Rinse it", "Wipe it"]
    # An example that somebody marked is an example still: its author wrote it to be learnt.
    marked = {"prompt": "K11?", "response": "Rinse it", "answer": "x", "score": 0.5}
    assert read_examples(_file(tmp_path, json.dumps(marked)))[0][0].answer == "Rinse it"
    for half in ({"answer": "Rinse it"}, {"score": 1}, {"answer": "Rinse it", "consent": True}):
        with pytest.raises(DataError, match="no row"):
            read_examples(_file(tmp_path, json.dumps({"prompt": "K11?", **half})))


def test_a_file_of_which_most_cannot_be_read_is_refused(home: Path, tmp_path: Path) -> None:
    pair = '{"prompt": "Why?", "chosen": "So", "rejected": "No"}'
    path = _file(tmp_path, *[pair] * 3, *['{"prompt": "half"}'] * 5)
    with pytest.raises(DataError, match="5 of 8 rows cannot be read, more than the allowed 50%"):
        read_preferences(path, most_unread_share=0.5)
    assert len(read_preferences(path, most_unread_share=0.7)[0]) == 3
    judged = '{"prompt": "K11?", "answer": "Rinse it", "score": 1, "consent": true}'
    log = _file(tmp_path, pair, *[judged] * 5)  # read well, and no preference
    pairs, aside = read_preferences(log, most_unread_share=0.5)
    assert (len(pairs), aside.rows) == (1, 5)
