"""Concept drift when labels come late: told apart from other rows coming, and from luck."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.core.errors import InputError
from workbench.monitoring.drift.concept import compare_concepts


def rows(
    count: int, seed: int, *, at: float = 0.0, changed: float = 0.0
) -> tuple[np.ndarray, np.ndarray]:
    """Scores of a model that is right, and truths; ``at`` moves the rows, ``changed`` the truth."""
    draw = np.random.default_rng(seed)
    logits = draw.normal(at, 1, count)
    truth = draw.random(count) < 1 / (1 + np.exp(-(logits + changed)))
    return 1 / (1 + np.exp(-logits)), truth.astype(float)


def test_another_truth_is_found_and_other_rows_alone_are_not() -> None:
    before = rows(4000, 0)
    concept = compare_concepts(*before, *rows(1500, 1, changed=0.7))
    assert concept.drifted
    assert concept.odds_ratio == pytest.approx(np.exp(0.7), rel=0.2)
    assert not compare_concepts(*before, *rows(1500, 2, at=0.5)).drifted


def test_the_level_holds_under_a_shift_of_rows() -> None:
    found = [
        compare_concepts(*rows(2000, seed), *rows(400, seed + 500, at=0.3)).p_value
        for seed in range(120)
    ]
    assert np.mean(np.array(found) <= 0.05) <= 0.11


def test_late_labels_are_left_out_and_it_is_said_if_they_are_chosen() -> None:
    before, (scores, truth) = rows(3000, 3), rows(2000, 4)
    by_lot, chosen = truth.copy(), truth.copy()
    by_lot[1000:] = np.nan
    chosen[scores > np.median(scores)] = np.nan  # only low scores are judged so far
    found = compare_concepts(*before, scores, by_lot)
    assert (found.labelled, found.unlabelled) == (1000, 1000)
    assert found.selected_p_value is not None
    assert found.selected_p_value > 0.01
    picked = compare_concepts(*before, scores, chosen).selected_p_value
    assert picked is not None
    assert picked < 1e-6


def test_no_labels_yet_and_scores_that_are_no_probabilities_are_refused() -> None:
    before = rows(100, 5)
    with pytest.raises(InputError, match="0 current rows"):
        compare_concepts(*before, [0.5, 0.5], [np.nan, np.nan])
    with pytest.raises(InputError, match="outside"):
        compare_concepts(*before, [1.5], [1])
    with pytest.raises(InputError, match="not 0 or 1"):
        compare_concepts(*before, [0.5], [2])
