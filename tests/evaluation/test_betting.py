"""Capital by bets: what it is for known outcomes, and that it does not grow where nothing is."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.evaluation.betting import (
    bet_shares,
    final_log_capital,
    log_capital,
    lowest_not_refuted,
)

GAINS = st.lists(st.floats(-1, 5), min_size=1, max_size=30)


def by_hand(gains: list[float]) -> float:
    """The mean over the shares of the product of what each bet brings."""
    return float(np.mean([math.prod(1 + share * gain for gain in gains) for share in bet_shares()]))


@given(GAINS)
def test_it_is_the_mean_of_what_the_shares_win(gains: list[float]) -> None:
    path = np.exp(log_capital(gains))
    assert path[-1] == pytest.approx(by_hand(gains), rel=1e-9)
    assert path[0] == pytest.approx(by_hand(gains[:1]), rel=1e-9)
    assert math.exp(final_log_capital(gains)) == pytest.approx(by_hand(gains), rel=1e-9)


@given(GAINS, st.data())
def test_looks_are_places_of_the_path(gains: list[float], data: st.DataObject) -> None:
    places = st.lists(st.integers(1, len(gains)), min_size=1, unique=True).map(sorted)
    looks = data.draw(places)
    assert log_capital(gains, looks=looks) == pytest.approx(
        log_capital(gains)[np.array(looks) - 1], rel=1e-9, abs=1e-12
    )


def test_many_paths_at_once_are_as_one_by_one() -> None:
    gains = np.random.default_rng(0).uniform(-1, 1, (3, 4, 20))
    together = log_capital(gains, looks=[5, 20])
    assert together.shape == (3, 4, 2)
    assert together[2, 1] == pytest.approx(log_capital(gains[2, 1])[[4, 19]])


def test_a_fair_game_brings_nothing_on_the_mean() -> None:
    """The mean capital over all 4,096 ways that 12 fair coins may fall is exactly 1."""
    coins = np.array([[(way >> place) & 1 for place in range(12)] for way in range(4096)])
    assert np.exp(log_capital(2.0 * coins - 1)).mean(axis=0) == pytest.approx(np.ones(12))


def test_the_lowest_value_that_is_not_refuted() -> None:
    found = lowest_not_refuted(lambda value: 5 - 10 * value, 0.0, 1.0, log_limit=2.0)
    assert found == pytest.approx(0.3, abs=1e-9)
    assert lowest_not_refuted(lambda value: 0.0, -1.0, 1.0, log_limit=2.0) == -1.0
