"""The cost at a quarter's end: exact where nothing varies, and covered as often as it says."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from workbench.core.errors import DataError, InputError
from workbench.monitoring.business.outlook import draw_paths, foretell_cost
from workbench.monitoring.business.use import Use

SINCE = dt.date(2026, 8, 1)
WEEKDAY = np.array([1.15, 1.2, 1.2, 1.15, 1.0, 0.3, 0.25])
Read = Callable[..., Use]


def series(seed: int, count: int) -> np.ndarray:
    """Made: growth, a weekly season, and rests that hang together by a half from day to day."""
    random = np.random.default_rng(seed)
    rest = np.zeros(count)
    for day, shock in enumerate(random.normal(0, 0.12 * 0.75**0.5, count)):
        rest[day] = 0.5 * rest[day - 1] + shock
    growth = random.normal(0.02, 0.01)
    days = np.arange(count)
    return 50 * WEEKDAY[(days + SINCE.weekday()) % 7] * np.exp(growth * days / 7 + rest)


def covers(low: float, high: float, value: float) -> bool:
    return low <= value <= high


def test_the_interval_of_the_sum_covers_and_that_of_independent_days_does_not() -> None:
    whole = alone = 0
    for seed in range(60):
        spent = series(seed, 105)
        paths, _ = draw_paths(spent[:60], SINCE, 45, seed=seed)
        truth = spent[60:].sum()
        whole += covers(*np.quantile(paths.sum(axis=1), [0.05, 0.95]), truth)
        # The broken variant: each day drawn by itself, so that errors of days average out.
        random = np.random.default_rng(seed)
        apart = np.stack([random.permutation(day) for day in paths.T], axis=1)
        alone += covers(*np.quantile(apart.sum(axis=1), [0.05, 0.95]), truth)
    assert whole >= 47  # 53 or 54 are awaited
    assert alone <= 30


def days_of(costs: list[float], since: dt.date = SINCE) -> list[dict[str, Any]]:
    start = dt.datetime.combine(since, dt.time(12), dt.UTC)
    return [
        {"time": start + dt.timedelta(days=day), "cost_usd": cost} for day, cost in enumerate(costs)
    ]


def test_a_steady_cost_goes_on(use_of: Read) -> None:
    count = 75  # to 14 October
    use = use_of(days_of([2.0] * count), since=SINCE, until=SINCE + dt.timedelta(days=count))
    found = foretell_cost(use, budget_usd=183.0)
    assert found.quarter == "2026-Q4"
    assert (found.spent_usd, found.days_left) == (pytest.approx(28.0), 92 - 14)
    assert found.total.value == pytest.approx(2.0 * 92)
    assert found.total.high - found.total.low == pytest.approx(0, abs=1e-6)
    assert found.growth.value == pytest.approx(0, abs=1e-9)
    assert found.chance_over_budget == 1.0
    assert foretell_cost(use, budget_usd=185.0).chance_over_budget == 0.0


def test_growth_and_the_week_are_followed(use_of: Read) -> None:
    days = np.arange(84)
    costs = 3 * WEEKDAY[(days + SINCE.weekday()) % 7] * 1.03 ** (days / 7)
    use = use_of(days_of(costs.tolist()), since=SINCE, until=SINCE + dt.timedelta(days=84))
    found = foretell_cost(use)
    assert found.growth.value == pytest.approx(0.03, abs=1e-6)
    later = np.arange(84, 84 + found.days_left)
    truth = (3 * WEEKDAY[(later + SINCE.weekday()) % 7] * 1.03 ** (later / 7)).sum()
    assert found.total.value - found.spent_usd == pytest.approx(truth, rel=1e-4)


def test_the_last_day_of_a_quarter_leaves_nothing_to_foretell(use_of: Read) -> None:
    use = use_of(days_of([1.0] * 61), since=SINCE, until=dt.date(2026, 10, 1))
    found = foretell_cost(use)
    assert (found.quarter, found.days_left) == ("2026-Q3", 0)
    assert found.total.value == found.spent_usd == pytest.approx(61)
    assert any("begins on 2026-08-01" in note for note in found.notes)


def test_too_little_is_said(use_of: Read) -> None:
    short = use_of(days_of([1.0] * 20), since=SINCE, until=SINCE + dt.timedelta(days=20))
    with pytest.raises(DataError, match="there are 20 days"):
        foretell_cost(short)
    free = use_of(days_of([0.0] * 40), since=SINCE, until=SINCE + dt.timedelta(days=40))
    with pytest.raises(DataError, match="0 with cost"):
        foretell_cost(free)
    with pytest.raises(InputError, match="budget"):
        foretell_cost(short, budget_usd=0)
