"""A question's strategy is told from its words."""

from __future__ import annotations

import pytest

from workbench.knowledge.retrieval import strategies
from workbench.knowledge.retrieval.strategies import (
    FEATURES,
    STRATEGIES,
    asks_of_all,
    choose_strategy,
    strategy_features,
)

PLAIN = {
    "Who painted the Mona Lisa?": "fact",
    "Which is older, the Louvre or the Prado?": "comparison",
    "In which country lies the town where the founder of the company that made the car was born?": (
        "multi-hop"
    ),
    "What kinds of bridges are there, and how do they differ?": "overview",
    "Hello, how are you today?": "none",
}


@pytest.mark.parametrize(("question", "strategy"), PLAIN.items())
def test_plain_questions_are_told_apart(question: str, strategy: str) -> None:
    choice = choose_strategy(question)
    assert choice.strategy == strategy
    assert sum(choice.chances.values()) == pytest.approx(1.0)
    assert set(choice.chances) == set(STRATEGIES)
    assert choice == choose_strategy(question)


ONE_THING = (
    "What is photosynthesis?",
    "What is the speed of light?",
    "What is the price of bread?",
    "What is the melting point of gold?",
    "What is the name of the largest planet?",
    "What's the capital of Norway?",
    "Who is the king of Spain?",
    "Did Ada Lovelace write a book about ice?",
    "Was Otto Brandt born in Oslo?",
    "What did Ada Lovelace write?",
    "Did the steering committee agree to a second test bench?",
    "Tell me who the mayor of Flensburg is.",
    "Could you tell me when the bridge was built?",
    "Who shut the main valve on the night of the flood?",
    "What does the ferry cost?",
    "What does the Osprey weigh?",
    "What did the kitchen serve on Friday?",
    "What does Otto Brandt repair?",
    "What is the role of Ada Holm?",
    "What was the type of the Osprey?",
)
AT_LARGE = (
    "Give me an overview of Norway",
    "Tell me about Otto Brandt.",
    "Please tell us something about the Alps",
    "Describe Norway",
    "A short summary of the war, please",
    "What do you know about Oslo?",
    "What is known about the poles?",
    "What are these documents about?",
    "Summarise the documents",
    "Tell me what you know about Norway",
    "Could you tell me what the report is about?",
    "I'd like to know what these documents are about",
    "What is in this folder?",
    "What does my library contain?",
    "What is the role of women in medieval trade?",
    "What is the history of Norway?",
    "What are the main themes?",
)
TALK = ("Tell me a joke about Norway", "Thank you!", "Can you help me?", "Who are you?", "Hello!")


@pytest.mark.parametrize(
    ("question", "strategy"),
    [(question, "fact") for question in ONE_THING]
    + [(question, "overview") for question in AT_LARGE]
    + [(question, "none") for question in TALK],
)
def test_the_form_of_a_question_tells(question: str, strategy: str) -> None:
    choice = choose_strategy(question)
    assert choice.strategy == strategy
    assert sum(choice.chances.values()) == pytest.approx(1.0)


def test_without_the_form_one_thing_is_taken_for_an_overview(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The variant that asks the lines alone; and the chance of two hops is theirs with either."""
    shaped = [choose_strategy(question) for question in (*ONE_THING, *AT_LARGE)]
    monkeypatch.setattr(strategies, "_as_shaped", lambda question, chances: chances)
    plain = [choose_strategy(question) for question in (*ONE_THING, *AT_LARGE)]
    assert sum(one.strategy != other.strategy for one, other in zip(shaped, plain, strict=True)) > 5
    for one, other in zip(shaped, plain, strict=True):
        for name in ("multi-hop", "comparison"):
            assert one.chances[name] == other.chances[name]


@pytest.mark.parametrize("question", ["?!", "", "...", "\n"])
def test_a_text_without_a_word_asks_nothing(question: str) -> None:
    assert choose_strategy(question).strategy == "none"


@pytest.mark.parametrize("question", ["Ktoś?", "どこですか", "word " * 10_000, "a"])
def test_any_text_has_features(question: str) -> None:
    row = strategy_features(question)
    assert len(row) == len(FEATURES)
    assert all(0 <= value <= 1 for value in row)


OF_ALL = (
    "What are these documents about?",
    "What is in this folder?",
    "Summarise the documents",
    "What does my library contain?",
    "What is the text about?",
    "Tell me what is in the graph.",
    "What are the main themes of these notes?",
)
OF_A_THING = (
    "What is a graph?",
    "What's a document?",
    "What is data?",
    "Tell me what a corpus is.",
    "What is the history of the library?",
    "Describe the library",
    "What are the effects of the note?",
    "Who wrote the documents?",
)


def test_a_thing_that_is_called_like_documents_is_not_all_of_them() -> None:
    assert [each for each in OF_ALL if not asks_of_all(each)] == []
    assert [each for each in OF_A_THING if asks_of_all(each)] == []
