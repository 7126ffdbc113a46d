"""Discrete noise is exactly distributed, and figures cost what they say."""

from __future__ import annotations

import math
import random
from fractions import Fraction
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np
import pytest
from scipy import stats

from workbench.core import operations
from workbench.core.errors import ConflictError, InputError, LimitError, NotFoundError
from workbench.privacy.dp.budget import Budgets
from workbench.privacy.dp.discrete_noise import draw_gaussian, draw_laplace, system_random
from workbench.privacy.dp.statistics import (
    bound_users,
    private_count,
    private_histogram,
    private_mean,
    private_quantile,
    private_sum,
)

DRAWS = 1500


def laplace(x: np.ndarray, scale: float) -> np.ndarray:
    return np.exp(-np.abs(x) / scale)


def gaussian(x: np.ndarray, scale: float) -> np.ndarray:
    return np.exp(-(x**2) / (2 * scale**2))


def fit(drawn: list[int], weight: Any, scale: float) -> float:
    """The p-value of a chi-square test, tails pooled where fewer than 5 are expected."""
    places = np.arange(-400, 401)
    share = weight(places.astype(float), scale)
    share = share / share.sum()
    wide = share * len(drawn) >= 5
    inside = np.asarray([np.count_nonzero(np.asarray(drawn) == x) for x in places[wide]])
    expected = share[wide] * len(drawn)
    seen = np.append(inside, len(drawn) - inside.sum())
    return float(stats.chisquare(seen, np.append(expected, len(drawn) - expected.sum())).pvalue)


@pytest.mark.parametrize("scale", [Fraction(1, 2), Fraction(7, 3), Fraction(12)])
@pytest.mark.parametrize(("draw", "weight"), [(draw_laplace, laplace), (draw_gaussian, gaussian)])
def test_noise_fits_its_distribution(draw: Any, weight: Any, scale: Fraction) -> None:
    source = random.Random(5)
    drawn = [draw(scale, source) for _ in range(DRAWS)]
    assert fit(drawn, weight, float(scale)) > 1e-3
    # Broken variants: a scale a fifth off, and rounded continuous noise.
    assert fit(drawn, weight, float(scale) * 1.4) < 1e-3


def test_rounded_continuous_noise_is_told_from_it() -> None:
    drawn = np.rint(np.random.default_rng(0).laplace(0, 0.8, DRAWS)).astype(int).tolist()
    assert fit(drawn, laplace, 0.8) < 1e-3


def test_the_systems_generator_gives_noise() -> None:
    drawn = [draw_laplace(Fraction(3), system_random()) for _ in range(500)]
    assert fit(drawn, laplace, 3.0) > 1e-6


def test_neighbouring_counts_are_as_alike_as_epsilon_says() -> None:
    """Of each outcome that is seen often the ratio is within e to the epsilon."""
    source, epsilon = random.Random(1), 0.5
    seen = [
        np.bincount(
            [int(private_count(range(n), epsilon=epsilon, source=source).value) + 200
             for _ in range(3000)], minlength=500,
        )
        for n in (20, 21)
    ]  # fmt: skip
    often = (seen[0] > 60) & (seen[1] > 60)
    assert often.sum() > 5
    ratios = np.abs(np.log(seen[0][often] / seen[1][often]))
    assert ratios.max() < epsilon + 0.45  # what 60 of 3,000 may be off by
    assert np.median(ratios) == pytest.approx(epsilon, abs=0.15)


def test_figures_are_near_with_much_epsilon_and_intervals_hold() -> None:
    source = random.Random(2)
    values = np.random.default_rng(0).normal(50, 10, 2000).clip(0, 100).tolist()
    given: dict[str, Any] = {"low": 0.0, "high": 100.0, "epsilon": 1.0, "source": source}
    assert private_mean(values, **given).value == pytest.approx(np.mean(values), abs=0.5)
    assert private_sum(values, **given).value == pytest.approx(np.sum(values), rel=0.02)
    median = private_quantile(values, share=0.5, **given)
    assert median.value == pytest.approx(np.median(values), abs=1.5)
    held = [private_count(values, epsilon=0.3, source=source) for _ in range(400)]
    inside = sum(each.low <= 2000 <= each.high for each in held if each.low and each.high)
    assert 0.92 <= inside / 400 <= 0.99
    assert held[0].mechanism.epsilon == 0.3


