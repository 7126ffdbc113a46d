"""The frozen sets of serving are whole: as many, as varied and as distinct as their manifest says.

What a set is worth rests on nobody having changed it after seeing a figure. So each check is a
function that names the faults it finds, and each is shown a broken set that it must find.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import tomllib
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from workbench.evaluation import read_frozen

FROZEN = Path(__file__).with_name("frozen")
MADE_BY = "a helper who had not read the code"
PAIR = {"id": str, "kind": str, "a": str, "b": str}
FIELDS: dict[str, dict[str, type]] = {
    "cache_adversarial.jsonl": PAIR,
    "cache_paraphrases.jsonl": PAIR,
    "routing_tasks.jsonl": {"id": str, "prompt": str, "task": str},
    "general_questions.jsonl": {"id": str, "question": str, "accepted": list},
}
# What each set has to hold of each kind, written here a second time: a set that was cut and whose
# manifest was made again would still be found.
KINDS: dict[str, dict[str, int]] = {
    "cache_adversarial.jsonl": {
        "negation": 85, "number": 85, "name": 85, "order": 75, "polarity": 30,
        "language_or_format": 26, "quantifier": 20, "comparative": 20, "tense": 20, "unit": 18,
        "modality": 18, "scope": 18,
    },
    "cache_paraphrases.jsonl": {
        "reorder": 55, "synonym": 60, "politeness": 55, "question_form": 55, "typo_or_case": 60,
        "contraction": 50, "filler": 55, "number_form": 55, "voice": 55,
    },
    "routing_tasks.jsonl": dict.fromkeys(
        ("code", "chat", "summarise", "extract", "translate", "maths", "rewrite", "classify"), 40
    ),
    "general_questions.jsonl": {
        "geography": 20, "science": 25, "arithmetic": 15, "language": 15, "history": 20,
        "everyday": 25,
    },
}  # fmt: skip
TEXTS = ("a", "b", "prompt", "question")


def read_rows(path: Path) -> list[dict[str, Any]]:
    """The items of a set, an object a line; a byte that is not UTF-8 is an error."""
    return [json.loads(line) for line in path.read_bytes().decode("utf-8").split("\n")[:-1]]


def kind_of(row: dict[str, Any]) -> str:
    """What an item is one of: its kind or task, or, of a question, the topic its id begins with."""
    return str(row.get("kind") or row.get("task") or row["id"].rpartition("-")[0])


def texts_of(row: dict[str, Any]) -> list[str]:
    return [" ".join(row[name].split()) for name in TEXTS if name in row]


def faults_of_manifest(folder: Path) -> list[str]:
    """Where the manifest and the files beside it disagree."""
    listed = tomllib.loads((folder / "MANIFEST.toml").read_text("utf-8"))["set"]
    faults = []
    if sorted(each["file"] for each in listed) != sorted(p.name for p in folder.glob("*.jsonl")):
        faults.append("the manifest lists other files than there are")
    for each in listed:
        content = (folder / each["file"]).read_bytes()
        if hashlib.sha256(content).hexdigest() != each["sha256"]:
            faults.append(f"{each['file']} was changed after it was frozen")
        if content.count(b"\n") != each["count"] or not content.endswith(b"\n"):
            faults.append(f"{each['file']} has another count")
        if (each["made_by"], each["licence"]) != (MADE_BY, "Apache-2.0") or not each["purpose"]:
            faults.append(f"{each['file']} lacks who made it, what for, or its licence")
    return faults


def faults_of_form(name: str, folder: Path) -> list[str]:
    """Lines that are not an object with sorted keys, the set's fields, and text in each."""
    faults = []
    for line in (folder / name).read_bytes().decode("utf-8").split("\n")[:-1]:
        row = json.loads(line)
        if line != json.dumps(row, ensure_ascii=False, sort_keys=True):
            faults.append(f"not written with sorted keys: {line[:60]}")
        if {key: type(value) for key, value in row.items()} != FIELDS[name]:
            faults.append(f"other fields: {line[:60]}")
        elif any(text != row[key].strip() or not text for key, text in row.items() if key in TEXTS):
            faults.append(f"empty, or with space around it: {line[:60]}")
    return faults


