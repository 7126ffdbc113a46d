"""What a user can ask: what a run would cost, and with what noise it stays within an epsilon."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import annotated_types as limits

from workbench.core.errors import InputError
from workbench.core.operations import operation
from workbench.core.viewers import Viewable

from .mechanisms import Sampling

Delta = Annotated[float, limits.Gt(0), limits.Lt(1)]


@dataclass(frozen=True)
class RunCost(Viewable):
    """What steps of DP-SGD cost, by PLD and by the looser Rényi account."""

    noise_multiplier: float
    sampling_rate: float
    steps: int
    delta: float
    epsilon_pld: float
    epsilon_rdp: float | None


@operation("privacy.account", title="Say what private training costs", produces="run-cost")
def account(
    *,
    sampling_rate: Annotated[float, limits.Gt(0), limits.Le(1)],
    steps: Annotated[int, limits.Ge(1)],
    delta: Delta = 1e-5,
    noise_multiplier: Annotated[float, limits.Ge(0)] | None = None,
    epsilon: Annotated[float, limits.Gt(0)] | None = None,
    sampling: Sampling = "poisson",
) -> RunCost:
    """Say what steps of private training cost, or which noise keeps them within an epsilon.

    Args:
        sampling_rate: The probability with which each example is in a step.
        steps: How many steps there are.
        delta: The probability with which more may be lost; well under 1 in the examples.
        noise_multiplier: The noise's standard deviation over the clipping norm.
        epsilon: In place of the noise multiplier: the least noise that keeps it is found.
        sampling: How batches are drawn; epsilon is stated for Poisson samples alone.
    """
    from .accounting import account as tell
    from .calibration import find_noise_multiplier
    from .mechanisms import GaussianSteps, check_sampling

    if (noise_multiplier is None) == (epsilon is None):
        raise InputError(
            "one of noise_multiplier and epsilon is needed, and not both",
            hint="workbench privacy account --epsilon 2 --sampling-rate 0.1 --steps 300",
        )
    if sampling_rate < 1:
        check_sampling(sampling)
    if noise_multiplier is None:
        assert epsilon is not None
        noise_multiplier = find_noise_multiplier(
            epsilon=epsilon, delta=delta, sampling_rate=sampling_rate, steps=steps
        )
    lost = tell(
        GaussianSteps(noise_multiplier, sampling_rate, steps), delta=delta, sampling=sampling
    )
    return RunCost(
        noise_multiplier, sampling_rate, steps, delta, lost.epsilon_pld, lost.epsilon_rdp
    )
