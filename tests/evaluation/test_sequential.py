"""Tests that are looked at daily: their level over all looks, their power, and who fails it."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy.stats import binomtest, norm

from workbench.core.errors import InputError
from workbench.evaluation.betting import log_capital
from workbench.evaluation.sequential import (
    always_valid_p,
    arm_differences,
    follow_difference,
    follow_mean,
)

LEVEL = 0.05
SIMULATIONS, DAYS, A_DAY = 2000, 60, 20
LOOKS = np.arange(A_DAY, DAYS * A_DAY + 1, A_DAY)
Tried = Callable[[np.ndarray, np.ndarray, float], np.ndarray]


def traffic(
    champion: float,
    candidate: float,
    *,
    share: float = 0.5,
    simulations: int = SIMULATIONS,
    seed: int = 0,
    drift: float = 0.0,
) -> tuple[np.ndarray, np.ndarray]:
    """Binary outcomes of 60 days and their arms; with ``drift`` each week swings up and down."""
    generator = np.random.default_rng(seed)
    shape = (simulations, DAYS * A_DAY)
    drawn = generator.random(shape) < share
    week = drift * np.sin(2 * np.pi * (np.arange(DAYS).repeat(A_DAY) % 7) / 7)
    rate = np.where(drawn, candidate, champion) + week
    return (generator.random(shape) < rate).astype(float), drawn


def by_bets(outcomes: np.ndarray, drawn: np.ndarray, share: float) -> np.ndarray:
    """Whether each simulation would have promoted at any of the looks, by the test."""
    differences, down, _ = arm_differences(outcomes, drawn, share)
    found = always_valid_p(log_capital(differences / down, looks=LOOKS))
    return np.asarray(found[:, -1] <= LEVEL)


def by_peeked_z(outcomes: np.ndarray, drawn: np.ndarray, share: float) -> np.ndarray:
    """The broken variant: the z-test of two shares for a fixed number, looked at every day."""

    def counts(of: np.ndarray) -> np.ndarray:
        return np.cumsum(of, axis=1)[:, LOOKS - 1]

    n, m = counts(drawn), counts(~drawn)
    p, q = counts(outcomes * drawn) / np.maximum(n, 1), counts(outcomes * ~drawn) / np.maximum(m, 1)
    pooled = counts(outcomes) / (n + m)
    spread = np.sqrt(
        np.maximum(pooled * (1 - pooled) * (1 / np.maximum(n, 1) + 1 / np.maximum(m, 1)), 1e-12)
    )
    return np.asarray(((p - q) / spread > norm.ppf(1 - LEVEL)).any(axis=1))


def at_most(hits: np.ndarray) -> float:
    """The upper end of the exact 95% interval of a share."""
    return float(binomtest(int(hits.sum()), len(hits)).proportion_ci(0.95).high)


def at_least(hits: np.ndarray) -> float:
    """The lower end."""
    return float(binomtest(int(hits.sum()), len(hits)).proportion_ci(0.95).low)


def test_no_difference_looked_at_daily_promotes_at_most_as_often_as_stated() -> None:
    """2,000 simulations of no difference, 60 looks each: the level holds with its own interval,
    and the same count finds the z-test out that was made for one look.
    """
    outcomes, drawn = traffic(0.5, 0.5)
    assert at_most(by_bets(outcomes, drawn, 0.5)) <= LEVEL
    assert at_least(by_peeked_z(outcomes, drawn, 0.5)) > 3 * LEVEL


@pytest.mark.parametrize(
    ("rate", "share", "drift"), [(0.05, 0.1, 0.0), (0.9, 0.2, 0.05), (0.5, 0.05, 0.3)]
)
def test_the_level_holds_for_rare_outcomes_small_shares_and_swinging_weeks(
    rate: float, share: float, drift: float
) -> None:
    outcomes, drawn = traffic(rate, rate, share=share, simulations=500, drift=drift)
    assert at_most(by_bets(outcomes, drawn, share)) <= LEVEL


def test_the_level_holds_at_the_edge_of_a_difference_that_is_there() -> None:
    """By the null of a true difference, which is what an interval's end is made of."""
    outcomes, drawn = traffic(0.5, 0.6, simulations=1000)
    differences, down, up = arm_differences(outcomes, drawn, 0.5)
    above = always_valid_p(log_capital((differences - 0.1) / (down + 0.1), looks=LOOKS))[:, -1]
    below = always_valid_p(log_capital((0.1 - differences) / up, looks=LOOKS))[:, -1]
    assert at_most(above <= LEVEL) <= LEVEL
    assert at_most(below <= LEVEL) <= LEVEL


