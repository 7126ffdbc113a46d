"""A sentence says what is asked, or only what stands beside it."""

from __future__ import annotations

import pytest

from workbench.knowledge.retrieval.asked_features import ASKED_FEATURES, asked_features
from workbench.knowledge.retrieval.asked_sentences import AskedSentences
from workbench.knowledge.retrieval.pairs import NO_BRIDGE, Pair
from workbench.knowledge.retrieval.plans import Plan

# Of each pair the first sentence answers; the second has the words, the name, or the form alone.
TOLD = [
    ("In what year was Ostra founded?", "Ostra was founded in 1271.", "Ostra fell in 1271."),
    ("Who founded Ostra?", "It was founded by Ada Brandt.", "Its founding was long ago."),
    ("How deep is Lake Harn?", "It is 40 metres deep.", "Its deep water is cold."),
    ("How many people live in Velm?", "Its population is 4,100.", "Its population is poor."),
    ("On what day was it signed?", "It was signed on 4 May 1900.", "It was signed in 1900."),
    ("Which river flows through Velm?", "The river Tamber runs through it.", "It lies in Ostra."),
    ("In what year did the Wars of Harn end?", "They lasted from 1494 to 1559.", "Ruins of 1559."),
]  # fmt: skip


@pytest.mark.parametrize(("question", "told", "beside"), TOLD)
def test_what_is_asked_is_told_apart_from_what_stands_beside_it(
    question: str, told: str, beside: str
) -> None:
    reader = AskedSentences(question)
    answer, rival = (reader.sentence(each, "Somewhere") for each in (told, beside))
    assert answer.best * answer.kind > 2 * rival.best * rival.kind
    assert answer.best > 0.4


def test_what_the_question_or_the_title_brings_is_no_answer() -> None:
    reader = AskedSentences("Where was Ada Brandt born?")
    assert reader.sentence("Ada Brandt was born there.", "Ada Brandt").best == 0
    assert reader.sentence("Ada Brandt was born in Velm.", "Ada Brandt").best > 0.8
    assert (
        AskedSentences("How many mills had Velm in 1900?").sentence("Mills of 1900", "").best == 0
    )


def test_another_year_than_the_asked_one_is_seen() -> None:
    reader = AskedSentences("How many inhabitants had Velm in 1900?")
    assert reader.sentence("In 2010 it had 4,000 inhabitants.", "Velm").years == 0
    assert reader.sentence("In 1900 it had 3,000 inhabitants.", "Velm").years == 1


def features(question: str, texts: dict[int, str], *titles: str) -> dict[str, float]:
    pairs = tuple(Pair(0, each, NO_BRIDGE) for each in texts if each)
    plan = Plan(pairs, (1 / max(1, len(pairs)),) * len(pairs))
    found = asked_features(
        question, [0], plan, hops=0.5, texts=texts, titles=dict(enumerate(titles))
    )
    return dict(zip(ASKED_FEATURES, found, strict=True))


def test_a_second_passage_that_is_silent_is_told_from_one_that_answers() -> None:
    question = "In what year was the town founded in which Ada Brandt lives?"
    first = "Ada Brandt lives in Velm, where she moved in 1990."
    told = features(
        question, {0: first, 1: "Velm is a town founded in 1271."}, "Ada Brandt", "Velm"
    )
    silent = features(
        question, {0: first, 1: "Velm is a town burnt in 1271."}, "Ada Brandt", "Velm"
    )
    assert told["told_at_best_link"] > 0.5
    assert (silent["told_at_best_link"], silent["bridge_told"]) == (0.0, 0.0)
    assert silent["best_link"] == told["best_link"] > 0.5  # both are there, one is silent
    assert told["asked_best"] == silent["asked_best"] == 0.0


def test_a_second_passage_that_nothing_leads_to_does_not_count() -> None:
    """The broken variant is to take the best sentence of any passage."""
    question = "Who is the mayor of the town in which Ada Brandt lives?"
    first = "Ada Brandt lives in Velm, where she moved in 1990."
    astray = features(question, {0: first, 1: "The mayor is Otto Lund."}, "Ada Brandt", "Ostra")
    assert astray["bridge_told"] == 0.0
    assert AskedSentences(question).sentence("The mayor is Otto Lund.", "Ostra").best > 0.8


def test_a_title_within_a_longer_name_leads_less_than_a_name_of_its_own() -> None:
    question = "How many people live in the country that the founder of Harn comes from?"
    second = "Chad has 4,000 inhabitants."
    own = features(question, {0: "Harn's founder comes from Chad.", 1: second}, "Harn", "Chad")
    longer = features(question, {0: "Harn's founder is Chad Hurl.", 1: second}, "Harn", "Chad")
    assert own["bridge_link"] > longer["bridge_link"]


def test_a_comparison_without_one_side_is_seen() -> None:
    question = "Which mountain is higher, Mount Harn or Mount Velm?"
    both = {0: "Mount Harn is 900 metres high.", 1: "Mount Velm is 800 metres high."}
    titles = ("Mount Harn", "Mount Velm")
    assert features(question, both, *titles)["side_missing"] == 0
    alone = {0: both[0], 1: "Mount Velm is far away."}
    assert features(question, alone, *titles)["side_missing"] == 1
