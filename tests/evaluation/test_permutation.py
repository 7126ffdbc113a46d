"""Permutation tests against full enumeration, and their level in simulations."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy import stats

from workbench.core.errors import InputError
from workbench.evaluation.permutation import exchange_test, sign_flip_test, swap_test


def enumerate_signs(values: np.ndarray) -> float:
    signs = np.array(list(itertools.product((-1, 1), repeat=len(values))))
    return float(np.mean(np.abs(signs @ values) >= abs(values.sum()) - 1e-12))


def test_sign_flips_agree_with_all_of_them() -> None:
    values = np.random.default_rng(3).normal(0.5, 1, 10)
    assert sign_flip_test(values, draws=40_000) == pytest.approx(enumerate_signs(values), abs=0.01)


def test_signs_alone_give_the_binomial_test() -> None:
    values = np.array([1.0] * 16 + [-1.0] * 6)
    exact = stats.binomtest(16, 22).pvalue
    assert sign_flip_test(values) == pytest.approx(exact)
    assert sign_flip_test([*values, 0.0]) == pytest.approx(exact)  # ties say nothing
    assert sign_flip_test([0.0, 0.0]) == 1.0


def test_the_level_holds_and_a_difference_is_found() -> None:
    draw = np.random.default_rng(0)
    skewed = [draw.normal(0, 1, 12) * draw.exponential(1, 12) for _ in range(400)]
    flagged = np.mean([sign_flip_test(values, draws=399) <= 0.05 for values in skewed])
    assert flagged <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 400)
    assert sign_flip_test(draw.normal(1, 1, 30)) < 0.001
    # The broken variant: a test that takes the rows for twice as many flags far too often.
    doubled = np.mean([sign_flip_test(np.tile(values, 4), draws=399) <= 0.05 for values in skewed])
    assert doubled > 0.15


def test_swaps_of_a_mean_are_flips_of_signs() -> None:
    draw = np.random.default_rng(1)
    first, second = draw.normal(0.3, 1, 25), draw.normal(0, 1, 25)
    flips = sign_flip_test(first - second, draws=40_000)
    assert swap_test(np.mean, first, second, draws=40_000) == pytest.approx(flips, abs=0.01)


def test_swaps_take_a_statistic_of_several_values() -> None:
    def ratio(rows: np.ndarray, axis: int) -> np.ndarray:
        sums = rows.sum(axis=axis)
        return np.asarray(sums[..., 0] / sums[..., 1])

    draw = np.random.default_rng(2)
    below = draw.uniform(1, 2, 40)
    same = np.stack([below, below], axis=1)
    double = np.stack([2 * below, below], axis=1)
    assert swap_test(ratio, double, same, draws=999) == pytest.approx(0.001)
    assert swap_test(ratio, same, same, draws=99) == 1.0


def test_what_cannot_be_permuted_is_refused() -> None:
    for values in ([], [1.0, float("nan")], 3.0):
        with pytest.raises(InputError, match="cannot be permuted"):
            sign_flip_test(values)
    with pytest.raises(InputError, match="shapes"):
        swap_test(np.mean, [1.0, 2.0], [1.0])


def test_exchanges_among_groups_hold_their_level_and_find_a_group_apart() -> None:
    draw = np.random.default_rng(4)
    tables = draw.exponential(1, (300, 9, 4)) + draw.normal(0, 3, (300, 9, 1))
    flagged = np.mean([exchange_test(table, 2, draws=399) <= 0.05 for table in tables])
    assert flagged <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 300)
    apart = tables[0].copy()
    apart[:, 2] += 4
    assert exchange_test(apart, 2) < 0.001
    pair = tables[0][:, :2]
    assert exchange_test(pair, 0) == sign_flip_test(pair[:, 0] - pair[:, 1])
    with pytest.raises(InputError, match="no groups"):
        exchange_test(np.ones((3, 1)), 0)
