"""Epsilon is dp-accounting's, never below it, and never below what arithmetic says."""

from __future__ import annotations

import functools
import itertools
import math
import random

import pytest

from workbench.core.errors import CapabilityError, InputError
from workbench.privacy.dp import accounting
from workbench.privacy.dp.accounting import account, epsilon_by_pld, epsilon_by_rdp
from workbench.privacy.dp.calibration import find_noise_multiplier
from workbench.privacy.dp.mechanisms import (
    DiscreteGaussian,
    GaussianSteps,
    PureSteps,
    dump_mechanism,
    load_mechanism,
)

NOISE = (0.9, 2.0, 6.0)
RATES = (0.01, 0.1, 0.5)
STEPS = (1, 40, 400)
DELTAS = (1e-5, 1e-7)


def of_the_library(run: GaussianSteps, delta: float) -> float:
    from dp_accounting import dp_event
    from dp_accounting.pld import PLDAccountant

    event = dp_event.PoissonSampledDpEvent(
        run.sampling_rate, dp_event.GaussianDpEvent(run.noise_multiplier)
    )
    return PLDAccountant().compose(event, run.steps).get_epsilon(delta)


def gaussian_delta(epsilon: float, noise: float) -> float:
    """The Gaussian mechanism's delta: Balle and Wang (2018), arXiv:1805.06530, theorem 8."""
    from scipy.stats import norm

    half, shift = 1 / (2 * noise), epsilon * noise
    return float(norm.cdf(half - shift) - math.exp(epsilon) * norm.cdf(-half - shift))


@functools.cache
def one_step_delta(epsilon: float, noise: float, rate: float) -> float:
    """Delta of one subsampled step by integrating the two densities, on each side of the change."""
    import numpy as np
    from scipy.stats import norm

    x = np.linspace(-30 * noise, 1 + 30 * noise, 200_001)
    without = norm.pdf(x, 0, noise)
    having = (1 - rate) * without + rate * norm.pdf(x, 1, noise)
    each = (
        np.trapezoid(np.maximum(0, a - math.exp(epsilon) * b), x)
        for a, b in ((having, without), (without, having))
    )
    return float(max(each))


@pytest.mark.soak
def test_equals_the_library_and_is_never_below(scale: int) -> None:
    grid = list(itertools.product(NOISE, RATES, STEPS, DELTAS))
    for noise, rate, steps, delta in random.Random(7).sample(grid, min(5 * scale, len(grid))):
        theirs = of_the_library(GaussianSteps(noise, rate, steps), delta)
        ours = epsilon_by_pld([GaussianSteps(noise, rate, steps)], delta=delta)
        # Beyond epsilon 100 losses are rounded more coarsely: two of the grid are 142 and 128.
        above = 1e-6 if theirs <= 100 else 1e-7 * theirs
        assert theirs <= ours <= theirs + above
        # A variant that forgets a step is below, and this grid sees it.
        if steps > 1:
            assert epsilon_by_pld([GaussianSteps(noise, rate, steps - 1)], delta=delta) < theirs


@pytest.mark.parametrize("noise", [1.0, 3.0, 20.0])
def test_is_not_below_the_closed_form(noise: float) -> None:
    epsilon = epsilon_by_pld([GaussianSteps(noise, 1.0, 1)], delta=1e-5)
    assert gaussian_delta(epsilon, noise) <= 1e-5 * (1 + 1e-9)
    assert gaussian_delta(epsilon - 1e-3, noise) > 1e-5


@pytest.mark.parametrize(("noise", "rate"), [(1.0, 0.1), (2.0, 0.5)])
def test_one_subsampled_step_is_not_below_the_integral(noise: float, rate: float) -> None:
    epsilon = epsilon_by_pld([GaussianSteps(noise, rate, 1)], delta=1e-5)
    assert one_step_delta(epsilon, noise, rate) <= 1e-5 * (1 + 1e-6)
    assert one_step_delta(epsilon - 2e-3, noise, rate) > 1e-5


def test_spends_compose_in_any_order_and_stay_below_their_sum() -> None:
    parts = (
        GaussianSteps(2.0, 0.1, 100),
        GaussianSteps(4.0, 1.0, 3),
        DiscreteGaussian(6.0, count=4),
        PureSteps(0.05, count=3),
    )
    whole = epsilon_by_pld(parts, delta=1e-5)
    assert whole == epsilon_by_pld(reversed(parts), delta=1e-5)
    alone = [epsilon_by_pld([each], delta=1e-5) for each in parts]
    assert max(alone) < whole < sum(alone)


def test_renyi_is_looser_and_absent_where_it_says_nothing() -> None:
    run = GaussianSteps(2.0, 0.1, 300)
    lost = account(run, delta=1e-5)
    assert lost.epsilon_rdp is not None and lost.epsilon_pld < lost.epsilon_rdp
    assert epsilon_by_rdp([DiscreteGaussian(5.0)], delta=1e-5) is None


