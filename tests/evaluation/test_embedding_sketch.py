"""Moments of random features: the discrepancy is the kernel's, its level holds, sums merge."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import cdist

from workbench.core.errors import InputError
from workbench.evaluation.embedding_sketch import (
    reference_features,
    sketch_embeddings,
    sketched_discrepancy,
)
from workbench.evaluation.kernel_two_sample import kernel_two_sample_test


def test_many_features_come_to_the_kernels_own_discrepancy() -> None:
    draw = np.random.default_rng(0)
    first, second = draw.normal(size=(150, 4)), draw.normal(size=(150, 4)) + 0.5
    features = reference_features(first, features=4000)
    width = 1 / features.weights.std()
    rows = np.concatenate([first, second])
    kernel = np.exp(-(cdist(rows, rows) ** 2) / (2 * width**2))
    exact = kernel_two_sample_test(kernel, 150, draws=99)
    sketches = [sketch_embeddings(each, features) for each in (first, second)]
    means = [each.total / each.rows for each in sketches]
    assert ((means[0] - means[1]) ** 2).sum() == pytest.approx(exact.mmd, rel=0.1)
    assert sketched_discrepancy(*sketches).p_value < 1e-4
    assert exact.p_value == 0.01


def test_the_level_holds_and_a_change_of_shape_is_seen() -> None:
    draw = np.random.default_rng(1)
    reference = draw.normal(size=(1500, 8))
    features = reference_features(reference)
    whole = sketch_embeddings(reference, features)

    def p_value(rows: np.ndarray) -> float:
        return sketched_discrepancy(whole, sketch_embeddings(rows, features)).p_value

    features_seen = [p_value(draw.normal(size=(200, 8))) for _ in range(300)]
    # The reference is the same in all: its own luck is shared, so the bound is a wide one.
    assert np.mean(np.array(features_seen) <= 0.05) <= 0.1
    assert p_value(draw.normal(size=(400, 8)) * 1.5) < 1e-4  # the mean stays where it was


def test_parts_merge_and_rows_that_are_not_finite_are_missing() -> None:
    rows = np.random.default_rng(2).normal(size=(90, 3))
    rows[4, 1] = np.nan
    features = reference_features(rows)
    whole = sketch_embeddings(rows, features)
    parts = [sketch_embeddings(part, features) for part in np.array_split(rows, 4)]
    merged = parts[0] + parts[1] + parts[2] + parts[3]
    assert (merged.rows, merged.missing) == (89, 1)
    assert merged.products == pytest.approx(whole.products)


def test_other_dimensions_and_too_few_rows_are_refused() -> None:
    features = reference_features(np.eye(3))
    with pytest.raises(InputError, match=r"\[n, 3\] was expected"):
        sketch_embeddings(np.zeros((2, 4)), features)
    with pytest.raises(InputError, match="embeddings of shape"):
        reference_features(np.full((3, 2), np.nan))
    one = sketch_embeddings(np.zeros((1, 3)), features)
    with pytest.raises(InputError, match="1 and 1 embeddings"):
        sketched_discrepancy(one, one)
    still = sketch_embeddings(np.ones((5, 3)), features)
    assert sketched_discrepancy(still, still).p_value == 1
