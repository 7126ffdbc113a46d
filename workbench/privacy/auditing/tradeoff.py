"""What an attacker can reach at most against a mechanism: its trade-off function.

Dong, Roth and Su (2022), "Gaussian differential privacy", arXiv:1905.02383: where false alarms have
the probability x, hits have at most ``1 - f(x)``. It is taken from the privacy loss distribution,
as the lowest of the lines that its pairs of epsilon and delta give.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.privacy.dp.accounting import compose, rough_epsilon
from workbench.privacy.dp.mechanisms import GaussianSteps

if TYPE_CHECKING:
    import numpy as np

_LINES = 400
_LARGEST = 600.0  # e to more is no float


@dataclass(frozen=True)
class TradeOff:
    """Lines above a mechanism's hits: for each ``epsilons[i]`` (0 or more), ``deltas[i]``."""

    epsilons: np.ndarray
    deltas: np.ndarray

    def least_false_alarms(self, hits: float) -> float:
        """The least probability of false alarms with which hits may have the probability ``hits``.

        From hits <= e^epsilon x + delta, and, of the complements, 1 - x <= e^epsilon (1 - hits) +
        delta.
        """
        import numpy as np

        grown = np.exp(self.epsilons)
        first = (hits - self.deltas) / grown
        second = 1 - self.deltas - (1 - hits) * grown
        return float(max(0.0, first.max(), second.max()))


@functools.lru_cache(maxsize=64)
def trade_off_of(mechanism: GaussianSteps) -> TradeOff:
    """The trade-off of a run, a little pessimistic: losses are rounded up."""
    import numpy as np

    rough = rough_epsilon(mechanism, delta=1e-6)
    interval = max(1e-3, rough / 20_000)
    distribution = compose([mechanism], interval=interval)
    # Lines are close together where they matter, at small losses.
    epsilons = np.linspace(0, min(max(rough, 1e-3), _LARGEST) ** 0.5, _LINES) ** 2
    with np.errstate(over="ignore", invalid="ignore"):
        deltas = np.asarray(distribution.get_delta_for_epsilon(epsilons), dtype=float)
    # Where the library's arithmetic overflows its line says nothing.
    return TradeOff(epsilons, np.clip(np.nan_to_num(deltas, nan=1.0), 0, 1))


def gaussian_trade_off(mu: float) -> TradeOff:
    """That of one Gaussian mechanism whose mean moves by ``mu`` standard deviations."""
    import numpy as np
    from scipy.stats import norm

    epsilons = np.linspace(0, min(mu * (mu / 2 + 8), _LARGEST) ** 0.5, _LINES) ** 2
    left, right = mu / 2 - epsilons / mu, -mu / 2 - epsilons / mu
    deltas = norm.cdf(left) - np.exp(epsilons) * norm.cdf(right)
    return TradeOff(epsilons, np.clip(deltas, 0, 1))
