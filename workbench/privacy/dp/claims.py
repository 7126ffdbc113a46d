"""What a run claims to cost, what its budget is charged, and what its audit found of the claim.

The three are kept apart: a budget is charged for the noise that was added, whatever a run says
of it, and the claim stays as it was made, for an audit to refute.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from .accounting import epsilon_by_pld
from .mechanisms import GaussianSteps


@dataclass(frozen=True)
class Claim:
    """Of a spend: ``epsilon`` is what the run says that it costs at ``delta``, ``charged`` what the
    noise that is added costs, by which the budget goes. ``noise_scale`` is that noise over the
    noise that is claimed: 1 where the run is honest. ``charged`` is None where it has no bound."""

    epsilon: float
    delta: float
    charged: float | None
    noise_scale: float = 1.0


@dataclass(frozen=True)
class Verdict:
    """What the audit of a spend's run proved: an epsilon of ``lower`` or more, with
    ``confidence``; ``refuted`` where that is more than was claimed."""

    lower: float
    confidence: float
    refuted: bool


def claim_of(
    claimed: GaussianSteps, added: GaussianSteps, *, delta: float, noise_scale: float
) -> Claim:
    """The claim of a run.

    Args:
        claimed: What the run says that it does.
        added: What it does.
        delta: At which both epsilons are stated.
        noise_scale: The noise that is added over the noise that is claimed.
    """
    charged = epsilon_by_pld([added], delta=delta)
    return Claim(
        epsilon_by_pld([claimed], delta=delta), delta,
        charged if math.isfinite(charged) else None, noise_scale,
    )  # fmt: skip


def really_added(
    claimed: GaussianSteps, *, gradient_noise: float, noise_scale: float
) -> GaussianSteps:
    """The mechanism of a run whose gradients' noise is scaled.

    What else a step tells (the noisy count of ``QuantileClipping``) keeps its noise: the squares of
    the inverse multipliers add up (Andrew and others (2021), arXiv:1905.03871, theorem 1).

    Args:
        claimed: With the noise multiplier of a whole step.
        gradient_noise: The noise multiplier of its gradients alone.
        noise_scale: By which that is multiplied; above 0.
    """
    if noise_scale == 1 or claimed.noise_multiplier == 0:
        return claimed
    if gradient_noise == claimed.noise_multiplier:
        return replace(claimed, noise_multiplier=noise_scale * gradient_noise)
    told_else = claimed.noise_multiplier**-2 - gradient_noise**-2
    whole = (noise_scale * gradient_noise) ** -2 + told_else
    return replace(claimed, noise_multiplier=whole**-0.5)


def dump_part(part: Claim | Verdict | None) -> dict[str, Any] | None:
    """A claim or verdict as plain data; None for none."""
    return None if part is None else asdict(part)


def load_claim(plain: Mapping[str, Any] | None) -> Claim | None:
    """The claim of plain data; None for none."""
    return None if plain is None else Claim(**plain)


def load_verdict(plain: Mapping[str, Any] | None) -> Verdict | None:
    """The verdict of plain data; None for none."""
    return None if plain is None else Verdict(**plain)


def describe_claim(claim: Claim | None) -> str:
    """What was claimed and charged, in a few words; empty where nothing was claimed."""
    if claim is None:
        return ""
    if claim.noise_scale == 1:
        return f"epsilon {claim.epsilon:.4g}"
    charged = "without bound" if claim.charged is None else f"{claim.charged:.4g}"
    return (
        f"claims epsilon {claim.epsilon:.4g}, charged {charged}: "
        f"{claim.noise_scale:g} times the noise claimed"
    )


def describe_verdict(verdict: Verdict | None) -> str:
    """What the audit found, in a few words; empty where there was none."""
    if verdict is None:
        return ""
    if verdict.refuted:
        return f"claim refuted: {verdict.lower:.4g} is proven"
    return f"claim not refuted: {verdict.lower:.4g} is proven"