@pytest.mark.parametrize("rows", [0, 1, 30, 1000])
def test_a_means_interval_holds_and_says_when_nothing_is_told(rows: int) -> None:
    """Fifty rows at epsilon 0.1 gave a mean of 18 where it was 65, and no word of how far off."""
    source = random.Random(5)
    values = np.random.default_rng(1).uniform(40, 90, rows).tolist()
    truth = float(np.mean(values)) if rows else 50.0
    given: dict[str, Any] = {"low": 0.0, "high": 100.0, "source": source}
    told = [private_mean(values, epsilon=0.4, **given) for _ in range(400)]
    held = [float(each.low or 0.0) <= truth <= float(each.high or 0.0) for each in told]
    assert sum(held) / 400 >= 0.95
    for each in told:
        assert each.low is not None and each.high is not None
        assert 0 <= each.low <= each.value <= each.high <= 100
    wide = np.mean([float(each.high or 0.0) - float(each.low or 0.0) for each in told])
    assert wide > 95 if rows <= 1 else wide < 5 if rows == 1000 else 5 < wide < 95
    # Noise that is three times as wide as it is accounted for falls out of it.
    from workbench.privacy.dp import statistics

    real = statistics.draw_laplace
    with mock.patch.object(statistics, "draw_laplace", lambda b, drawn: 3 * real(b, drawn)):
        broken = [private_mean(values, epsilon=0.4, **given) for _ in range(400)]
    if rows >= 30:
        kept = [float(each.low or 0.0) <= truth <= float(each.high or 0.0) for each in broken]
        assert sum(kept) / 400 < 0.9


def test_a_row_beyond_the_bounds_moves_a_sum_by_the_bound_alone() -> None:
    source = random.Random(3)
    given: dict[str, Any] = {"low": 0.0, "high": 1.0, "epsilon": 5.0}
    with_one = [private_sum([0.5, 1e12], source=source, **given).value for _ in range(200)]
    assert np.mean(with_one) == pytest.approx(1.5, abs=0.1)


def test_a_histogram_costs_one_epsilon_and_counts_named_values_alone() -> None:
    found = private_histogram(
        ["a"] * 50 + ["b"] * 20 + ["x"], bins=["a", "b", "c"], epsilon=2.0, source=random.Random(4)
    )
    assert set(found) == {"a", "b", "c"}
    assert abs(found["a"].value - 50) < 8 and abs(found["c"].value) < 8
    assert {each.epsilon for each in found.values()} == {2.0}


def test_nobody_and_everybody_alike() -> None:
    source = random.Random(6)
    given: dict[str, Any] = {"low": 10.0, "high": 20.0, "epsilon": 1.0, "source": source}
    assert 10 <= private_mean([], **given).value <= 20
    assert 10 <= private_quantile([], share=0.9, **given).value <= 20
    assert 10 <= private_mean([15.0] * 100, **given).value <= 20


def test_the_command_spends_before_it_answers(tmp_path: Path) -> None:
    from workbench.privacy.dp.operations import set_budget, statistic

    rows = tmp_path / "people.csv"
    rows.write_text("age,town\n" + "".join(f"{20 + n % 50},T{n % 3}\n" for n in range(500)))
    set_budget(str(rows), epsilon=2.0)
    given: dict[str, Any] = {"column": "age", "low": 0.0, "high": 100.0, "epsilon": 1.0}
    (mean,) = statistic(str(rows), figure="mean", **given)
    assert mean.value == pytest.approx(44.5, abs=3)
    towns = statistic(str(rows), figure="histogram", column="town", bins=["T0, T1,T9"], epsilon=0.5)
    assert [each.name for each in towns] == ["count of T0", "count of T1", "count of T9"]
    with pytest.raises(InputError, match="each of them once"):
        statistic(str(rows), figure="histogram", column="town", bins=["T0, T0"], epsilon=0.5)
    (state,) = Budgets().all()
    assert state.spends == 2 and 1.4 < state.spent <= 1.51
    with pytest.raises(LimitError, match="privacy budget"):
        statistic(str(rows), figure="sum", **given)
    with pytest.raises(InputError, match="bounds"):
        statistic(str(rows), figure="sum", column="age", epsilon=0.1)
    with pytest.raises(NotFoundError, match="age"):
        statistic(str(rows), figure="count", column="agee", epsilon=0.1)
    assert Budgets().all()[0].spends == 2


