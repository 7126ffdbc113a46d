"""Two sentences that follow one another answer together."""

from __future__ import annotations

import pytest

from workbench.knowledge.retrieval import followed
from workbench.knowledge.retrieval.lines import lines_of
from workbench.knowledge.retrieval.said import Said
from workbench.knowledge.retrieval.told_outright import told_outright

TEXT = (
    "Ida Roe reports to Per Holt. The winch was brought by Brask Lifting on 3 May 2025. It can "
    "haul 7 tonnes. The rudder was mended by Ole Fisk in 2024. It is not painted. "
    "This note trims a Tern sail for gusts. The trim was worked out by Ana Lund."
)
LINES = [Said(each) for each in lines_of(TEXT, "note")]


@pytest.mark.parametrize(
    ("question", "words"),
    [
        ("How much can the winch haul?", "It can haul 7 tonnes."),
        ("How many tonnes can the winch haul?", "It can haul 7 tonnes."),
        ("Who worked out the trim of a Tern sail for gusts?", "worked out by Ana Lund."),
    ],
)
def test_the_sentence_after_the_one_that_names_it_answers(question: str, words: str) -> None:
    told = told_outright(question, LINES)
    assert told.whole and told.lines[-1].line.text.endswith(words)


NOT_SAID = (
    "How much can the rudder haul?",
    "How much can Ole Fisk haul?",
    "How much can the winch weigh?",
    "Who mended the trim of a Tern sail for gusts?",
)


@pytest.mark.parametrize("question", NOT_SAID)
def test_what_is_said_of_another_does_not(question: str) -> None:
    assert not told_outright(question, LINES).whole


def test_sentences_that_do_not_follow_one_another_do_not() -> None:
    assert not told_outright("How much can the winch haul?", [LINES[1], LINES[0], LINES[2]]).whole
    assert not told_outright("How much can the winch haul?", [LINES[1], LINES[4]]).whole


def test_a_variant_for_which_all_go_on_answers_of_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(followed, "_goes_on", lambda *_: True)
    assert told_outright("How much can Ida Roe haul?", LINES).whole
