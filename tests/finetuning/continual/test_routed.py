"""Which questions an adapter is asked, and which are none's: made facts and everyday questions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from workbench.finetuning.continual.classifier import Classifier, Schooling
from workbench.finetuning.continual.question_vectors import QuestionVectors
from workbench.finetuning.continual.routed import RoutedAdapters, find_least
from workbench.finetuning.continual.strategy import Settings
from workbench.finetuning.frozen_sets import read_frozen


class Reader(Classifier):
    """Questions as texts, described as a language model's pupil describes them."""

    def __init__(self, *, everyday: bool) -> None:
        super().__init__(seed=0, schooling=Schooling(epochs=1), adapter=True)
        self.vectors, self.everyday = QuestionVectors(), everyday

    def describe(self, examples: Sequence[Any]) -> np.ndarray:
        return self.vectors.describe(list(examples))

    def describe_everyday(self) -> Any:
        return self.describe(_prompts("anchors")) if self.everyday else None


def _prompts(name: str) -> list[str]:
    return [row["prompt"] for row in read_frozen(name)]


@pytest.fixture(scope="module")
def vectors() -> Iterator[QuestionVectors]:
    """Both pupils ask one embedder: each text is read once."""
    found = QuestionVectors()
    yield found
    found.close()


def _choose(vectors: QuestionVectors, *, everyday: bool) -> tuple[int, int]:
    """Of set f, which rules are chosen by: fresh phrasings and general questions that are taken."""
    pupil = Reader(everyday=everyday)
    pupil.vectors = vectors
    method = RoutedAdapters(pupil, Settings(), seed=0)
    method.begin_task(0, [])
    method.end_task(0, _prompts("facts_f"))
    fresh, general = (method.choose(_prompts(name)) for name in ("facts_f_fresh", "parity"))
    return fresh.count(0), general.count(0)


def test_fresh_phrasings_are_taken_and_everyday_questions_are_not(
    vectors: QuestionVectors, shared_home: Path
) -> None:
    taken, general = _choose(vectors, everyday=True)
    assert taken >= 32, "of 36"
    assert general <= 2, "of 50"
    # The rule as it was, as like as the least like of what was learnt, refuses most of them.
    assert _choose(vectors, everyday=False)[0] <= 18


def test_the_middle_parts_two_classes() -> None:
    mean, everyday = np.array([1.0, 0.0]), np.array([[0.2, 0.9], [0.0, 1.0]])
    own = np.array([0.9, 0.8, 0.7])
    assert find_least(own, mean, everyday) == pytest.approx((0.8 + 0.1) / 2)
    assert find_least(own, mean, None) == 0.7
