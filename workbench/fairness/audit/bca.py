"""BCa intervals of many quantities at once (Efron, "Better Bootstrap Confidence Intervals", 1987).

Chosen over percentile intervals by exact coverage: for a share of 8-12% of 30 rows percentile
intervals hold it in 85.6% of samples at worst, BCa in 95.6%; of 100 rows 91.3% and 94.7%; from
2,000 rows on the two are the same (docs/lab-log.md).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

_MOST_BIAS = 1.0  # standard normal units; beyond it the resamples say that BCa is not to be trusted


def acceleration(influence: np.ndarray, multiplicity: np.ndarray) -> np.ndarray:
    """The acceleration of quantities from their influence: [K, U] and [U] to [K]."""
    import numpy as np

    total = multiplicity.sum()
    centred = influence - (influence @ multiplicity / total)[:, None]
    power = (centred**2) @ multiplicity
    cubes = (centred**3) @ multiplicity
    return np.divide(cubes, 6 * power**1.5, out=np.zeros(len(power)), where=power > 0)


def bias(estimates: np.ndarray, draws: np.ndarray) -> np.ndarray:
    """Median bias in standard normal units: [K] and [B, K] to [K]."""
    import numpy as np
    from scipy.special import ndtri

    below = (draws < estimates).mean(axis=0) + (draws == estimates).mean(axis=0) / 2
    edge = 0.5 / len(draws)
    return np.clip(ndtri(np.clip(below, edge, 1 - edge)), -_MOST_BIAS, _MOST_BIAS)


def corrected_levels(level: float, z0: np.ndarray, a: np.ndarray) -> Any:
    """The quantile levels of the draws that stand for ``level``: equation 6.8 of the paper."""
    from scipy.special import ndtr, ndtri

    z = z0 + ndtri(level)
    return ndtr(z0 + z / (1 - a * z))


def column_quantiles(ordered: np.ndarray, levels: np.ndarray) -> np.ndarray:
    """A quantile of its own for each column of sorted draws: [B, K] and [K] to [K]."""
    import numpy as np

    place = np.clip(levels, 0, 1) * (len(ordered) - 1)
    below = np.floor(place).astype(int)
    above = np.minimum(below + 1, len(ordered) - 1)
    columns = np.arange(ordered.shape[1])
    low, high = ordered[below, columns], ordered[above, columns]
    with np.errstate(invalid="ignore"):  # infinities beside each other
        between = low + (high - low) * (place - below)
    return np.where(low == high, low, between)


def intervals(
    estimates: np.ndarray,
    draws: np.ndarray,
    influence: np.ndarray,
    multiplicity: np.ndarray,
    *,
    confidence: float,
    plain: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """The ends of two-sided intervals, each of shape [K].

    Args:
        estimates: Shape [K].
        draws: Shape [B, K].
        influence: Shape [K, U].
        multiplicity: Shape [U].
        confidence: In (0, 1).
        plain: Shape [K]; where true the draws' own quantiles are taken.
    """
    import numpy as np

    z0 = np.where(plain, 0.0, bias(estimates, draws))
    a = np.where(plain, 0.0, acceleration(influence, multiplicity))
    ordered = np.sort(draws, axis=0)
    tail = (1 - confidence) / 2
    low = column_quantiles(ordered, corrected_levels(tail, z0, a))
    high = column_quantiles(ordered, corrected_levels(1 - tail, z0, a))
    return low, high