def faults_of_variety(name: str, rows: list[dict[str, Any]]) -> list[str]:
    """Ids used twice, kinds that are not as many as they have to be, and pairs of one text."""
    faults = [] if len({row["id"] for row in rows}) == len(rows) else ["an id is used twice"]
    counts = Counter(kind_of(row) for row in rows)
    if counts != Counter(KINDS[name]):
        faults.append(f"kinds: {dict(counts)}")
    faults += [f"a is b: {row['id']}" for row in rows if "a" in row and row["a"] == row["b"]]
    return faults


def faults_of_answers(rows: list[dict[str, Any]], known: set[str]) -> list[str]:
    """Questions without an answer, that hold their answer, or that are asked elsewhere."""
    faults = []
    for row in rows:
        accepted = row["accepted"]
        asked = set(words_of(row["question"]))
        if not accepted or len(set(accepted)) < len(accepted) or not all(map(words_of, accepted)):
            faults.append(f"{row['id']} has no answer, an empty one or one twice")
        if any(words_of(answer) and set(words_of(answer)) <= asked for answer in accepted):
            faults.append(f"{row['id']} holds its answer")
        if " ".join(words_of(row["question"])) in known:
            faults.append(f"{row['id']} is asked in another set too")
    return faults


def words_of(text: str) -> list[str]:
    return re.findall(r"\w+", text.casefold())


def find_duplicates(sets: dict[str, list[dict[str, Any]]]) -> list[str]:
    """Items of any set that share a text, but for case and spaces, with another item."""
    seen: dict[str, str] = {}
    faults = []
    for rows in sets.values():
        for row in rows:
            # A pair may differ in case alone; two items may not.
            for text in {text.casefold() for text in texts_of(row)}:
                if text in seen:
                    faults.append(f"{row['id']} repeats {seen[text]}")
                seen[text] = row["id"]
    return faults


