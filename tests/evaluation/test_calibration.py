"""Calibration against closed forms, scikit-learn, and forecasters with a known fault."""

from __future__ import annotations

import math

import numpy as np
import pytest
import sklearn.calibration
import sklearn.metrics
from scipy.special import softmax

from workbench import evaluation
from workbench.core.errors import InputError

GENERATOR = np.random.default_rng(2)
P = GENERATOR.beta(2, 2, 4000)
Y = (GENERATOR.random(4000) < P).astype(int)


@pytest.mark.parametrize("binning", ["width", "mass"])
def test_ece_of_one_wrong_probability_is_its_distance(binning: str) -> None:
    outcomes = np.array([1] * 60 + [0] * 40)
    found = evaluation.expected_calibration_error(np.full(100, 0.9), outcomes, binning=binning)
    assert found.estimate == pytest.approx(0.3)
    # Of a single bin it is |mean - 0.9|, whose bootstrap error is the binomial's.
    assert found.standard_error == pytest.approx(math.sqrt(0.6 * 0.4 / 100), rel=0.1)


def test_an_honest_forecaster_has_less_than_a_boastful_one() -> None:
    honest = evaluation.expected_calibration_error(P, Y, draws=200)
    boastful = evaluation.expected_calibration_error(P**0.5, Y, draws=200)
    # 15 bins of some 270 rows are off by chance alone: sum of w sqrt(2 v / (pi n)), about .02.
    assert honest.estimate < 0.03
    assert boastful.low > honest.high
    # The boastful one's bins are all off in one direction: its ECE is the mean distance.
    assert boastful.estimate == pytest.approx((P**0.5 - Y).mean(), abs=0.002)


@pytest.mark.parametrize(("binning", "theirs"), [("width", "uniform"), ("mass", "quantile")])
def test_the_curve_is_scikit_learns(binning: str, theirs: str) -> None:
    """But for one row of 400 a bin: theirs interpolates between two rows where ours picks one."""
    curve = evaluation.reliability_curve(P, Y, bins=10, binning=binning)
    came, stated = sklearn.calibration.calibration_curve(Y, P, n_bins=10, strategy=theirs)
    assert [part.accuracy for part in curve] == pytest.approx(came, abs=4e-3)
    assert [part.confidence for part in curve] == pytest.approx(stated, abs=4e-3)
    assert sum(part.rows for part in curve) == len(P)
    if binning == "mass":
        assert {part.rows for part in curve} == {400}
    holds = [part.interval.low <= part.confidence <= part.interval.high for part in curve]
    assert sum(holds) >= 7  # of ten 95% intervals of an honest forecaster
    error = sum(part.rows * abs(part.accuracy - part.confidence) for part in curve) / len(P)
    ece = evaluation.expected_calibration_error(P, Y, bins=10, binning=binning, draws=100)
    assert ece.estimate == pytest.approx(error)


def test_equal_probabilities_share_a_bin() -> None:
    p = np.array([0.2] * 50 + [0.8] * 50)
    y = np.array([1, 0, 0, 0, 0] * 10 + [1, 1, 1, 1, 0] * 10)
    found = evaluation.expected_calibration_error(p, y, bins=10, binning="mass", draws=100)
    assert found.estimate == pytest.approx(0)
    ends = evaluation.reliability_curve([0, 0, 1, 1], [0, 0, 1, 1], bins=4)
    assert [(part.low, part.high, part.rows) for part in ends] == [(0, 0.25, 2), (0.75, 1, 2)]
    # None of two says little: a bootstrap would say 0 to 0.
    assert ends[0].interval.low == 0
    assert ends[0].interval.high == pytest.approx(1 - 0.025**0.5)


def test_brier_is_scikit_learns_and_its_parts_add_up() -> None:
    found = evaluation.brier_score(P, Y, bins=7)
    assert found.score.estimate == pytest.approx(sklearn.metrics.brier_score_loss(Y, P))
    parts = found.reliability - found.resolution + found.uncertainty + found.within_bins
    assert found.score.estimate == pytest.approx(parts, rel=1e-12)


def test_murphys_parts_by_hand() -> None:
    """Two forecasts, .25 and .75, that come true in 1 of 5 and 4 of 5 cases."""
    p = [0.25] * 5 + [0.75] * 5
    y = [1, 0, 0, 0, 0, 1, 1, 1, 1, 0]
    found = evaluation.brier_score(p, y, bins=4)
    assert found.reliability == pytest.approx(0.05**2)
    assert found.resolution == pytest.approx(0.3**2)
    assert found.uncertainty == pytest.approx(0.25)
    assert found.within_bins == pytest.approx(0, abs=1e-15)


def test_the_temperature_of_two_classes_is_the_closed_form() -> None:
    """Logits (a, 0) that are right in a share p of the rows: a / T = log(p / (1 - p))."""
    a, share = 3.0, 0.8
    logits = np.tile([a, 0.0], (1000, 1))
    labels = np.array([0] * 800 + [1] * 200)
    found = evaluation.fit_temperature(logits, labels)
    assert found.temperature.estimate == pytest.approx(a / math.log(share / (1 - share)), rel=1e-9)
    entropy = -(share * math.log(share) + (1 - share) * math.log(1 - share))
    assert found.nll_after == pytest.approx(entropy)
    assert found.nll_before > found.nll_after
    fitted = evaluation.apply_temperature(logits, found.temperature.estimate)
    assert fitted[0] == pytest.approx([share, 1 - share])


def test_a_known_temperature_is_found_and_mends_the_calibration() -> None:
    generator = np.random.default_rng(4)
    logits = generator.normal(scale=2, size=(3000, 5))
    draws = generator.random((3000, 1))
    labels = (softmax(logits, axis=1).cumsum(axis=1) < draws).sum(axis=1)
    found = evaluation.fit_temperature(2.5 * logits, labels, draws=100)
    assert found.temperature.low < 2.5 < found.temperature.high
    errors = []
    for temperature in (1.0, found.temperature.estimate):
        p = evaluation.apply_temperature(2.5 * logits, temperature)
        right = p.argmax(axis=1) == labels
        errors.append(evaluation.expected_calibration_error(p.max(axis=1), right, draws=100))
    assert errors[1].high < errors[0].low


def test_where_no_temperature_fits_it_says_so() -> None:
    logits = np.tile([3.0, 0.0], (10, 1))
    for labels in (np.zeros(10, int), np.ones(10, int)):
        with pytest.raises(InputError, match="no finite temperature"):
            evaluation.fit_temperature(logits, labels)


@pytest.mark.parametrize(
    ("p", "y"), [([0.5], [1]), ([0.5, 0.5], [1]), ([1.5, 0.5], [1, 0]), ([0.5, 0.5], [1, 2])]
)
def test_bad_input_is_refused(p: list[float], y: list[int]) -> None:
    for measure in (
        evaluation.expected_calibration_error,
        evaluation.brier_score,
        evaluation.reliability_curve,
    ):
        with pytest.raises(InputError):
            measure(p, y)
    with pytest.raises(InputError):
        evaluation.fit_temperature([[1.0, 2.0]], [0.5])
