"""The fits agree with scikit-learn; weights are of the features that they name."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression

from workbench.core.errors import InputError, IntegrityError
from workbench.knowledge.retrieval import scorers
from workbench.knowledge.retrieval.fitting import Choice, fit_choices, fit_logistic
from workbench.knowledge.retrieval.pairs import FEATURES
from workbench.knowledge.retrieval.scorers import Scorer, read_weights, scorer_of

ROWS = 300


def rows(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    table = generator.standard_normal((ROWS, 3)) * [1, 5, 0.1] + [0, 2, 1]
    chance = 1 / (1 + np.exp(-(table[:, 0] + 0.3 * table[:, 1])))
    return table, generator.random(ROWS) < chance


def test_logistic_regression_agrees_with_scikit_learn() -> None:
    table, right = rows()
    ours = fit_logistic(table, right, ("a", "b", "c"), l2=0.01)
    spread = table.std(axis=0)
    theirs = LogisticRegression(C=1 / (2 * 0.01 * ROWS), tol=1e-8, max_iter=1000)
    theirs.fit((table - table.mean(axis=0)) / spread, right)
    assert np.array(ours.weights) == pytest.approx(theirs.coef_[0] / spread, rel=1e-3, abs=1e-4)
    expected = theirs.predict_proba((table - table.mean(axis=0)) / spread)[:, 1]
    assert ours.chances(table) == pytest.approx(expected, abs=1e-4)


def test_a_choice_of_two_is_logistic_regression_of_the_difference() -> None:
    generator = np.random.default_rng(1)
    pairs = generator.standard_normal((200, 2, 1))
    first = generator.random(200) < 1 / (1 + np.exp(-2 * (pairs[:, 0, 0] - pairs[:, 1, 0])))
    choices = [
        Choice(pair, np.array([one, not one])) for pair, one in zip(pairs, first, strict=True)
    ]
    ours = fit_choices(choices, ("a",), l2=0.0)
    theirs = LogisticRegression(C=np.inf, fit_intercept=False, tol=1e-8)
    theirs.fit(pairs[:, 0] - pairs[:, 1], first)
    assert ours.weights[0] == pytest.approx(theirs.coef_[0][0], rel=1e-3)


def test_nothing_to_learn_is_refused() -> None:
    with pytest.raises(InputError, match="right candidate"):
        fit_choices([Choice(np.ones((2, 1)), np.array([False, False]))], ("a",), l2=0.1)
    with pytest.raises(InputError, match="both kinds"):
        fit_logistic(np.ones((3, 1)), np.array([True] * 3), ("a",), l2=0.1)


def test_a_scorer_is_read_as_it_was_written() -> None:
    written = Scorer(("a", "b"), (0.123456789, -2.0), 1e-7)
    read = scorer_of(written.told(), ("a", "b"))
    assert read == dataclasses.replace(written, weights=(0.12346, -2.0))
    with pytest.raises(IntegrityError, match="other features"):
        scorer_of(written.told(), ("a", "c"))


def test_weights_that_were_changed_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    assert scorer_of(read_weights("pairs"), FEATURES).features == FEATURES
    monkeypatch.setattr(scorers, "WEIGHTS", {**scorers.WEIGHTS, "pairs": "0" * 64})
    read_weights.cache_clear()
    with pytest.raises(IntegrityError):
        read_weights("pairs")
    read_weights.cache_clear()
