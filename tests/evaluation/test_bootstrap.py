"""Bootstrap intervals against scipy, against closed forms, and for their coverage."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats

from workbench import evaluation
from workbench.core.errors import InputError
from workbench.evaluation import bootstrap as room

SAMPLE = np.random.default_rng(7).lognormal(size=60)


@pytest.mark.parametrize("method", ["bca", "percentile"])
@pytest.mark.parametrize("statistic", [np.mean, np.median, np.std])
def test_it_agrees_with_scipy(method: str, statistic: room.Statistic) -> None:
    ours = evaluation.bootstrap_interval(statistic, SAMPLE, method=method, draws=20000)
    theirs = scipy.stats.bootstrap(
        (SAMPLE,), statistic, method=method, n_resamples=20000, rng=np.random.default_rng(1)
    )
    spread = 0.05 * (ours.high - ours.low)  # two independent sets of 20,000 draws
    assert ours.low == pytest.approx(theirs.confidence_interval.low, abs=spread)
    assert ours.high == pytest.approx(theirs.confidence_interval.high, abs=spread)
    assert ours.standard_error == pytest.approx(theirs.standard_error, rel=0.05)
    assert ours.method == method


def test_the_same_draws_give_scipys_bca_to_the_last_digit() -> None:
    resampled = room._resample(np.mean, [SAMPLE], draws=999, vectorised=True, seed=3)
    ours = evaluation.bootstrap_interval(np.mean, SAMPLE, draws=999, seed=3)
    theirs = scipy.stats.bootstrap(
        (SAMPLE,),
        np.mean,
        n_resamples=0,
        bootstrap_result=type("Drawn", (), {"bootstrap_distribution": resampled})(),
    ).confidence_interval
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), rel=1e-12)


def test_the_standard_error_of_a_mean_is_its_closed_form() -> None:
    found = evaluation.bootstrap_interval(np.mean, SAMPLE, draws=20000)
    assert found.standard_error == pytest.approx(SAMPLE.std() / np.sqrt(60), rel=0.03)


def coverage(sizes: int, **options: object) -> float:
    """How often the 90% interval of an exponential's mean holds the true mean of 1."""
    generator = np.random.default_rng(11)
    held = 0
    for seed in range(600):
        sample = generator.exponential(size=sizes)
        found = evaluation.bootstrap_interval(
            np.mean, sample, confidence=0.9, draws=400, seed=seed, **options
        )
        held += found.low <= 1 <= found.high
    return held / 600


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    # A right coverage of .90 has a standard error of .012 over 600 samples; small skewed samples
    # cost a bootstrap some of it (Efron and Tibshirani 1993, table 14.1).
    assert 0.86 <= coverage(50) <= 0.93
    assert 0.84 <= coverage(50, method="percentile") <= 0.93


def test_a_broken_resampler_is_seen_by_the_coverage(monkeypatch: pytest.MonkeyPatch) -> None:
    real = room._resample
    monkeypatch.setattr(  # draws that spread half as far as they should
        room,
        "_resample",
        lambda statistic, arrays, **options: (
            real(statistic, arrays, **options) / 2 + statistic(arrays[0], axis=-1) / 2
        ),
    )
    assert coverage(50) < 0.8


def test_pairs_are_resampled_together() -> None:
    generator = np.random.default_rng(5)
    hard = generator.normal(size=200)
    first = hard + 0.1 + generator.normal(scale=0.05, size=200)
    paired = evaluation.bootstrap_difference(np.mean, first, hard)
    apart = evaluation.bootstrap_difference(np.mean, first, hard, paired=False)
    assert paired.low > 0 > apart.low
    assert paired.estimate == pytest.approx(apart.estimate)
    assert paired.standard_error == pytest.approx((first - hard).std() / np.sqrt(200), rel=0.1)
    error = np.sqrt((first.var() + hard.var()) / 200)
    assert apart.standard_error == pytest.approx(error, rel=0.1)
    with pytest.raises(InputError, match="same number"):
        evaluation.bootstrap_difference(np.mean, first, hard[:-1])
    evaluation.bootstrap_difference(np.mean, first, hard[:-1], paired=False)


def test_vectorised_or_not_is_the_same() -> None:
    fast = evaluation.bootstrap_interval(np.mean, SAMPLE, seed=2)
    slow = evaluation.bootstrap_interval(
        lambda x: float(x.mean()), SAMPLE, vectorised=False, seed=2
    )
    assert (fast.low, fast.high) == pytest.approx((slow.low, slow.high))


def test_blocks_make_no_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = evaluation.bootstrap_interval(np.mean, SAMPLE)
    monkeypatch.setattr(room, "_BLOCK_ITEMS", 7 * 60)
    assert evaluation.bootstrap_interval(np.mean, SAMPLE) == whole


def test_where_bca_is_not_defined_it_says_so() -> None:
    constant = evaluation.bootstrap_interval(np.mean, np.ones(10))
    assert (constant.low, constant.high, constant.method) == (1, 1, "percentile")


@pytest.mark.parametrize(
    ("samples", "options"),
    [
        (([1.0],), {}),
        (([1.0, 2.0], [1.0]), {}),
        ((SAMPLE,), {"confidence": 1.0}),
        ((SAMPLE,), {"draws": 10}),
        ((SAMPLE,), {"method": "student"}),
    ],
)
def test_bad_parameters_are_refused(
    samples: tuple[list[float], ...], options: dict[str, object]
) -> None:
    with pytest.raises(InputError):
        evaluation.bootstrap_interval(np.mean, *samples, **options)


def test_a_statistic_that_is_not_a_number_is_refused() -> None:
    def ratio(x: np.ndarray, axis: int) -> np.ndarray:
        with np.errstate(invalid="ignore"):
            return (x * 0).sum(axis=axis) / x.sum(axis=axis)

    with pytest.raises(InputError, match="not a number"):
        evaluation.bootstrap_interval(ratio, np.array([0.0, 0.0, 1.0]))
