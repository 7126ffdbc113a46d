"""Tests of counts: levels that hold at any number of rows; handed-on thresholds hold none."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.distance import jensenshannon
from scipy.stats import chi2_contingency

from workbench.core.errors import InputError
from workbench.evaluation.count_tests import (
    chi_square_test,
    jensen_shannon_test,
    likelihood_ratio_test,
    pool_rare,
    population_stability_test,
    population_stability_threshold,
)

TESTS = (
    population_stability_test,
    jensen_shannon_test,
    chi_square_test,
    likelihood_ratio_test,
)
SAME = np.full(10, 0.1)


@pytest.mark.parametrize("test", TESTS)
@pytest.mark.parametrize(("n", "m"), [(200, 100), (5000, 300), (1000, 1000)])
def test_the_level_holds(test: object, n: int, m: int) -> None:
    """600 draws: 5% has a standard error of 0.9 points."""
    draw = np.random.default_rng(n)
    pairs = zip(draw.multinomial(n, SAME, 600), draw.multinomial(m, SAME, 600), strict=True)
    found = np.array([test(*pair).p_value for pair in pairs])  # type: ignore[operator]
    assert 0.025 <= np.mean(found <= 0.05) <= 0.077


def test_the_thresholds_that_are_handed_on_hold_no_level() -> None:
    """The broken variant: "drift above 0.1". By chance it is passed at 120 rows, and a real change
    is passed over at 100,000."""
    draw = np.random.default_rng(0)
    few = [
        population_stability_test(*draw.multinomial(120, SAME, 2)).size > 0.1 for _ in range(400)
    ]
    assert np.mean(few) > 0.2
    tilted = SAME * np.linspace(0.8, 1.2, 10)
    many = population_stability_test(
        draw.multinomial(100_000, SAME), draw.multinomial(100_000, tilted)
    )
    assert many.size < 0.1
    assert many.p_value < 1e-12
    assert population_stability_threshold(100_000, 100_000, cells=10) < many.size
    assert population_stability_threshold(120, 120, cells=10) > 0.1


def test_sizes_are_those_of_others() -> None:
    first, second = np.array([4000, 3000, 3000]), np.array([2000, 3500, 4500])
    p, q = first / 10_000, second / 10_000
    by_hand = ((q - p) * np.log(q / p)).sum()
    assert population_stability_test(first, second).size == pytest.approx(by_hand, rel=1e-3)
    theirs = jensenshannon(p, q, 2) ** 2
    assert jensen_shannon_test(first, second).size == pytest.approx(theirs, rel=1e-3)
    contingency = chi2_contingency([first, second])
    assert chi_square_test(first, second).p_value == pytest.approx(contingency.pvalue)
    g = chi2_contingency([first, second], lambda_="log-likelihood")
    assert likelihood_ratio_test(first, second).p_value == pytest.approx(g.pvalue, rel=0.02)


def test_rare_cells_go_together_and_no_row_is_lost() -> None:
    first, second = pool_rare([900, 60, 3, 1, 0, 0], [90, 6, 0, 2, 5, 0])
    assert first.sum() == 964
    assert second.sum() == 103
    assert len(first) == 2  # the rare ones are too few even together, and join the second
    first, second = pool_rare([500, 30, 30, 30], [50, 4, 4, 4])
    assert first.tolist() == [500, 90]
    assert second.tolist() == [50, 12]


@pytest.mark.parametrize("test", TESTS)
def test_empty_counts_are_refused_and_one_cell_is_no_change(test: object) -> None:
    with pytest.raises(InputError, match="empty"):
        test([0, 0], [1, 2])  # type: ignore[operator]
    with pytest.raises(InputError, match="shapes"):
        test([1, 2], [1, 2, 3])  # type: ignore[operator]
    assert test([5, 0], [7, 0]).p_value == 1  # type: ignore[operator]
