"""Names are found in running text, the longest first; words have one form; sentences have ends."""

from __future__ import annotations

import pytest

from workbench.knowledge.retrieval.names import NamedSpan, NameTable, without_qualifier, words_of
from workbench.knowledge.retrieval.passage_words import PassageWords
from workbench.knowledge.retrieval.words import content_stems, sentences_of, stem


def test_the_longest_name_is_found_and_none_within_it() -> None:
    names = {"new york": 0, "york": 1, "new york times": 2, "times": 3}
    table = NameTable((words_of(name), entity) for name, entity in names.items())
    found = list(table.find(words_of("The New York Times of York, new york")))
    assert found == [NamedSpan(1, 4, (2,)), NamedSpan(5, 6, (1,)), NamedSpan(6, 8, (0,))]
    assert list(table.find(())) == []
    assert list(NameTable([]).find(words_of("York"))) == []


def test_a_name_may_stand_for_several() -> None:
    table = NameTable([(("thriller",), 1), (("thriller",), 0)])
    assert list(table.find(("thriller",))) == [NamedSpan(0, 1, (0, 1))]


@pytest.mark.parametrize(
    ("title", "short"), [("Thriller (album)", "Thriller"), ("(x)", "(x)"), ("M (a) b", "M (a) b")]
)
def test_what_tells_a_title_from_its_homonyms_is_set_aside(title: str, short: str) -> None:
    assert without_qualifier(title) == short


def test_words_that_only_ask_or_join_are_left_out() -> None:
    assert content_stems("Which of the Rivers rises in the hills, and where?") == [
        "river",
        "ris",
        "hill",
    ]
    assert stem("cities") == stem("city")


def test_sentences_are_the_text_between_their_ends() -> None:
    text = 'Title\n\nOne is here. "Two?" he said! Three'
    assert [text[start:end] for start, end in sentences_of(text)] == [
        "Title", "One is here.", '"Two?"', "he said!", "Three",
    ]  # fmt: skip
    assert sentences_of("  \n ") == []


def test_rarity_counts_passages_and_not_words() -> None:
    words = PassageWords.of(["River river.\nA river.", "Hill in 1871.", ""])
    river, hill, year, none = words.numbers_of(["river", "hill", "1871", "sea"])
    assert words.sentences(0)[1] == frozenset(words.numbers_of(["a", "river"]))
    assert words.rarity_of(river) == words.rarity_of(hill) == pytest.approx(0.98, abs=0.01)
    assert words.rarity_of(none) > words.rarity_of(river)
    assert none < 0
    assert words.sentences(2) == ()
    assert bool(words.is_year[year]) and not words.is_year[hill]
