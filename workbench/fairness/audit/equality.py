"""Whether the groups could all be equal in a metric: a bootstrap test of the largest deviation."""

from __future__ import annotations

from collections.abc import Sequence

from .resampled import Resampled


def equality_p_value(resampled: Sequence[Resampled]) -> float | None:
    """The p-value of "all groups are equal" in one metric, or in several at once.

    The statistic is the largest deviation of a group from the groups' weighted mean, in standard
    errors; its distribution under equality is that of the resamples around their own centre
    (max-t, Romano and Wolf, Econometrica 73, 2005). With two groups it is the two-sample test.
    It is never below ``lowest_p_value``. None where fewer than two groups are known.
    """
    import numpy as np

    found, drawn = 0.0, None
    for each in resampled:
        known = np.flatnonzero(~np.isnan(each.estimates[:-1]))
        if len(known) < 2:
            return None
        draws, estimates = each.draws[:, known], each.estimates[known]
        errors = draws.std(axis=0)
        if not errors.any():
            return None
        weights = 1 / np.maximum(errors, errors[errors > 0].min()) ** 2
        mean = np.eye(len(known)) - weights / weights.sum()
        deviations = draws @ mean.T
        spread = deviations.std(axis=0)
        own = np.abs(mean @ estimates) / spread
        centred = np.abs(deviations - deviations.mean(axis=0)) / spread
        found = max(found, float(own.max()))
        largest = centred.max(axis=1)
        drawn = largest if drawn is None else np.maximum(drawn, largest)
    if drawn is None:
        return None
    return float((1 + np.count_nonzero(drawn >= found)) / (1 + len(drawn)))


def lowest_p_value(resampled: Sequence[Resampled]) -> float:
    """The least that ``equality_p_value`` can be: ``1 / (draws + 1)``."""
    return 1 / (1 + min(len(each.draws) for each in resampled))
