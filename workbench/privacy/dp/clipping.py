"""How much one unit may add to a step: a fixed norm, or a quantile of the norms, found privately.

Andrew, Thakkar, McMahan and Ramaswamy (2021), "Differentially private learning with adaptive
clipping", arXiv:1905.03871.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from workbench.core.errors import InputError

if TYPE_CHECKING:
    import torch

    from .noise import Noise


class Clipping(Protocol):
    """``norm`` is the most that a unit adds now, in the Euclidean norm over all parameters."""

    norm: float

    def gradient_noise(self, noise_multiplier: float, expected_units: float) -> float:
        """The noise on the gradient, over ``norm``, with which all that a step tells costs as much
        as a gradient alone with ``noise_multiplier``."""
        ...

    def learn(self, norms: torch.Tensor, *, expected_units: float, noise: Noise) -> None:
        """Change ``norm`` after a step, from the units' norms ``[n]`` before clipping."""
        ...


@dataclass
class FixedClipping:
    """The same norm at every step."""

    norm: float = 1.0

    def __post_init__(self) -> None:
        _check_norm(self.norm)

    def gradient_noise(self, noise_multiplier: float, expected_units: float) -> float:
        """See ``Clipping``: nothing else is told."""
        return noise_multiplier

    def learn(self, norms: torch.Tensor, *, expected_units: float, noise: Noise) -> None:
        """See ``Clipping``: it stays."""


@dataclass
class QuantileClipping:
    """The norm under which ``quantile`` of the units lie, followed by a noisy count at each step.

    The count is divided by the units that are expected, not by those that came: how many came is
    private too. Its noise is part of the account (section 3.1 of the paper, theorem 1): the
    gradient's is larger for it.

    Args:
        norm: The first one.
        quantile: The share of units that are not clipped.
        rate: The step of the logarithm.
        count_noise: The standard deviation of the count's noise; by default a twentieth of the
            units that are expected, as in the paper, and at least the noise multiplier.
    """

    norm: float = 1.0
    quantile: float = 0.5
    rate: float = 0.2
    count_noise: float | None = None

    def __post_init__(self) -> None:
        _check_norm(self.norm)
        if not 0 < self.quantile < 1:
            raise InputError(f"quantile is {self.quantile}, which must be between 0 and 1")

    def gradient_noise(self, noise_multiplier: float, expected_units: float) -> float:
        """See ``Clipping``.

        Raises:
            InputError: The count has so little noise that it would cost more than the whole step.
        """
        if self.count_noise is None:
            self.count_noise = max(expected_units / 20, noise_multiplier)
        if noise_multiplier == 0:
            return 0.0
        # Each unit moves the count of (unclipped - 1/2) by 1/2 at most.
        left = noise_multiplier**-2 - (2 * self.count_noise) ** -2
        if left <= 0:
            raise InputError(
                f"count_noise is {self.count_noise:g}; with a noise multiplier of "
                f"{noise_multiplier:g} it must be above {noise_multiplier / 2:g}"
            )
        return float(left**-0.5)

    def learn(self, norms: torch.Tensor, *, expected_units: float, noise: Noise) -> None:
        """See ``Clipping``."""
        assert self.count_noise is not None, "gradient_noise() comes first"
        count = float((norms <= self.norm).double().sub(0.5).sum())
        noisy = count + float(noise.normal((1,), self.count_noise))
        share = noisy / expected_units + 0.5
        self.norm *= math.exp(-self.rate * (share - self.quantile))


def _check_norm(norm: float) -> None:
    if not (math.isfinite(norm) and norm > 0):
        raise InputError(f"the clipping norm is {norm}, which must be above 0", name="norm")
