"""What a sequence of mechanisms costs: epsilon by privacy loss distributions, and by Rényi.

Privacy loss distributions (PLD): Koskela and others (2020), arXiv:1906.03049; Doroshenko and others
(2022), arXiv:2207.04380, whose rounding ("connect the dots") is pessimistic, so that what is stated
is never below what is true. Rényi (RDP): Mironov (2017), arXiv:1702.07476; it is looser, and shown
beside for whoever compares with papers that use it. Both are dp-accounting's.
"""

from __future__ import annotations

import contextlib
import functools
import logging
import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from workbench.core.cancellation import check_cancelled
from workbench.core.viewers import Viewable

from .mechanisms import (
    DiscreteGaussian,
    GaussianSteps,
    Mechanism,
    PureSteps,
    Sampling,
    check_delta,
    check_sampling,
)

# What dp-accounting takes by default; a coarser one is quicker, and states more, never less.
INTERVAL = 1e-4
# Each takes up to a few MB and up to a second: those of the runs of one budget are kept.
_KEPT = 64
# Up to this epsilon (by Rényi) losses are rounded to `INTERVAL`; beyond it the distribution would
# not fit in memory for long, and the fourth digit of such an epsilon is nobody's concern.
_FINE_UP_TO = 100.0
# Beyond this epsilon even coarse losses are more than can be raised to a power: it is stated by
# Rényi, which is never below what is true.
_BY_PLD_UP_TO = 1e6
# Whole orders take a hundredth of the time of those between, and a rough figure is wanted.
_ROUGH_ORDERS = (2, 3, 4, 6, 8, 12, 16, 24, 32, 64, 128)


@dataclass(frozen=True)
class PrivacyLoss(Viewable):
    """What was lost at ``delta``: ``epsilon_pld`` is what holds, ``epsilon_rdp`` is looser.

    ``epsilon_rdp`` is None where a mechanism has no Rényi account here (discrete Gaussian noise).
    """

    epsilon_pld: float
    epsilon_rdp: float | None
    delta: float


def account(*mechanisms: Mechanism, delta: float, sampling: Sampling = "poisson") -> PrivacyLoss:
    """What it costs to do all of this to the same units.

    Args:
        mechanisms: In any order; none costs nothing.
        delta: The probability with which the loss may be larger.
        sampling: How the batches of ``GaussianSteps`` were drawn.

    Raises:
        CapabilityError: Batches were not drawn as Poisson samples.
        InputError: delta is not between 0 and 1.
    """
    check_delta(delta)
    if any(isinstance(each, GaussianSteps) and each.sampling_rate < 1 for each in mechanisms):
        check_sampling(sampling)
    return PrivacyLoss(
        epsilon_by_pld(mechanisms, delta=delta), epsilon_by_rdp(mechanisms, delta=delta), delta
    )


def epsilon_by_pld(
    mechanisms: Iterable[Mechanism], *, delta: float, interval: float = INTERVAL
) -> float:
    """Epsilon at ``delta`` of the composition; infinite where there was no noise.

    Args:
        mechanisms: What was done.
        delta: Between 0 and 1.
        interval: The privacy loss is rounded up to its multiples.
    """
    return _by_pld(tuple(sorted(mechanisms, key=repr)), delta, interval)


@functools.lru_cache(maxsize=256)
def _by_pld(listed: tuple[Mechanism, ...], delta: float, interval: float) -> float:
    if any(_is_open(each) for each in listed):
        return math.inf
    if not listed:
        return 0.0
    rough = _rough(listed)
    if rough > _BY_PLD_UP_TO:
        return _beyond(listed, delta)
    interval *= max(1, math.ceil(rough / _FINE_UP_TO))
    return max(0.0, float(compose(listed, interval=interval).get_epsilon_for_delta(delta)))


def epsilon_by_rdp(mechanisms: Iterable[Mechanism], *, delta: float) -> float | None:
    """Epsilon at ``delta`` by Rényi divergences, or None where one of them has no such account."""
    return _by_rdp(tuple(sorted(mechanisms, key=repr)), delta)


@functools.lru_cache(maxsize=256)
def _by_rdp(listed: tuple[Mechanism, ...], delta: float) -> float | None:
    if any(_is_open(each) for each in listed):
        return math.inf
    if any(not isinstance(each, GaussianSteps) for each in listed):
        return None
    if not listed:
        return 0.0
    return _rdp_of(listed, delta)


