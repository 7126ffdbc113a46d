"""A phrase that is true and leaves out the answer gives way to the quotation."""

from __future__ import annotations

import pytest

from tests.knowledge.answering.made_retrievals import ANNE, HELEN, by_words, passage, retrieval
from workbench.knowledge.answering import answers
from workbench.knowledge.answering.answers import Answer, compose
from workbench.knowledge.answering.choosing import choose_notes
from workbench.knowledge.retrieval.telling import PathStep

PUMP = "Pump\n\nThe impeller of the KP-9 is of bronze and is cast by Oresund Metall."
SUPPLIERS = "Suppliers\n\nOresund Metall is a foundry in Sweden."
BOAT = "Boats\n\nThe Mercury is the sailing boat of Lars Berg, a Folkboat, which lies in Ystad."
DEATH = "Ada Sommer\n\nAda Sommer died on 22 November 2021 in Linz."
STAFF = "Staff\n\nToday 212 people work at Kestrel, 61 of them in Malmo."
TRADE = "Otto Brandt\n\nOtto Brandt learned a trade and a language in Linz."


def made(question: str, reply: str, *texts: str, path: bool = False) -> Answer:
    passages = [passage(text, f"{number}.md") for number, text in enumerate(texts)]
    steps = tuple(PathStep(each.title, each.places[0], "first") for each in passages)
    found = retrieval(*passages, question=question, path=steps if path else ())
    return compose(found, choose_notes(found, by_words), reply, model="m")


CASES = [
    (
        "Which country is the supplier of the impeller of the KP-9 in?",
        "The impeller of the KP-9 is of bronze and is cast by Oresund Metall.",
        (PUMP, SUPPLIERS),
        "Sweden",
    ),
    (
        "What is the name of Lars Berg's boat?",
        "Lars Berg's boat is the sailing boat of Lars Berg, a Folkboat.",
        (BOAT,),
        "Mercury",
    ),
    ("When did Ada Sommer die?", "Ada Sommer died in November.", (DEATH,), "2021"),
    (  # true, of the other document of a path, and of another year
        "When did Anne Sullivan die?",
        "Helen Keller met her first teacher Anne Sullivan in 1887.",
        (HELEN, ANNE),
        "1936",
    ),
    ("How many people work in Malmo?", "212 people work at Kestrel today.", (STAFF,), "61"),
]


@pytest.mark.parametrize(("question", "reply", "texts", "lost"), CASES)
def test_the_quotation_stands_where_the_phrase_loses_the_answer(
    question: str,
    reply: str,
    texts: tuple[str, ...],
    lost: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    found = made(question, reply, *texts, path=len(texts) > 1)
    assert lost in found.answer
    assert {each.way for each in found.sentences} == {"quoted"}
    monkeypatch.setattr(answers, "lost_in", lambda *_: ())
    variant = made(question, reply, *texts, path=len(texts) > 1)
    assert lost not in variant.answer or found.removed != variant.removed


@pytest.mark.parametrize(
    ("question", "reply", "text"),
    [
        ("When did Ada Sommer die?", "Ada Sommer died on 22 November 2021.", DEATH),
        ("Where did Ada Sommer die?", "Ada Sommer died in Linz in November 2021.", DEATH),
    ],
)
def test_a_phrase_that_keeps_it_stands(question: str, reply: str, text: str) -> None:
    assert [each.way for each in made(question, reply, text).sentences] == ["phrased"]


def test_a_phrase_that_says_only_the_question_is_no_answer() -> None:
    found = made("What did Otto Brandt learn in Linz?", "Otto Brandt learned in Linz.", TRADE)
    assert "a trade and a language" in found.answer