@pytest.fixture(scope="module")
def sets() -> dict[str, list[dict[str, Any]]]:
    return {name: read_rows(FROZEN / name) for name in FIELDS}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the sets, for breaking."""
    return Path(shutil.copytree(FROZEN, tmp_path / "frozen"))


def test_files_are_as_they_were_frozen() -> None:
    assert faults_of_manifest(FROZEN) == []
    assert sorted(FIELDS) == sorted(path.name for path in FROZEN.glob("*.jsonl"))


@pytest.mark.parametrize("name", FIELDS)
def test_a_changed_byte_is_caught(name: str, copy: Path) -> None:
    content = bytearray((copy / name).read_bytes())
    content[len(content) // 2] ^= 1
    (copy / name).write_bytes(content)
    assert any("was changed" in fault for fault in faults_of_manifest(copy))


def test_a_file_more_or_a_line_less_is_caught(copy: Path) -> None:
    path = copy / "cache_paraphrases.jsonl"
    shutil.copy(path, copy / "more.jsonl")
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))
    faults = faults_of_manifest(copy)
    assert any("other files" in fault for fault in faults)
    assert any("another count" in fault for fault in faults)


@pytest.mark.parametrize("name", FIELDS)
def test_items_have_their_form(name: str) -> None:
    assert faults_of_form(name, FROZEN) == []


@pytest.mark.parametrize(
    "line",
    [
        '{"kind": "negation", "id": "x", "b": "No?", "a": "Yes?"}',
        '{"a": "Yes?", "b": "No?", "id": "x"}',
        '{"a": "Yes? ", "b": "No?", "id": "x", "kind": "negation"}',
        '{"a": "", "b": "No?", "id": "x", "kind": "negation"}',
    ],
    ids=["unsorted", "field missing", "space", "empty"],
)
def test_an_item_of_another_form_is_caught(line: str, tmp_path: Path) -> None:
    (tmp_path / "cache_adversarial.jsonl").write_text(line + "\n", "utf-8")
    assert len(faults_of_form("cache_adversarial.jsonl", tmp_path)) == 1


def test_a_byte_that_is_not_utf_8_is_caught(copy: Path) -> None:
    path = copy / "cache_adversarial.jsonl"
    path.write_bytes(path.read_bytes().replace("¿".encode(), b"\xbf", 1))
    with pytest.raises(UnicodeDecodeError):
        read_rows(path)


@pytest.mark.parametrize("name", FIELDS)
def test_sets_hold_their_kinds(name: str, sets: dict[str, list[dict[str, Any]]]) -> None:
    assert faults_of_variety(name, sets[name]) == []


@pytest.mark.parametrize(
    ("fault", "damage"),
    [
        ("used twice", lambda row: row | {"id": "adv-002"}),
        ("kinds:", lambda row: row | {"kind": "order"}),
        ("a is b", lambda row: row | {"b": row["a"]}),
    ],
)
def test_a_damaged_item_is_caught(
    fault: str,
    damage: Callable[[dict[str, Any]], dict[str, Any]],
    sets: dict[str, list[dict[str, Any]]],
) -> None:
    name = "cache_adversarial.jsonl"
    first, *others = sets[name]
    faults = faults_of_variety(name, [damage(first), *others])
    assert len(faults) == 1
    assert fault in faults[0]


def test_no_text_stands_twice_in_or_between_sets(sets: dict[str, list[dict[str, Any]]]) -> None:
    assert find_duplicates(sets) == []


def test_a_text_that_stands_twice_is_caught(sets: dict[str, list[dict[str, Any]]]) -> None:
    again = sets["cache_adversarial.jsonl"][7]["b"].upper().replace(" ", "  ")
    assert find_duplicates({**sets, "more": [{"id": "new", "a": again}]}) == ["new repeats adv-008"]


@pytest.fixture(scope="module")
def known() -> set[str]:
    """The questions of the set that the engines are measured on, as words."""
    return {" ".join(words_of(row["question"])) for row in read_frozen("questions").rows}


def test_questions_have_answers_and_are_asked_nowhere_else(
    sets: dict[str, list[dict[str, Any]]], known: set[str]
) -> None:
    assert len(known) == 60
    assert faults_of_answers(sets["general_questions.jsonl"], known) == []


@pytest.mark.parametrize(
    ("fault", "change"),
    [
        ("no answer", {"accepted": []}),
        ("one twice", {"accepted": ["Bavaria", "Bavaria"]}),
        ("an empty one", {"accepted": ["Bavaria", "?"]}),
        ("holds its answer", {"accepted": ["the city"]}),
        ("another set", {"question": "WHAT is the capital of Norway"}),
    ],
)
def test_a_faulty_question_is_caught(
    fault: str,
    change: dict[str, Any],
    sets: dict[str, list[dict[str, Any]]],
) -> None:
    row = {**sets["general_questions.jsonl"][0], **change}
    faults = faults_of_answers([row], {"what is the capital of norway"})
    assert len(faults) == 1
    assert fault in faults[0]


@pytest.mark.parametrize("task", ["summarise", "extract"])
def test_some_passages_are_long(task: str, sets: dict[str, list[dict[str, Any]]]) -> None:
    rows = [row for row in sets["routing_tasks.jsonl"] if row["task"] == task]
    assert sum(len(row["prompt"].split()) >= 110 for row in rows) >= 6


def test_length_does_not_tell_the_task(sets: dict[str, list[dict[str, Any]]]) -> None:
    longest: dict[str, int] = {}
    for row in sets["routing_tasks.jsonl"]:
        longest[row["task"]] = max(longest.get(row["task"], 0), len(row["prompt"].split()))
    assert min(longest.values()) >= 110, longest
