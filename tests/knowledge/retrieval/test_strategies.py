"""A question's strategy is told from its words."""

from __future__ import annotations

import pytest

from workbench.knowledge.retrieval.strategies import (
    FEATURES,
    STRATEGIES,
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


@pytest.mark.parametrize("question", ["?!", "", "...", "\n"])
def test_a_text_without_a_word_asks_nothing(question: str) -> None:
    assert choose_strategy(question).strategy == "none"


@pytest.mark.parametrize("question", ["Ktoś?", "どこですか", "word " * 10_000, "a"])
def test_any_text_has_features(question: str) -> None:
    row = strategy_features(question)
    assert len(row) == len(FEATURES)
    assert all(0 <= value <= 1 for value in row)