def test_no_noise_is_no_privacy_and_nothing_done_costs_nothing() -> None:
    assert account(GaussianSteps(0.0, 0.1, 1), delta=1e-5).epsilon_pld == math.inf
    assert account(delta=1e-5).epsilon_pld == 0.0
    little = account(GaussianSteps(0.001, 0.1, 500), delta=1e-5)
    assert math.isfinite(little.epsilon_pld) and little.epsilon_pld > 1e6


def test_hardly_any_noise_is_an_epsilon_beyond_use_and_no_fault() -> None:
    """At a ten-thousandth of the noise the losses' powers are more than a float holds."""
    steps, pure = GaussianSteps(1.2e-4, 0.5, 30), PureSteps(2e6)
    found = epsilon_by_pld([steps], delta=1e-5)
    assert 30 / (2 * 1.2e-4**2) < found == epsilon_by_rdp([steps], delta=1e-5) < math.inf
    assert epsilon_by_pld([steps, pure], delta=1e-5) == found + 2e6
    assert epsilon_by_pld([steps, DiscreteGaussian(4.0)], delta=1e-5) == math.inf
    # Just below it goes by distributions, and the two do not lie far apart.
    (below,) = (epsilon_by_pld([each], delta=1e-5) for each in (GaussianSteps(6e-3, 1.0, 30),))
    assert 30 / (2 * 6e-3**2) < below < 1.1 * 30 / (2 * 6e-3**2)


def test_nothing_is_computed_twice() -> None:
    run = GaussianSteps(1.7, 0.2, 30)
    epsilon_by_pld([run], delta=1e-5)
    before = accounting._one_step.cache_info()
    epsilon_by_pld([run], delta=1e-6)
    epsilon_by_pld([GaussianSteps(1.7, 0.2, 60)], delta=1e-5)  # more steps of the same
    after = accounting._one_step.cache_info()
    assert after.misses == before.misses


@pytest.mark.parametrize(("epsilon", "rate", "steps"), [(2.0, 0.2, 100), (0.3, 0.05, 20)])
def test_the_noise_found_is_safe_and_hardly_more_than_needed(
    epsilon: float, rate: float, steps: int
) -> None:
    noise = find_noise_multiplier(epsilon=epsilon, delta=1e-5, sampling_rate=rate, steps=steps)
    reached = of_the_library(GaussianSteps(noise, rate, steps), 1e-5)
    assert 0.9998 * epsilon <= reached <= epsilon
    assert of_the_library(GaussianSteps(noise * 0.999, rate, steps), 1e-5) > epsilon


def test_noise_makes_room_for_what_was_spent_before() -> None:
    before = GaussianSteps(4.0, 0.2, 50)
    given_less = find_noise_multiplier(
        epsilon=2.0, delta=1e-5, sampling_rate=0.2, steps=50, spent=(before,)
    )
    run = GaussianSteps(given_less, 0.2, 50)
    assert epsilon_by_pld([before, run], delta=1e-5) <= 2.0
    with pytest.raises(InputError, match="no noise keeps"):
        find_noise_multiplier(epsilon=0.2, delta=1e-5, sampling_rate=0.2, steps=50, spent=(before,))


@pytest.mark.parametrize("sampling", ["shuffled", "fixed_size"])
def test_no_epsilon_for_batches_that_are_no_poisson_samples(sampling: str) -> None:
    with pytest.raises(CapabilityError, match="no epsilon is stated"):
        account(GaussianSteps(1.0, 0.1, 10), delta=1e-5, sampling=sampling)  # type: ignore[arg-type]
    # Where each step sees everybody there is no sampling to amplify by.
    account(GaussianSteps(5.0, 1.0, 1), delta=1e-5, sampling=sampling)  # type: ignore[arg-type]


@pytest.mark.parametrize("delta", [0.0, 1.0, -1e-5, math.nan])
def test_bad_delta(delta: float) -> None:
    with pytest.raises(InputError, match="delta"):
        account(GaussianSteps(1.0, 0.1, 10), delta=delta)


@pytest.mark.parametrize("bad", [(-1.0, 0.1, 5), (1.0, 0.0, 5), (1.0, 1.5, 5), (1.0, 0.1, 0)])
def test_bad_steps(bad: tuple[float, float, int]) -> None:
    with pytest.raises(InputError):
        GaussianSteps(*bad)


def test_mechanisms_come_back_from_plain_data() -> None:
    for each in (GaussianSteps(1.5, 0.1, 7), DiscreteGaussian(3.0, 2), PureSteps(0.1, 4)):
        assert load_mechanism(dump_mechanism(each)) == each
    with pytest.raises(InputError, match="another workbench"):
        load_mechanism({"kind": "quantum"})