def rough_epsilon(mechanism: GaussianSteps, *, delta: float) -> float:
    """Epsilon by Rényi divergences of a few orders: at most a little more than by all of them, in
    a hundredth of the time. For how fine an account must be, not for what is stated."""
    return math.inf if _is_open(mechanism) else _rdp_of((mechanism,), delta, orders=_ROUGH_ORDERS)


def _rdp_of(
    listed: tuple[Mechanism, ...], delta: float, *, orders: tuple[int, ...] | None = None
) -> float:
    """Epsilon by the best of some Rényi orders; dp-accounting's own if none are given."""
    from dp_accounting import dp_event
    from dp_accounting.rdp import RdpAccountant

    accountant = RdpAccountant(orders)
    with _without_words():
        for each in listed:
            assert isinstance(each, GaussianSteps)
            gaussian = dp_event.GaussianDpEvent(each.noise_multiplier)
            event = dp_event.PoissonSampledDpEvent(each.sampling_rate, gaussian)
            accountant.compose(event, each.steps)
        return float(accountant.get_epsilon(delta))


def compose(mechanisms: Iterable[Mechanism], *, interval: float = INTERVAL) -> Any:
    """The privacy loss distribution of all of them, dp-accounting's; the parts are kept.

    They are composed in an order of their own, so the same spends give the same number whatever the
    order they came in.
    """
    from dp_accounting.pld import privacy_loss_distribution as pld

    total = pld.identity(value_discretization_interval=interval)
    for each in sorted(mechanisms, key=repr):
        check_cancelled()
        total = total.compose(_distribution(each, interval))
    return total


def _rough(mechanisms: tuple[Mechanism, ...]) -> float:
    """About the epsilon of steps and pure answers; discrete Gaussian noise is left out. By how much
    coarser losses are rounded where so little noise is added that they would fill the memory."""
    steps = tuple(each for each in mechanisms if isinstance(each, GaussianSteps))
    return (_rdp_of(steps, 1e-6, orders=_ROUGH_ORDERS) if steps else 0.0) + _pure(mechanisms)


def _pure(mechanisms: tuple[Mechanism, ...]) -> float:
    return sum(each.epsilon * each.count for each in mechanisms if isinstance(each, PureSteps))


def _beyond(listed: tuple[Mechanism, ...], delta: float) -> float:
    """An epsilon that is nobody's concern any more: steps by Rényi and pure answers by their sum,
    infinite with discrete Gaussian noise among them."""
    if any(isinstance(each, DiscreteGaussian) for each in listed):
        return math.inf
    steps = tuple(each for each in listed if isinstance(each, GaussianSteps))
    return (_rdp_of(steps, delta) if steps else 0.0) + _pure(listed)


@functools.lru_cache(maxsize=_KEPT)
def _distribution(mechanism: Mechanism, interval: float) -> Any:
    """One mechanism's distribution, all its steps composed."""
    from dp_accounting.pld import privacy_loss_distribution as pld

    if isinstance(mechanism, GaussianSteps):
        return _one_step(
            mechanism.noise_multiplier, mechanism.sampling_rate, interval
        ).self_compose(mechanism.steps)
    if isinstance(mechanism, DiscreteGaussian):
        one = pld.from_discrete_gaussian_mechanism(
            sigma=mechanism.sigma,
            sensitivity=mechanism.sensitivity,
            value_discretization_interval=interval,
        )
        return one.self_compose(mechanism.count)
    from dp_accounting.pld.common import DifferentialPrivacyParameters

    assert isinstance(mechanism, PureSteps)
    one = pld.from_privacy_parameters(
        DifferentialPrivacyParameters(mechanism.epsilon, 0.0),
        value_discretization_interval=interval,
    )
    return one.self_compose(mechanism.count)


@functools.lru_cache(maxsize=_KEPT)
def _one_step(noise_multiplier: float, sampling_rate: float, interval: float) -> Any:
    """One step's distribution, from which that of any number of steps is made."""
    from dp_accounting.pld import privacy_loss_distribution as pld

    return pld.from_gaussian_mechanism(
        standard_deviation=noise_multiplier,
        sampling_prob=sampling_rate,
        value_discretization_interval=interval,
    )


def _is_open(mechanism: Mechanism) -> bool:
    return isinstance(mechanism, GaussianSteps) and mechanism.noise_multiplier == 0


@contextlib.contextmanager
def _without_words() -> Iterator[None]:
    """Some Rényi orders do not converge and are left out, which only raises epsilon: no warnings
    of each."""
    logger = logging.getLogger("absl")
    before = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(before)
