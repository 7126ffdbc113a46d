"""The audit's bounds hold where the truth is known, and a run that lies about its noise is seen."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import binom, norm

from workbench.core.errors import CapabilityError, InputError
from workbench.privacy.auditing import steinke
from workbench.privacy.auditing.canaries import GradientCanaries
from workbench.privacy.auditing.f_dp_bound import can_reach
from workbench.privacy.auditing.one_run import audit_run
from workbench.privacy.auditing.tradeoff import gaussian_trade_off, trade_off_of
from workbench.privacy.dp.mechanisms import GaussianSteps

MU = 1.2


def simulate(canaries: int, mu: float, seed: int, guesses: int) -> int:
    """Right guesses about canaries that are seen through Gaussian noise, each by itself."""
    drawn = np.random.default_rng(seed)
    inside = drawn.random(canaries) < 0.5
    seen = inside * mu - mu / 2 + drawn.standard_normal(canaries)
    surest = np.argsort(-np.abs(seen))[:guesses]
    return int(((seen > 0) == inside)[surest].sum())


@pytest.mark.parametrize("guesses", [400, 80])
def test_what_can_be_reached_is_never_refuted(guesses: int) -> None:
    trade_off = gaussian_trade_off(MU)
    refuted = sum(
        not can_reach(
            trade_off, canaries=400, guesses=guesses, right=simulate(400, MU, seed, guesses), p=0.05
        )
        for seed in range(20)
    )
    assert refuted == 0


def test_a_mechanism_with_less_privacy_is_refuted() -> None:
    right = simulate(400, 8.0, 0, 400)
    assert not can_reach(gaussian_trade_off(MU), canaries=400, guesses=400, right=right, p=0.05)
    # Without its recursion the bound would allow it: one step forces nothing.
    assert can_reach(gaussian_trade_off(MU), canaries=400, guesses=400, right=right - 80, p=0.05)


def test_nothing_private_is_told_apart() -> None:
    blind = gaussian_trade_off(1e-6)
    chance = int(binom.isf(0.001, 400, 0.5)) + 12
    assert not can_reach(blind, canaries=400, guesses=400, right=chance, p=0.05)
    assert can_reach(blind, canaries=400, guesses=400, right=200, p=0.05)


def test_the_trade_off_of_a_run_is_that_of_its_mechanism() -> None:
    one = trade_off_of(GaussianSteps(1 / MU, 1.0, 1))
    for false_alarms in (0.001, 0.02, 0.2):
        hits = float(norm.cdf(norm.ppf(false_alarms) + MU))
        found = one.least_false_alarms(hits)
        assert found <= false_alarms * (1 + 1e-9)  # never more than what can be reached
        assert found > 0.9 * false_alarms


def test_steinkes_bound_is_randomised_responses_without_delta() -> None:
    given = {"canaries": 100, "guesses": 100, "right": 80, "epsilon": 1.0}
    exact = float(binom.sf(79, 100, 1 / (1 + math.exp(-1))))
    assert math.isclose(steinke.p_value(**given, delta=0.0), exact)
    assert steinke.p_value(**given, delta=1e-3) > exact
    low = steinke.lower_bound(canaries=100, guesses=100, right=80, delta=0.0, confidence=0.95)
    assert math.isclose(
        steinke.p_value(canaries=100, guesses=100, right=80, epsilon=low, delta=0.0), 0.05,
        rel_tol=1e-3,
    )  # fmt: skip
    assert steinke.lower_bound(
        canaries=100, guesses=100, right=50, delta=0.0, confidence=0.95
    ) == 0.0  # fmt: skip


def run_canaries(claimed: GaussianSteps, *, noise_scale: float, seed: int) -> GradientCanaries:
    """The canaries of a run on nobody else, through the true optimiser."""
    import torch

    from workbench.privacy.dp.clipping import FixedClipping
    from workbench.privacy.dp.noise import SeededNoise
    from workbench.privacy.dp.private_optimizer import PrivateOptimizer

    planted = GradientCanaries(400, rate=claimed.sampling_rate, seed=seed)
    weights = torch.nn.Parameter(torch.zeros(20, 40))
    optimizer = PrivateOptimizer(
        torch.optim.SGD([weights], lr=0.1), noise_multiplier=claimed.noise_multiplier,
        clipping=FixedClipping(0.5), expected_units=100.0, steps=claimed.steps,
        noise=SeededNoise(seed), noise_scale=noise_scale, canaries=planted,
    )  # fmt: skip
    for _ in range(claimed.steps):
        optimizer.step()
    assert float(weights.detach().std()) > 0
    return planted


CLAIMED = GaussianSteps(5.0, 0.5, 30)


@pytest.mark.slow
def test_ten_times_too_little_noise_is_flagged_and_a_correct_run_is_not() -> None:
    for seed in range(2):
        found = audit_run(run_canaries(CLAIMED, noise_scale=1.0, seed=seed), CLAIMED, delta=1e-5)
        assert not found.flagged and 0 <= found.lower < found.upper
        broken = audit_run(run_canaries(CLAIMED, noise_scale=0.1, seed=seed), CLAIMED, delta=1e-5)
        assert broken.flagged and broken.lower > broken.upper
        assert broken.lower_any < broken.lower


def test_clipping_that_is_forgotten_is_flagged(monkeypatch: pytest.MonkeyPatch) -> None:
    from workbench.privacy.dp import private_optimizer

    def not_clipped(samples, norm):  # type: ignore[no-untyped-def]
        return [each.sum(dim=0) for each in samples], samples[0].new_zeros(len(samples[0]))

    monkeypatch.setattr(private_optimizer, "_clip", not_clipped)
    found = audit_run(run_canaries(CLAIMED, noise_scale=1.0, seed=0), CLAIMED, delta=1e-5)
    assert found.flagged


def test_canaries_do_not_move_what_is_trained() -> None:
    import torch

    from workbench.privacy.dp.clipping import FixedClipping
    from workbench.privacy.dp.noise import SeededNoise
    from workbench.privacy.dp.private_optimizer import PrivateOptimizer

    ends = []
    for planted in (None, GradientCanaries(50, rate=0.5, seed=1)):
        weights = torch.nn.Parameter(torch.zeros(400))
        optimizer = PrivateOptimizer(
            torch.optim.SGD([weights], lr=0.1), noise_multiplier=1.0, clipping=FixedClipping(),
            expected_units=10.0, steps=5, noise=SeededNoise(0), canaries=planted,
        )  # fmt: skip
        for _ in range(5):
            optimizer.step()
        ends.append(weights.detach().clone())
    torch.testing.assert_close(ends[0], ends[1], rtol=1e-4, atol=1e-5)


def test_bad_input() -> None:
    import torch

    with pytest.raises(InputError, match="tell nothing"):
        GradientCanaries(1, rate=0.5)
    planted = GradientCanaries(100, rate=0.5, seed=0)
    with pytest.raises(CapabilityError, match="no room"):
        planted.samples([torch.Size([20])], norm=1.0)
    with pytest.raises(InputError, match="no step"):
        audit_run(planted, CLAIMED, delta=1e-5)
