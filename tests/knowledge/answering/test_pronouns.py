"""A pronoun that stands for nothing in its question is not guessed."""

from __future__ import annotations

import pytest

from tests.knowledge.answering.made_retrievals import ANNE, by_words, passage, retrieval
from tests.knowledge.places import MakePlace
from workbench.knowledge.answering import asking
from workbench.knowledge.answering.asking import answer
from workbench.knowledge.answering.asking import find as find_for
from workbench.knowledge.answering.pronouns import lone_pronoun
from workbench.knowledge.states import State


@pytest.mark.parametrize(
    ("question", "lone"),
    [
        ("Where was he born?", "he"),
        ("Did she marry?", "she"),
        ("Did she marry Esteban?", "she"),
        ("What's her name?", "her"),
        ("Tell me when she died.", "she"),
        ("How old is it?", "it"),
        ("Where are they?", "they"),
        ("And him?", "him"),
        ("In what year was he born?", "he"),
        ("What prize did she win?", "she"),
        ("What colour is it?", "it"),
        ("On what day did they meet?", "they"),
        ("In what year was Ada married, and in what year did she die?", None),
        ("who founded kestrel pumps and in what year did he die", None),
        ("Which poet drowned while she swam?", None),
        ("Which composer was his own librettist?", None),
        ("In which opera by Verdi does he die?", None),
        ("What is it like in the lighthouse?", None),
        ("What time is it in Oslo?", None),
        ("Where was Franz Sailer born, and when did he die?", None),
        ("who founded kestrel pumps and when did he die", None),
        ("When he died, how old was Franz Sailer?", None),
        ("Who founded the firm that bears his name?", None),
        ("Is it true that Ada drank?", None),
        ("How long does it take to bake the cake?", None),
        ("How do they make a Linzer Torte?", None),
        ("Who led the strike and what relation is she to the conductor?", None),
        ("Who wrote Hamlet?", None),
        ("", None),
    ],
)
def test_it_stands_for_nothing(question: str, lone: str | None) -> None:
    assert lone_pronoun(question) == lone


class Finds:
    """Stands for a retriever that is sure of a passage, whatever is asked."""

    embed_many = staticmethod(by_words)

    def __init__(self, state: State) -> None:
        self.state = state

    def retrieve(self, question: str, **_: object) -> object:
        return retrieval(passage(ANNE, "sullivan.md"), question=question)


def test_it_abstains_and_says_why(monkeypatch: pytest.MonkeyPatch, make_place: MakePlace) -> None:
    state = make_place({"a.md": "Nothing of it."}).state()
    made = answer(find_for(Finds(state), "Where was she born?"), None)  # type: ignore[arg-type]
    assert made.abstained and not made.sentences
    assert made.answer.startswith("It is not said who or what 'she' is")
    assert "Nearest" not in made.answer
    assert made.chance is None  # it was high, and did not decide
    named = answer(find_for(Finds(state), "Where was Anne Sullivan born?"), None)  # type: ignore[arg-type]
    assert "Feeding Hills" in named.answer and named.chance == 0.9
    monkeypatch.setattr(asking, "lone_pronoun", lambda _: None)
    guessed = answer(find_for(Finds(state), "Where was she born?"), None)  # type: ignore[arg-type]
    assert not guessed.abstained  # the variant that tells of anybody
