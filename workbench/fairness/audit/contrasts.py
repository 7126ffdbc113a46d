"""Disparities as the largest of a family of contrasts between places.

The difference between groups is the largest of all ordered differences, the ratio that of the
logarithms, the worst group's value the largest of the values (or of their negatives). What follows
for one family so holds for every disparity.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .bca import acceleration, bias
from .resampled import Resampled

if TYPE_CHECKING:
    import numpy as np

NOBODY = -1  # a contrast of one place with nothing
_FAR = 5.0  # standard errors below the largest: such a contrast decides nothing
_MOST_FACTORS = 40  # of each family, where two are added up


@dataclass(frozen=True)
class Contrasts:
    """K contrasts with their resamples.

    ``estimates`` [K] and ``draws`` [B, K] may be of logarithms. ``z0`` and ``a`` [K] are what BCa
    corrects. ``places`` name the two ends of each contrast; the second is ``NOBODY`` for a value.
    """

    estimates: np.ndarray
    draws: np.ndarray
    z0: np.ndarray
    a: np.ndarray
    places: tuple[tuple[int, int], ...]


def make_contrasts(
    resampled: Resampled, pairs: Sequence[tuple[int, int]], *, logarithms: bool = False
) -> Contrasts:
    """The contrasts ``place - other`` of one metric, without those that are far from the largest.

    Args:
        resampled: The metric; a place that is NaN makes no contrast.
        pairs: Place and other; ``(place, NOBODY)`` is the value, ``(NOBODY, place)`` its negative.
        logarithms: Contrast the logarithms; nothing of something counts as half a row.
    """
    import numpy as np

    estimates, draws, influence = resampled.estimates, resampled.draws, resampled.influence
    if logarithms:
        floor = 0.5 / np.maximum(resampled.rows, 1)
        influence = influence / np.maximum(estimates, floor)[:, None]
        estimates = np.log(np.maximum(estimates, floor))
        draws = np.log(np.maximum(draws, floor))
    known = [p for p in pairs if all(q == NOBODY or not np.isnan(estimates[q]) for q in p)]
    first, second = np.array(known).T
    all_estimates = _less(estimates, first, second)
    spread = draws.std(axis=0)
    errors = np.hypot(_at(spread, first), _at(spread, second))
    near = np.flatnonzero(all_estimates + _FAR * errors >= all_estimates.max())
    first, second = first[near], second[near]
    kept, kept_draws = all_estimates[near], _less(draws.T, first, second).T
    plain = _at(resampled.at_edge, first) + _at(resampled.at_edge, second) > 0
    a = acceleration(_less(influence, first, second), resampled.multiplicity)
    return Contrasts(
        kept,
        kept_draws,
        np.where(plain, 0.0, bias(kept, kept_draws)),
        np.where(plain, 0.0, a),
        tuple((int(p), int(q)) for p, q in zip(first, second, strict=True)),
    )


def joined(families: Sequence[Contrasts]) -> Contrasts:
    """All contrasts of several families: the largest of them is the worst case."""
    import numpy as np

    return Contrasts(
        np.concatenate([f.estimates for f in families]),
        np.concatenate([f.draws for f in families], axis=1),
        np.concatenate([f.z0 for f in families]),
        np.concatenate([f.a for f in families]),
        tuple(place for f in families for place in f.places),
    )


def averaged(first: Contrasts, second: Contrasts, *, ratios: bool = False) -> Contrasts:
    """The means of each contrast of one family with each of another: the largest is the mean of the
    two largest. Of each family the 40 largest are taken, so that 50 groups stay in memory.

    With ``ratios`` the families are of logarithms and the means are of negative ratios.
    """
    import numpy as np

    most = [np.argsort(-f.estimates)[:_MOST_FACTORS] for f in (first, second)]
    values, draws = [], []
    for family, kept in zip((first, second), most, strict=True):
        own, drawn = family.estimates[kept], family.draws[:, kept]
        values.append(-np.exp(-own) if ratios else own)
        draws.append(-np.exp(-drawn) if ratios else drawn)
    one, two = (grid.ravel() for grid in np.indices([len(kept) for kept in most]))
    estimates = (values[0][one] + values[1][two]) / 2
    error = max(d.std(axis=0).max() for d in draws)
    near = estimates + _FAR * error >= estimates.max()
    one, two, estimates = one[near], two[near], estimates[near]
    mixed = (draws[0][:, one] + draws[1][:, two]) / 2
    # The acceleration of a sum is not the sum of the two: only the bias is corrected.
    return Contrasts(
        estimates,
        mixed,
        bias(estimates, mixed),
        np.zeros(len(estimates)),
        tuple(first.places[most[0][at]] for at in one),
    )


def _at(values: Any, places: Any) -> Any:
    """``values[..., places]`` along the first axis, and 0 for nobody."""
    import numpy as np

    found = np.asarray(values)[places].astype(float)
    found[places == NOBODY] = 0.0
    return found


def _less(values: Any, first: Any, second: Any) -> Any:
    return _at(values, first) - _at(values, second)
