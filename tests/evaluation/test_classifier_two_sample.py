"""The classifier two-sample test: its level, and a change that no column shows by itself."""

from __future__ import annotations

import numpy as np
import pytest

from workbench.core.errors import InputError
from workbench.evaluation.classifier_two_sample import classifier_two_sample_test


def test_a_change_of_how_columns_go_together_is_found_and_placed() -> None:
    draw = np.random.default_rng(0)
    first, second = draw.normal(size=(1500, 3)), draw.normal(size=(1500, 3))
    second[:, 1] = 0.8 * second[:, 0] + 0.6 * second[:, 1]  # each column is still N(0, 1)
    found = classifier_two_sample_test(first, second, names=("a", "b", "c"))
    assert found.auc > 0.6
    assert found.p_value < 1e-6
    assert found.importance["c"] < min(found.importance["a"], found.importance["b"]) / 2


def test_the_level_holds_for_samples_of_different_sizes() -> None:
    draw = np.random.default_rng(1)
    found = [
        classifier_two_sample_test(draw.normal(size=(150, 2)), draw.normal(size=(60, 2))).p_value
        for _ in range(40)
    ]
    assert np.mean(np.array(found) <= 0.1) <= 0.25


def test_few_rows_and_other_columns_are_refused() -> None:
    with pytest.raises(InputError, match="19 and 30 rows"):
        classifier_two_sample_test(np.zeros((19, 1)), np.zeros((30, 1)))
    with pytest.raises(InputError, match="shapes"):
        classifier_two_sample_test(np.zeros((30, 1)), np.zeros((30, 2)))


def test_rows_that_come_again_are_not_known_from_the_other_half() -> None:
    """Rows drawn with replacement: split apart, copies would be recognised by their values."""
    draw = np.random.default_rng(2)
    pool = draw.normal(size=(300, 4))
    found = [
        classifier_two_sample_test(
            draw.normal(size=(600, 4)), pool[draw.integers(0, 300, 600)], seed=seed
        ).auc
        for seed in range(8)
    ]
    assert np.mean(found) < 0.55
    with pytest.raises(InputError, match="nearly all rows"):
        classifier_two_sample_test(np.zeros((30, 1)), np.zeros((30, 1)))
