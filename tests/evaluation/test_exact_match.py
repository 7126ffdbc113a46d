"""SQuAD's measures on cases worked out by hand."""

from __future__ import annotations

import pytest

from workbench import evaluation
from workbench.core.errors import InputError


@pytest.mark.parametrize(
    ("answer", "references", "exact", "f1"),
    [
        ("The Eiffel Tower.", "eiffel tower", True, 1.0),
        ("a  cat", "the cat!", True, 1.0),
        ("Eiffel Tower in Paris", "Eiffel Tower", False, 2 / 3),  # precision 2/4, recall 1
        ("cat cat", "cat", False, 2 / 3),  # a repeated word counts once
        ("dog", ["cat", "Dog"], True, 1.0),  # the best reference counts
        ("", "the", True, 1.0),  # nothing is left of either
        ("", "cat", False, 0.0),
        ("another", "an other", False, 0.0),  # an article is a whole word
    ],
)
def test_by_hand(answer: str, references: str | list[str], exact: bool, f1: float) -> None:
    assert evaluation.is_exact_match(answer, references) is exact
    assert evaluation.token_f1(answer, references) == pytest.approx(f1)


def test_means_with_intervals() -> None:
    scores = evaluation.score_answers(["a cat", "dog", "red fox"], ["cat", ["wolf"], "the fox"])
    assert scores.exact_match.estimate == pytest.approx(1 / 3)
    assert scores.f1.estimate == pytest.approx((1 + 0 + 2 / 3) / 3)
    assert scores.f1.low < scores.f1.estimate < scores.f1.high
    assert scores.each_exact == (True, False, False)
    with pytest.raises(InputError, match="2 answers and 1 references"):
        evaluation.score_answers(["a", "b"], ["a"])
    with pytest.raises(InputError, match="no reference"):
        evaluation.score_answers(["a", "b"], ["a", []])
