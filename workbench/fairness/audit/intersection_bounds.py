"""The interval of the largest of several quantities that are themselves uncertain.

The plain bootstrap fails here: the largest of noisy differences lies above the largest difference,
each resample adds to that, and where the groups are equal its interval never holds the truth, 0.
Chernozhukov, Lee and Rosen ("Intersection Bounds", Econometrica 81, 2013) bound the largest by the
bounds of all. Above, it is enough that the interval of the truly largest holds, so each contrast
has its own upper end and the largest of those counts. Below, every contrast that may be the largest
must hold at once; which those are is decided from the data first (their adaptive inequality
selection), so that a clear winner pays nothing for losers. The joint level is that of the
largest standardised contrast over the resamples (max-t).

At no disparity at all the interval is conservative: nothing can miss 0 from above.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .bca import column_quantiles, corrected_levels
from .contrasts import Contrasts

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Largest:
    """The largest contrast: which it is, its estimate and its interval."""

    which: int
    estimate: float
    low: float
    high: float


def bound_largest(contrasts: Contrasts, *, confidence: float, rows: int) -> Largest:
    """The largest of the contrasts with its two-sided interval.

    Args:
        contrasts: At least one.
        confidence: In (0, 1).
        rows: How many rows there are; the selection grows stricter with it as theory asks.
    """
    import numpy as np

    tail = (1 - confidence) / 2
    which = int(np.argmax(contrasts.estimates))
    ordered = np.sort(contrasts.draws, axis=0)
    upper = corrected_levels(1 - tail, contrasts.z0, contrasts.a)
    high = float(column_quantiles(ordered, upper).max())
    near = _may_be_largest(contrasts, which, rows)
    joint = _joint_tail(contrasts.draws[:, near], tail)
    lower = corrected_levels(joint, contrasts.z0[near], contrasts.a[near])
    low = float(column_quantiles(ordered[:, near], lower).max())
    estimate = float(contrasts.estimates[which])
    return Largest(which, estimate, min(low, estimate), max(high, estimate))


def _may_be_largest(contrasts: Contrasts, which: int, rows: int) -> np.ndarray:
    """The contrasts within sqrt(log rows) standard errors of the largest."""
    import numpy as np

    behind = contrasts.estimates[which] - contrasts.estimates
    errors = (contrasts.draws[:, [which]] - contrasts.draws).std(axis=0)
    return np.flatnonzero(behind <= math.sqrt(math.log(max(rows, 3))) * errors)


def _joint_tail(draws: np.ndarray, tail: float) -> float:
    """The tail of each contrast for which all hold at once with ``1 - tail``."""
    import numpy as np
    from scipy.special import ndtr

    if draws.shape[1] == 1:
        return tail
    spread = draws.std(axis=0)
    varying = spread > 0
    if not varying.any():
        return tail
    standing = (draws[:, varying] - draws[:, varying].mean(axis=0)) / spread[varying]
    joint = float(ndtr(-np.quantile(standing.max(axis=1), 1 - tail)))
    return min(joint, tail)
