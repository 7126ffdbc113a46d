"""What is done to private data, in the numbers that an accountant needs and in no others.

Each is plain data, so that a spend can be written down and composed with others years later.
Neighbouring data sets differ by one unit (an example, or all examples of a user) that is added or
taken away.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Literal, TypeAlias

from workbench.core.errors import CapabilityError, InputError

Sampling = Literal["poisson", "shuffled", "fixed_size"]
Unit = Literal["example", "user"]


@dataclass(frozen=True)
class GaussianSteps:
    """Steps of the Gaussian mechanism on a Poisson sample of the units: a run of DP-SGD.

    ``noise_multiplier`` is the noise's standard deviation over the most that one unit can add to
    the sum; ``sampling_rate`` the probability with which each unit, by itself, is in a step.
    """

    noise_multiplier: float
    sampling_rate: float
    steps: int

    def __post_init__(self) -> None:
        _check(self.noise_multiplier >= 0, "noise_multiplier", self.noise_multiplier, "0 or more")
        _check(0 < self.sampling_rate <= 1, "sampling_rate", self.sampling_rate, "above 0, up to 1")
        _check(self.steps >= 1, "steps", self.steps, "1 or more")


@dataclass(frozen=True)
class DiscreteGaussian:
    """Whole-number noise of a Gaussian's shape on a whole number that a unit moves by up to
    ``sensitivity``; ``sigma`` is in the number's own unit. ``count`` such answers are given."""

    sigma: float
    sensitivity: int = 1
    count: int = 1

    def __post_init__(self) -> None:
        _check(self.sigma > 0, "sigma", self.sigma, "above 0")
        _check(self.sensitivity >= 1, "sensitivity", self.sensitivity, "1 or more")
        _check(self.count >= 1, "count", self.count, "1 or more")


@dataclass(frozen=True)
class PureSteps:
    """``count`` answers that are ``epsilon``-private each, whatever the mechanism."""

    epsilon: float
    count: int = 1

    def __post_init__(self) -> None:
        _check(self.epsilon >= 0, "epsilon", self.epsilon, "0 or more")
        _check(self.count >= 1, "count", self.count, "1 or more")


Mechanism: TypeAlias = GaussianSteps | DiscreteGaussian | PureSteps
_KINDS: dict[str, type[Mechanism]] = {
    "gaussian_steps": GaussianSteps,
    "discrete_gaussian": DiscreteGaussian,
    "pure_steps": PureSteps,
}


def dump_mechanism(mechanism: Mechanism) -> dict[str, Any]:
    """A mechanism as plain data."""
    kind = next(name for name, cls in _KINDS.items() if isinstance(mechanism, cls))
    return {"kind": kind, **asdict(mechanism)}


def load_mechanism(plain: Mapping[str, Any]) -> Mechanism:
    """The mechanism of plain data. Raises InputError if its kind is not known here."""
    fields = dict(plain)
    kind = fields.pop("kind", None)
    if kind not in _KINDS:
        raise InputError(
            f"a mechanism of the kind {kind!r} was written by another workbench",
            hint="pip install --upgrade workbench",
        )
    return _KINDS[kind](**fields)


def describe_mechanism(mechanism: Mechanism) -> str:
    """A mechanism in a few words."""
    if isinstance(mechanism, GaussianSteps):
        rate = f" at rate {mechanism.sampling_rate:.3g}" if mechanism.sampling_rate < 1 else ""
        steps = f"{mechanism.steps} step" + ("s" if mechanism.steps > 1 else "")
        return f"{steps}{rate}, noise multiplier {mechanism.noise_multiplier:.4g}"
    if isinstance(mechanism, DiscreteGaussian):
        answers = f"{mechanism.count} answer" + ("s" if mechanism.count > 1 else "")
        return f"{answers} with discrete Gaussian noise of {mechanism.sigma:.4g}"
    times = f"{mechanism.count} times " if mechanism.count > 1 else ""
    return f"{times}epsilon {mechanism.epsilon:.4g}"


def check_sampling(sampling: Sampling) -> None:
    """Refuse what the accountants cannot state an epsilon of.

    Raises:
        CapabilityError: Batches are not Poisson samples. That the batches of a shuffled epoch are
            as private as Poisson samples is false: Chua and others (2024), arXiv:2403.17673.
    """
    if sampling != "poisson":
        raise CapabilityError(
            f"no epsilon is stated for {sampling.replace('_', ' ')} batches: the accountants' "
            "amplification holds where each unit is in a step by its own coin (Poisson sampling)",
            hint="privacy.make_private(...) makes such a loader, or sampling_rate=1",
        )


def check_delta(delta: float) -> None:
    """Raise InputError unless 0 < delta < 1."""
    _check(0 < delta < 1, "delta", delta, "between 0 and 1, and under 1 in the number of units")


def _check(ok: bool, name: str, value: float, allowed: str) -> None:
    if not (ok and math.isfinite(value)):
        raise InputError(f"{name} is {value}, which must be {allowed}", name=name)
