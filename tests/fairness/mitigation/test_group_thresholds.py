"""Thresholds by group: the best ones whose rates are as near as was asked."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from workbench.core.errors import InputError
from workbench.fairness.mitigation import group_thresholds
from workbench.fairness.mitigation.group_thresholds import find_thresholds


def made(rows: int = 400, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    codes = (random.random(rows) < 0.4).astype(int)
    score = np.round(np.clip(random.beta(2, 2, rows) - 0.15 * codes, 0.01, 0.99), 3)
    y = (random.random(rows) < score).astype(int)
    return score, y, codes


RATES = {
    "demographic_parity": lambda y: np.ones(len(y), dtype=bool),
    "equal_opportunity": lambda y: y == 1,
    "false_positive_rate_parity": lambda y: y == 0,
}


def rate_and_right(
    score: np.ndarray, y: np.ndarray, limit: float, constraint: str
) -> tuple[float, int]:
    accepted = score >= limit
    return float(accepted[RATES[constraint](y)].mean()), int((accepted == y).sum())


@pytest.mark.parametrize("constraint", RATES)
@pytest.mark.parametrize("gap", [0.0, 0.05, 0.2])
def test_no_other_pair_of_thresholds_is_as_near_and_gets_more_right(
    constraint: str, gap: float
) -> None:
    score, y, codes = made()
    found = find_thresholds(score, y, codes, groups=2, constraint=constraint, gap=gap)
    curves = []
    for group in (0, 1):
        mine = codes == group
        limits = [np.inf, *np.unique(score[mine])]
        curves.append([rate_and_right(score[mine], y[mine], x, constraint) for x in limits])
    grain = 1 / min(RATES[constraint](y)[codes == group].sum() for group in (0, 1))
    apart = abs(found.rates[0] - found.rates[1])
    assert apart <= gap + 2 * grain + 0.002
    best = max(
        one[1] + other[1]
        for one, other in itertools.product(*curves)
        if abs(one[0] - other[0]) <= gap
    )
    assert found.accuracy * len(y) >= best - 3  # the common rate goes in steps of a thousandth


def test_a_wider_gap_never_gets_less_right() -> None:
    score, y, codes = made(2000, seed=5)
    right = [
        find_thresholds(
            score, y, codes, groups=2, constraint="demographic_parity", gap=gap
        ).accuracy
        for gap in (0.0, 0.05, 0.1, 0.3, 0.9)
    ]
    assert right == sorted(right)
    assert right[-1] > right[0]


def test_thresholds_of_another_group_are_seen_to_be_wrong() -> None:
    score, y, codes = made(2000, seed=6)
    found = find_thresholds(score, y, codes, groups=2, constraint="demographic_parity")
    mean = [float((score >= found.thresholds[codes])[codes == group].mean()) for group in (0, 1)]
    assert mean[0] == pytest.approx(mean[1], abs=0.005)
    swapped = found.thresholds[[1, 0, 2]]
    mean = [float((score >= swapped[codes])[codes == group].mean()) for group in (0, 1)]
    assert abs(mean[0] - mean[1]) > 0.1


def test_rows_of_one_score_are_not_parted() -> None:
    score, y = np.full(10, 0.5), np.array([1] * 6 + [0] * 4)
    codes = np.array([0, 1] * 5)
    found = find_thresholds(score, y, codes, groups=2, constraint="demographic_parity")
    assert set(found.rates) <= {0.0, 1.0}


def test_bad_input() -> None:
    score, y, codes = made(50)
    with pytest.raises(InputError, match="gap is 1"):
        find_thresholds(score, y, codes, groups=2, constraint="demographic_parity", gap=1.0)
    with pytest.raises(InputError, match="no row that equal_opportunity"):
        find_thresholds(score, y * codes, codes, groups=2, constraint="equal_opportunity")


def test_the_best_of_equal_rates_is_taken() -> None:
    rates = np.array([0.0, 0.5, 0.5, 1.0])
    right = np.array([1, 2, 5, 3])
    found = group_thresholds._best_of_equals(rates, right, np.array([0, 1, 2, 3]))
    assert found.tolist() == [0, 2, 2, 3]
