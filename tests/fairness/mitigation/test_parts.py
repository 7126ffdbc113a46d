"""Reweighing, lots, groups and paired changes, each against its definition."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from workbench.core.errors import CapabilityError, InputError, NotFoundError
from workbench.fairness.mitigation.decided import ByLot
from workbench.fairness.mitigation.grouping import read_groups
from workbench.fairness.mitigation.methods import METHODS, find_method
from workbench.fairness.mitigation.paired import compare_decisions
from workbench.fairness.mitigation.reweighing import reweigh
from workbench.models.tabular import Feature


def test_after_reweighing_the_outcome_does_not_depend_on_the_group() -> None:
    random = np.random.default_rng(0)
    codes = random.integers(0, 3, 900)
    y = (random.random(900) < 0.2 + 0.25 * codes).astype(int)
    weights = reweigh(codes, y)
    assert weights.sum() == pytest.approx(900)
    shares = [np.average(y[codes == g], weights=weights[codes == g]) for g in range(3)]
    assert shares == pytest.approx([y.mean()] * 3)
    plain = [y[codes == g].mean() for g in range(3)]
    assert max(plain) - min(plain) > 0.3  # without the weights it does: the check sees it


def test_a_group_with_one_outcome_keeps_it() -> None:
    codes, y = np.array([0, 0, 1, 1]), np.array([1, 1, 0, 1])
    assert np.isfinite(reweigh(codes, y)).all()


def test_lots_are_fair_and_fixed_by_the_row() -> None:
    rows = np.random.default_rng(1).normal(size=(20_000, 3))
    chance = 1 / (1 + np.exp(-rows[:, 0]))
    lots = ByLot(lambda given: 1 / (1 + np.exp(-given[:, 0])), seed=5)
    drawn = lots.predict(rows)
    assert (lots.predict(rows[::-1])[::-1] == drawn).all()
    spread = np.sqrt((chance * (1 - chance)).sum())
    assert abs(drawn.sum() - chance.sum()) < 4 * spread
    middle = np.abs(chance - 0.5) < 0.05
    assert stats.binomtest(int(drawn[middle].sum()), int(middle.sum())).pvalue > 1e-4
    assert (ByLot(lots.probability, seed=6).predict(rows) != drawn).mean() > 0.1
    votes = ByLot(lots.probability, seed=5, is_drawn=False).predict(rows)
    assert (votes == (chance >= 0.5)).all()


FEATURES = (
    Feature("age", "number", low=0, high=100),
    Feature("sex", "category", categories=("f", "m")),
)


def test_groups_are_read_from_the_numbers() -> None:
    random = np.random.default_rng(2)
    numbers = np.column_stack([random.integers(0, 100, 800), random.integers(0, 2, 800)])
    numbers = numbers.astype(float)
    numbers[0, 1] = np.nan
    found = read_groups(FEATURES, numbers, ["sex"], min_rows=10)
    assert found.names == ("sex=f", "sex=m", "all others")
    assert found.codes(numbers)[0] == 2
    assert (found.codes(numbers)[1:] == numbers[1:, 1]).all()
    both = read_groups(FEATURES, numbers, ["age", "sex"], min_rows=10)
    assert len(both.keys) == 8  # four ranges of ages
    assert sum(both.sizes) == 800
    one = (both.codes(numbers) == 0).nonzero()[0]
    assert len(set(map(tuple, np.searchsorted(both.cuts[0], numbers[one, :1])))) == 1
    with pytest.raises(InputError, match="make 0 groups"):
        read_groups(FEATURES, numbers, ["sex"], min_rows=500)


def test_paired_changes_are_those_of_the_rows() -> None:
    random = np.random.default_rng(3)
    codes = random.integers(0, 3, 3000)  # 2: of no group
    y = random.integers(0, 2, 3000)
    before = np.where(random.random(3000) < 0.8, y, 1 - y)
    after = np.where(random.random(3000) < 0.1, 1 - before, before)
    found = compare_decisions(y, before, after, codes, groups=2, seed=1)
    change = found["accuracy_score"]
    assert change.before == (before == y).mean()
    assert change.change == pytest.approx((after == y).mean() - (before == y).mean())
    assert change.low < change.change < change.high
    rates = [after[codes == g].mean() for g in (0, 1)]
    assert found["demographic_parity_difference"].after == pytest.approx(abs(rates[0] - rates[1]))
    # What both have in common cancels: drawn apart, the interval would be wider.
    spread = [np.std(each == y) / np.sqrt(3000) for each in (before, after)]
    assert change.high - change.low < 0.8 * 2 * 1.96 * np.hypot(*spread)


def test_methods_that_do_not_aim_at_a_constraint_say_so() -> None:
    with pytest.raises(CapabilityError, match="does not aim at equalized_odds") as caught:
        find_method("thresholds", "equalized_odds")
    assert "reductions" in caught.value.hint
    with pytest.raises(NotFoundError, match="did you mean 'reweighing'"):
        find_method("reweighting", "demographic_parity")
    with pytest.raises(NotFoundError, match="constraint"):
        find_method("thresholds", "parity")
    assert all(method.statement.endswith(".") for method in METHODS.values())
