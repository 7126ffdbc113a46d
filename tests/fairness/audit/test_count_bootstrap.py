"""The multinomial draw: the row bootstrap's distribution, and intervals that hold what they say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from workbench.fairness.audit import count_bootstrap
from workbench.fairness.audit.confusion import COUNT_METRICS, count_cells
from workbench.fairness.audit.count_bootstrap import draw_cells, resample_counts, resampled_metrics
from workbench.fairness.audit.disparities import COUNT_DISPARITIES, measure_disparities
from workbench.fairness.audit.group_figures import tell_figures
from workbench.fairness.audit.groups import Groups

Cells = NDArray[np.int64]
METRICS = [
    metric
    for metric in COUNT_METRICS
    if metric.name in ("selection_rate", "true_positive_rate", "false_positive_rate", "f1_score")
]
NAMED = (
    "demographic_parity_difference",
    "demographic_parity_ratio",
    "equal_opportunity_difference",
    "equalized_odds_difference",
)
DISPARITIES = [each for each in COUNT_DISPARITIES if each.name in NAMED]


def shares(groups: Any, base: Any, caught: Any, false: Any) -> NDArray[np.float64]:
    """The true share of each cell, with an empty row for rows of no group."""
    g, b, t, f = (np.array(values, float) for values in (groups, base, caught, false))
    cells = np.stack([g * (1 - b) * (1 - f), g * (1 - b) * f, g * b * (1 - t), g * b * t], axis=1)
    return np.vstack([cells, np.zeros(4)])


def equal_sizes(cells: Cells, *, draws: int, seed: int) -> Cells:
    """Broken: every group is drawn as if the groups were equally large."""
    generator = np.random.default_rng(seed)
    groups = len(cells) - 1
    each = int(cells.sum()) // groups
    drawn = [
        generator.multinomial(each, cells[at] / cells[at].sum(), size=draws) for at in range(groups)
    ]
    return np.stack([*drawn, np.zeros((draws, 4), np.int64)], axis=1)


def coverage(
    truth: NDArray[np.float64],
    *,
    rows: int,
    draw: Callable[..., Cells] = draw_cells,
    simulations: int = 1000,
    draws: int = 600,
) -> dict[str, float]:
    """How often each interval holds the known value, and how often each test rejects."""
    generator = np.random.default_rng(20261125)
    groups = tuple(f"g{at}" for at in range(len(truth) - 1))
    known = np.vstack([truth[:-1], truth.sum(axis=0)])
    values = {metric.name: metric.values(known) for metric in METRICS}
    apart = _true_disparities(values)
    held: dict[str, list[bool]] = defaultdict(list)
    for number in range(simulations):
        cells = generator.multinomial(rows, truth.ravel()).reshape(truth.shape)
        found = resampled_metrics(
            cells, draw(cells, draws=draws, seed=number), METRICS, seed=number
        )
        sizes = tuple(int(size) for size in cells[:-1].sum(axis=1))
        figures, _ = tell_figures(found, Groups(groups, sizes, sizes, ()), rows, 0.95)  # type: ignore[arg-type]
        for figure in figures:
            place = -1 if figure.group == "everyone" else groups.index(figure.group)
            value = values[figure.metric][place]
            held[f"{figure.metric} of {figure.group}"].append(figure.low <= value <= figure.high)
        told, _ = measure_disparities(
            DISPARITIES,
            {each.metric: each for each in found},
            groups,
            compare="between_groups",
            confidence=0.95,
            rows=rows,
        )
        for each in told:
            slack = 1e-12  # equal groups are equal up to rounding
            inside = each.low - slack <= apart[each.metric] <= each.high + slack
            held[each.metric].append(inside)
            held[f"{each.metric} rejected"].append((each.p_value or 0) < 0.05)
    return {name: float(np.mean(hits)) for name, hits in held.items()}


def _true_disparities(values: dict[str, NDArray[np.float64]]) -> dict[str, float]:
    chosen, caught, false = (
        values[name][:-1]
        for name in ("selection_rate", "true_positive_rate", "false_positive_rate")
    )
    return {
        "demographic_parity_difference": float(np.ptp(chosen)),
        "demographic_parity_ratio": float(chosen.min() / chosen.max()),
        "equal_opportunity_difference": float(np.ptp(caught)),
        "equalized_odds_difference": float(max(np.ptp(caught), np.ptp(false))),
    }


TWO = shares((0.7, 0.3), (0.30, 0.20), (0.7, 0.6), (0.10, 0.05))
FOUR = shares(
    (0.55, 0.3, 0.1, 0.05),
    (0.30, 0.20, 0.25, 0.20),
    (0.7, 0.6, 0.5, 0.65),
    (0.10, 0.08, 0.05, 0.12),
)
EQUAL = shares((0.55, 0.3, 0.15), (0.3, 0.3, 0.3), (0.7, 0.7, 0.7), (0.1, 0.1, 0.1))


def test_intervals_hold_a_known_value_as_often_as_they_say() -> None:
    """1,000 simulations of two groups, one of them smaller."""
    found = coverage(TWO, rows=3000)
    held = {name: share for name, share in found.items() if not name.endswith("rejected")}
    assert len(held) == 4 * 3 + 4
    assert {name: share for name, share in held.items() if not 0.93 <= share <= 0.97} == {}
    assert found["demographic_parity_difference rejected"] > 0.99


def test_a_bootstrap_that_ignores_the_groups_sizes_is_caught() -> None:
    found = coverage(TWO, rows=3000, draw=equal_sizes, simulations=200)
    assert found["selection_rate of g1"] < 0.91  # too narrow for the small group
    assert found["selection_rate of everyone"] < 0.8  # and around the wrong mix of groups


def test_with_many_groups_that_may_be_the_extreme_ones_intervals_are_not_too_short() -> None:
    found = coverage(FOUR, rows=4000, simulations=200)
    assert {name: found[name] for name in NAMED if found[name] < 0.94} == {}


def test_where_the_groups_are_equal_zero_is_held_and_seldom_rejected() -> None:
    found = coverage(EQUAL, rows=2000, simulations=300)
    for name in NAMED:
        assert found[name] >= 0.95, name
        assert found[f"{name} rejected"] <= 0.07, name


def test_the_plain_percentile_interval_of_the_difference_never_holds_zero() -> None:
    """Why disparities are not simply bootstrapped."""
    cells = np.random.default_rng(1).multinomial(2000, EQUAL.ravel()).reshape(EQUAL.shape)
    (found,) = resample_counts(cells, METRICS[:1], draws=2000, seed=0)
    spread = np.ptp(found.draws[:, :-1], axis=1)
    assert np.quantile(spread, 0.025) > 0


def test_the_multinomial_draw_has_the_row_bootstraps_distribution() -> None:
    generator = np.random.default_rng(3)
    codes = generator.choice(4, 400, p=(0.5, 0.3, 0.15, 0.05))
    y = (generator.random(400) < 0.3 + 0.05 * codes).astype(int)
    y_hat = (generator.random(400) < 0.2 + 0.5 * y).astype(int)
    cells = count_cells(codes, y, y_hat, 3)
    draws = 20_000
    ours = draw_cells(cells, draws=draws, seed=0)
    rows = generator.integers(0, 400, (draws, 400))
    flat = (codes * 4 + y * 2 + y_hat)[rows] + 16 * np.arange(draws)[:, None]
    theirs = np.bincount(flat.ravel(), minlength=16 * draws).reshape(draws, 4, 4)
    levels = (0.025, 0.1, 0.5, 0.9, 0.975)

    def gap(one: Cells, other: Cells) -> float:
        """The largest distance of quantiles, in standard deviations of the metric."""
        found = []
        for metric in METRICS:
            a, b = metric.values(one)[:, :3], metric.values(other)[:, :3]
            apart = np.nanquantile(a, levels, axis=0) - np.nanquantile(b, levels, axis=0)
            found.append(np.abs(apart / np.nanstd(b, axis=0)).max())
        return float(max(found))

    # Twenty thousand draws leave 0.02 standard deviations at the tails.
    assert gap(ours, theirs) < 0.1
    sizes = [np.corrcoef(drawn[:, 0].sum(1), drawn[:, 1].sum(1))[0, 1] for drawn in (ours, theirs)]
    assert abs(sizes[0] - sizes[1]) < 0.03  # the groups' sizes move together alike
    assert gap(equal_sizes(cells, draws=draws, seed=0), theirs) > 0.3


def test_each_draw_has_all_rows_and_empty_cells_stay_empty() -> None:
    cells = np.array([[50, 0, 3, 7], [1, 2, 0, 30], [0, 0, 0, 0]])
    drawn = draw_cells(cells, draws=500, seed=1)
    assert (drawn.sum(axis=(1, 2)) == 93).all()
    assert drawn[:, cells == 0].sum() == 0
    assert (drawn == draw_cells(cells, draws=500, seed=1)).all()
    assert (drawn != draw_cells(cells, draws=500, seed=2)).any()


def test_none_or_all_of_the_rows_get_clopper_and_pearsons_interval() -> None:
    from scipy.stats import beta

    cells = np.array([[60, 0, 0, 40], [30, 20, 10, 40], [0, 0, 0, 0]])
    found = resample_counts(cells, COUNT_METRICS, draws=40_000, seed=0)
    figures, _ = tell_figures(found, Groups(("a", "b"), cells, (100, 100), ()), 200, 0.95)
    told = {(f.metric, f.group): f for f in figures}
    none = told["false_positive_rate", "a"]
    assert (none.value, none.low, none.method) == (0, 0, "exact")
    assert none.high == pytest.approx(beta.ppf(0.975, 1, 60), rel=0.02)
    every = told["true_positive_rate", "a"]
    assert (every.value, every.high, every.method) == (1, 1, "exact")
    assert every.low == pytest.approx(beta.ppf(0.025, 40, 1), rel=0.02)
    assert told["true_positive_rate", "b"].method == "bca"
    # A plain resample of such a group is always the same.
    assert count_bootstrap.draw_cells(cells, draws=100, seed=0)[:, 0, 1].max() == 0


def test_a_metric_that_rests_on_few_rows_is_excluded_and_the_group_told() -> None:
    cells = np.array([[60, 20, 4, 5], [30, 20, 10, 40], [0, 0, 0, 0]])
    found = resample_counts(cells, COUNT_METRICS, draws=100, seed=0)
    figures, left = tell_figures(found, Groups(("a", "b"), cells, (89, 100), ()), 189, 0.95)
    assert ("true_positive_rate", "a") not in {(f.metric, f.group) for f in figures}
    (why,) = [e for e in left if e.metric == "true_positive_rate"]
    assert (why.group, why.n) == ("a", 89)
    assert why.reason == "it would rest on 9 rows with y = 1, too few for an interval"
