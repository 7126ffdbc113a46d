"""The language of a prompt, on a list that was frozen before the detector was written."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.data import languages
from workbench.data.languages import UNSURE, detect_language

LIST = Path(__file__).with_name("data") / "languages.jsonl"
SHA256 = "5d555a53b90c9bf99337083166725be8756ef6a9b278463d409c3b0dd3111db3"
ROWS = [json.loads(line) for line in LIST.read_text("utf-8").splitlines()]


def outcomes() -> Counter[str]:
    """How many are right, unsure where there is a language, or told as another language."""
    found: Counter[str] = Counter()
    for row in ROWS:
        said = detect_language(row["text"])
        right = said == row["language"]
        found["right" if right else "unsure" if said == UNSURE else "wrong"] += 1
    return found


def test_the_list_is_as_it_was_frozen() -> None:
    assert hashlib.sha256(LIST.read_bytes()).hexdigest() == SHA256
    counts = Counter(row["language"] for row in ROWS)
    assert (len(counts), counts.pop(UNSURE), set(counts.values())) == (14, 30, {10})


def test_most_are_right_and_few_are_wrong() -> None:
    """153 of 160 when it was written: six unsure, one SQL query taken for English."""
    found = outcomes()
    assert found["right"] >= 150
    assert found["wrong"] <= 2


@pytest.mark.parametrize("fault", ["no small words", "never unsure", "no letters"])
def test_the_list_finds_a_detector_that_is_worse(
    monkeypatch: pytest.MonkeyPatch, fault: str
) -> None:
    if fault == "no small words":
        monkeypatch.setattr(languages, "_table", dict)
    elif fault == "no letters":
        monkeypatch.setattr(languages, "_script", lambda _: "")
        monkeypatch.setattr(languages, "_letters", dict)
    else:
        for name in ("_LEAST", "_LEAST_LEAD", "_LEAST_SHARE"):
            monkeypatch.setattr(languages, name, 0.0)
    found = outcomes()
    assert found["right"] < 150 or found["wrong"] > 2


@given(st.text(max_size=300))
def test_any_text_has_an_answer(text: str) -> None:
    assert detect_language(text) in {*(row["language"] for row in ROWS)}


@pytest.mark.parametrize("text", ["\ud800", "a" * 1_000_000, "の" * 1_000_000, "= " * 100_000])
def test_hard_text_is_no_trouble(text: str) -> None:
    assert detect_language(text) in (UNSURE, "ja")
