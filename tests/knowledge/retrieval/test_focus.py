"""What is asked of the last thing of a question, whatever describes that thing."""

from __future__ import annotations

import pytest

from workbench.knowledge.retrieval.focus import read_focus

ASKED = [
    ("In what year was Ostra founded?", "found", "time"),
    ("In what year was the town founded whose mayor is Ada Brandt?", "found", "time"),
    ("In what year was the town in which Ada Brandt lives founded?", "found", "time"),
    ("In what year did the painter of the Grey Ferry die?", "die", "time"),
    ("In what year did the poet who wrote about the Tamber win a prize?", "win", "time"),
    ("In what year was Ada Brandt's steam-driven mill opened?", "open", "time"),
    ("On what day was the Treaty of Velm signed?", "sign", "day"),
    ("When did Ada Brandt become mayor of Velm?", "mayor", "time"),
    ("Who is the mayor of the town where Ada Brandt was born?", "mayor", "name"),
    ("What is the highest mountain of the country that Otto Lund ruled?", "mountain", "name"),
    ("How deep is the lake on whose shore Merrow lies?", "deep", "number"),
    ("How many people live in the town where the Tamber ends?", "inhabitant", "number"),
    ("How many bridges has Ostra?", "bridg", "number"),
    ("Which architect designed the old mill of Merrow?", "design", "name"),
    ("To which party did the mayor of Velm belong?", "belong", "thing"),
    ("Who founded Velm?", "found", "name"),
    ("Where was Ada Brandt born?", "born", "place"),
    ("In which hills does the river at whose mouth Velm lies have its source?", "sourc", "thing"),
]  # fmt: skip


@pytest.mark.parametrize(("question", "word", "wanted"), ASKED)
def test_the_asked_word_is_that_of_the_main_clause(question: str, word: str, wanted: str) -> None:
    focus = read_focus(question)
    assert (focus.word, focus.wanted) == (word, wanted)


def test_the_noun_for_the_answer_and_the_rest_are_kept_apart() -> None:
    focus = read_focus("Which river flows through the town where Ada Brandt was born in 1871?")
    assert (focus.word, focus.kind, focus.beside) == ("flow", "river", ("town",))
    assert read_focus("How many inhabitants had Velm in 1900?").years == ("1900",)


@pytest.mark.parametrize("question", ["?", "Ostra", "How", "In what", "Who who who?", "of , ; :"])
def test_what_is_hardly_a_question_has_a_focus_or_none(question: str) -> None:
    assert isinstance(read_focus(question).word, str)