@pytest.mark.parametrize("figure", ["sum", "mean", "quantile"])
def test_a_figure_of_words_is_refused_before_it_is_spent(tmp_path: Path, figure: str) -> None:
    table = tmp_path / "towns.csv"
    table.write_text("town,tall\nOslo,1\nRome,inf\n")
    for column in ("town", "tall"):
        with pytest.raises(InputError, match="something else than numbers") as caught:
            operations.find("privacy.statistic").run(
                {"dataset": str(table), "column": column, "figure": figure, "epsilon": 1.0,
                 "low": 0.0, "high": 9.0}
            )  # fmt: skip
        assert "Oslo" not in caught.value.message
    assert not Budgets().all()


def test_a_user_with_many_rows_moves_a_figure_by_so_many_as_the_noise_hides(tmp_path: Path) -> None:
    from workbench.privacy import Budgets
    from workbench.privacy.dp.operations import statistic

    few = [("u" + str(n // 2), 1) for n in range(100)]
    heavy = [*few, *[("heavy", 1)] * 500]
    bounded = {
        name: bound_users([v for _, v in rows], [u for u, _ in rows], most=3)
        for name, rows in (("without", few), ("with", heavy))
    }
    assert len(bounded["with"]) - len(bounded["without"]) == 3
    path = tmp_path / "visits.csv"
    path.write_text("user,spent\n" + "".join(f"{u},{v}\n" for u, v in heavy))
    given: dict[str, Any] = {"column": "spent", "figure": "count", "epsilon": 5.0}
    (told,) = statistic(str(path), user_column="user", rows_per_user=3, **given)
    assert told.value == pytest.approx(103, abs=12) and told.epsilon == 5.0
    # The noise is that of a third of epsilon: of all of it, a user's three rows would show.
    width = (told.high or 0) - (told.low or 0)
    one = private_count([1] * 103, epsilon=5.0 / 3)
    assert width == (one.high or 0) - (one.low or 0) > 2 * 1
    (state,) = Budgets().all()
    assert (state.unit, round(state.spent, 3)) == ("user", 5.0)
    with pytest.raises(ConflictError, match="spent by user"):
        statistic(str(path), **given)
    with pytest.raises(InputError, match="user_column"):
        statistic(str(path), rows_per_user=2, **given)
    path.write_text("user,spent\nu1,1\n,2\n")
    with pytest.raises(InputError, match="whose each is"):
        statistic(str(path), user_column="user", **given)
    with pytest.raises(InputError, match="1 or more"):
        bound_users([1], ["u"], most=0)


@pytest.mark.parametrize(
    "call",
    [
        lambda: private_count([1], epsilon=0.0),
        lambda: private_count([1], epsilon=math.nan),
        lambda: private_count([1], epsilon=1e-6),
        lambda: private_sum([1.0], low=1.0, high=1.0, epsilon=1.0),
        lambda: private_sum([math.nan], low=0.0, high=1.0, epsilon=1.0),
        lambda: private_quantile([1.0], share=1.0, low=0.0, high=1.0, epsilon=1.0),
        lambda: private_histogram([1], bins=[], epsilon=1.0),
        lambda: draw_laplace(Fraction(0), random.Random(0)),
        lambda: draw_gaussian(Fraction(-1), random.Random(0)),
    ],
)
def test_bad_input(call: Any) -> None:
    with pytest.raises(InputError):
        call()
