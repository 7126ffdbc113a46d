from __future__ import annotations

import math
import sqlite3
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from workbench.core.errors import InputError, NotFoundError
from workbench.store.text_index import Passage, TextIndex, to_expression

TEXTS = {
    "seal": "The seal swims in the cold sea and eats fish",
    "fish": "Fish swim; a fish eats smaller fish",
    "train": "Der Zug fährt über die Brücke",
    "code": 'print("hello") AND exit(0) OR die',
    "empty": "",
}


@pytest.fixture
def index(tmp_path: Path) -> TextIndex:
    passages = [Passage(name, text, metadata={"n": name}) for name, text in TEXTS.items()]
    return TextIndex.build(tmp_path / "words.fts", passages=passages, stamp="v1")


def ids(index: TextIndex, query: str, **kwargs: object) -> list[str]:
    return [hit.id for hit in index.search(query, **kwargs)]  # type: ignore[arg-type]


def test_passages_are_found_ranked_and_marked(index: TextIndex) -> None:
    first, second = index.search("fish")
    assert (first.id, second.id) == ("fish", "seal")
    assert first.score > second.score > 0
    assert "[Fish]" in first.snippet
    assert first.metadata == {"n": "fish"}
    assert len(index) == len(TEXTS)
    assert ids(index, "fish", limit=1) == ["fish"]


def test_accents_phrases_and_ways_to_match(index: TextIndex) -> None:
    assert ids(index, "BRUCKE") == ["train"]
    assert ids(index, '"cold sea"') == ["seal"]
    assert ids(index, '"sea cold"') == []
    assert set(ids(index, "cold bridge fish")) == {"seal", "fish"}
    assert ids(index, "cold fish", match="all") == ["seal"]
    assert ids(index, "swi") == []
    assert set(ids(index, "swi", prefix=True)) == {"seal", "fish"}


def test_bm25_is_the_published_formula(index: TextIndex) -> None:
    documents = {name: text.lower().replace(";", "").split() for name, text in TEXTS.items()}
    documents["code"] = ["print", "hello", "and", "exit", "0", "or", "die"]
    average = sum(map(len, documents.values())) / len(documents)
    holding = sum("fish" in words for words in documents.values())
    weight = math.log((len(documents) - holding + 0.5) / (holding + 0.5))
    for hit in index.search("fish"):
        words = documents[hit.id]
        times = Counter(words)["fish"]
        expected = weight * times * 2.2 / (times + 1.2 * (0.25 + 0.75 * len(words) / average))
        assert hit.score == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    "query",
    ['"', '""', '"fish', "fish AND", "NEAR(a b)", "title:fish", "a*", "^fish", "- + { } ( )",
     "fish OR OR", "_", "__ fish", "\0", "\0fish", "'; DROP TABLE passages; --", "\ud800 fish",
     "a " * 5000, '" " "', "fish\n\tNOT", "\uffff\u200b", "ß ﬁ １２"],
)  # fmt: skip
def test_no_query_is_a_syntax_error(index: TextIndex, query: str) -> None:
    for match in ("any", "all"):
        for prefix in (False, True):
            index.search(query, match=match, prefix=prefix)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.text() | st.text("\"*^:(){}+-' ANDORTNEAR_\0a"), st.booleans())
def test_no_text_at_all_is_a_syntax_error(index: TextIndex, query: str, prefix: bool) -> None:
    index.search(query, prefix=prefix)
    index.search(query, match="all", prefix=prefix)


def test_the_raw_text_would_be_a_syntax_error(index: TextIndex) -> None:
    with sqlite3.connect(index.path) as raw, pytest.raises(sqlite3.OperationalError):
        raw.execute("SELECT * FROM passages WHERE passages MATCH ?", ('fish AND "',)).fetchall()
    raw.close()
    assert to_expression('fish AND "', match="any") == '"fish" OR "AND"'


def test_operators_are_words(index: TextIndex) -> None:
    assert ids(index, "AND exit", match="all") == ["code"]


def test_stems_and_trigrams(tmp_path: Path) -> None:
    passages = [Passage("run", "She was running along"), Passage("東", "東京都に住んでいます")]
    stems = TextIndex.build(tmp_path / "a", passages=passages, stamp="v", words="stems")
    assert ids(stems, "runs") == ["run"]
    trigrams = TextIndex.build(tmp_path / "b", passages=passages, stamp="v", words="trigrams")
    assert ids(trigrams, "住んで") == ["東"]
    assert ids(trigrams, "unnin") == ["run"]
    with pytest.raises(InputError, match="words, stems, trigrams"):
        TextIndex.build(tmp_path / "c", passages=[], stamp="v", words="x")  # type: ignore[arg-type]
    assert not (tmp_path / "c").exists()


def test_an_update_adds_replaces_and_removes(index: TextIndex) -> None:
    index.update(
        [Passage("seal", "A seal of wax"), Passage("new", "fresh", title="Fish")],
        remove=["train", "unknown"],
        stamp="v2",
    )
    assert ids(index, "cold") == []
    assert ids(index, "wax") == ["seal"]
    assert ids(index, "Brücke") == []
    assert ids(index, "fish")[0] == "new"  # a title counts for more
    assert len(index) == len(TEXTS)
    assert (index.is_current("v1"), index.is_current("v2")) == (False, True)


def test_the_stamp_says_whether_to_build_again(index: TextIndex) -> None:
    assert index.is_current("v1")
    index.path.write_bytes(b"damaged")
    assert not index.is_current("v1")
    index.path.unlink()
    assert index.stamp() is None
    for call in (
        lambda: index.search("x"),
        lambda: len(index),
        lambda: index.update([], stamp="v"),
    ):
        with pytest.raises(NotFoundError, match="no text index"):
            call()
    index.build(index.path, passages=[Passage("a", "fish")], stamp="v2")
    assert ids(index, "fish") == ["a"]


def test_a_build_that_fails_leaves_the_old_index(index: TextIndex) -> None:
    def passages():  # type: ignore[no-untyped-def]
        yield Passage("a", "fish")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        TextIndex.build(index.path, passages=passages(), stamp="v2")
    with pytest.raises(InputError):
        index.update([Passage("", "fish")], stamp="v2")
    assert index.is_current("v1")
    assert ids(index, "fish") == ["fish", "seal"]
    assert [path.name for path in index.path.parent.iterdir() if "part" in path.name] == []


def test_text_with_broken_characters_is_indexed(tmp_path: Path) -> None:
    passages = [Passage("a", "fish \ud800 \0 sea")]
    index = TextIndex.build(tmp_path / "a", passages=passages, stamp="v")
    assert ids(index, "sea") == ["a"]


def test_a_search_without_snippets_finds_the_same(index: TextIndex) -> None:
    whole = index.search("fish train")
    bare = index.search("fish train", snippets=False)
    assert whole
    assert [(hit.id, hit.score) for hit in bare] == [(hit.id, hit.score) for hit in whole]
    assert {hit.snippet for hit in bare} == {""}


def test_passages_come_back_as_they_went_in(tmp_path: Path) -> None:
    made = [Passage("b", "one", title="B", metadata={"page": 3}), Passage("a", "two")]
    index = TextIndex.build(tmp_path / "whole.sqlite", passages=made, stamp="1")
    assert index.passages() == made
    assert index.passages(limit=1) == made[:1]
    with pytest.raises(NotFoundError):
        TextIndex(tmp_path / "none.sqlite").passages()