def test_a_share_that_grew_on_the_way_is_no_evidence() -> None:
    """Half of the days at 10%, half at 50%, while all outcomes rise: pooled means are deceived."""
    generator = np.random.default_rng(5)
    share = np.where(np.arange(DAYS * A_DAY) < DAYS * A_DAY // 2, 0.1, 0.5)
    rate = np.where(np.arange(DAYS * A_DAY) < DAYS * A_DAY // 2, 0.3, 0.7)
    drawn = generator.random((500, DAYS * A_DAY)) < share
    outcomes = (generator.random(drawn.shape) < rate).astype(float)
    differences, down, _ = arm_differences(outcomes, drawn, share)
    found = always_valid_p(log_capital(differences / down, looks=LOOKS))[:, -1]
    assert at_most(found <= LEVEL) <= LEVEL
    assert at_least(by_peeked_z(outcomes, drawn, 0.5)) > 0.9


@pytest.mark.parametrize(
    ("candidate", "share", "power"), [(0.6, 0.5, 0.7), (0.7, 0.5, 0.99), (0.7, 0.1, 0.8)]
)
def test_it_finds_what_is_there(candidate: float, share: float, power: float) -> None:
    """At 1,200 outcomes, half of them good for the champion."""
    outcomes, drawn = traffic(0.5, candidate, share=share, simulations=400, seed=1)
    assert at_least(by_bets(outcomes, drawn, share)) >= power


def test_bounded_outcomes_between_two_values() -> None:
    """Scores from -1 to 1, of which most are missing and count as 0."""
    generator = np.random.default_rng(2)
    drawn = generator.random(4000) < 0.3
    score = np.where(generator.random(4000) < np.where(drawn, 0.9, 0.4), 1.0, -1.0)
    score[generator.random(4000) < 0.7] = 0.0
    found = follow_difference(score, drawn, share=0.3, low=-1, high=1)
    true = 0.3 * (0.8 - -0.2)
    assert found.low < true < found.high
    assert found.low > 0
    assert found.is_above(LEVEL)
    assert not found.is_below(LEVEL)
    worse = follow_difference(-score, drawn, share=0.3, low=-1, high=1)
    assert worse.is_below(LEVEL)
    assert worse.high == pytest.approx(-found.low, abs=0.02)


def test_the_estimate_is_near_the_difference_of_means() -> None:
    outcomes, drawn = traffic(0.3, 0.6, simulations=1)
    found = follow_difference(outcomes[0], drawn[0], share=0.5)
    means = outcomes[0][drawn[0]].mean() - outcomes[0][~drawn[0]].mean()
    assert found.estimate == pytest.approx(means, abs=0.03)
    assert found.low < 0.3 < found.high


def test_the_mean_of_one_stream_holds_its_level_and_has_power() -> None:
    generator = np.random.default_rng(3)
    fair = (generator.random((2000, 600)) < 0.5).astype(float)
    looks = np.arange(10, 601, 10)
    p = always_valid_p(log_capital((fair - 0.5) / 0.5, looks=looks))[:, -1]
    assert at_most(p <= LEVEL) <= LEVEL
    rates = fair.cumsum(axis=1)[:, looks - 1] / looks
    peeked = ((rates - 0.5) / np.sqrt(0.25 / looks) > norm.ppf(1 - LEVEL)).any(axis=1)
    assert at_least(peeked) > 3 * LEVEL
    found = follow_mean(generator.random(600) < 0.65, null=0.5)
    assert found.is_above(LEVEL)
    assert 0.5 < found.low < 0.65 < found.high


def test_all_the_same_outcomes_give_an_interval_that_is_not_a_point() -> None:
    found = follow_mean([1.0] * 10)
    assert found.high == pytest.approx(1.0, abs=1e-9)
    assert 0.2 < found.low < 0.95
    one = follow_mean([0.0])
    assert (one.low, one.p_above) == (0.0, 1.0)
    assert one.high > 0.9


@pytest.mark.parametrize(
    ("outcomes", "drawn", "share", "words"),
    [
        ([], [], 0.5, "outcomes of shape"),
        ([0.0, 2.0], [True, False], 0.5, "1 of 2 outcomes"),
        ([0.0, math.nan], [True, False], 0.5, "1 of 2 outcomes"),
        ([0.0, 1.0], [True], 0.5, "arms"),
        ([0.0, 1.0], [True, False], 1.0, "share"),
        ([0.0, 1.0], [True, False], [0.5, 0.0], "share"),
    ],
)
def test_what_cannot_be_followed_is_said(
    outcomes: list[float], drawn: list[bool], share: float, words: str
) -> None:
    with pytest.raises(InputError, match=words):
        follow_difference(outcomes, drawn, share=share)


def test_a_null_and_bounds_that_are_not_possible_are_refused() -> None:
    for given in ({"null": 1.0}, {"low": 1.0, "high": 1.0}, {"confidence": 1.0}):
        with pytest.raises(InputError):
            follow_mean([0.5, 0.5], **given)
    with pytest.raises(InputError, match="no difference"):
        follow_difference([0.0, 1.0], [True, False], share=0.5, null=1.5)
