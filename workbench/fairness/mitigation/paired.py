"""How two sets of decisions on the same rows differ, with intervals from one bootstrap.

Rows are drawn together with both of their decisions, so what the two have in common cancels. Only
counts over (group, outcome, first decision, second decision) matter, and drawing rows is drawing
those counts from a multinomial (Efron and Tibshirani 1993, chapter 6).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from workbench.fairness.audit.bca import bias, column_quantiles, corrected_levels
from workbench.fairness.audit.confusion import COUNT_METRICS

from .methods import (
    CONSTRAINTS,
    DEMOGRAPHIC_PARITY,
    EQUAL_OPPORTUNITY,
    EQUALIZED_ODDS,
    FALSE_POSITIVE_PARITY,
)
from .result import Change

if TYPE_CHECKING:
    import numpy as np

ACCURACY = "accuracy_score"
_METRICS = {metric.name: metric for metric in COUNT_METRICS}
# The rates that each constraint wants equal.
_EQUAL = {
    DEMOGRAPHIC_PARITY: ("selection_rate",),
    EQUALIZED_ODDS: ("true_positive_rate", "false_positive_rate"),
    EQUAL_OPPORTUNITY: ("true_positive_rate",),
    FALSE_POSITIVE_PARITY: ("false_positive_rate",),
}


def compare_decisions(
    y: np.ndarray,
    before: np.ndarray,
    after: np.ndarray,
    codes: np.ndarray,
    *,
    groups: int,
    draws: int = 4000,
    confidence: float = 0.95,
    seed: int = 0,
) -> dict[str, Change]:
    """The change of accuracy and of each constraint's disparity.

    Rows of no group (codes of ``groups`` and above) count for the accuracy alone.

    Args:
        y: 0 or 1, shape [n].
        before: Decisions, 0 or 1, shape [n].
        after: Likewise.
        codes: The group of each row, shape [n].
        groups: How many groups are compared.
        draws: Resamples.
        confidence: Of the intervals, which are percentiles.
        seed: Of the resamples.
    """
    import numpy as np

    cells = np.zeros((groups + 1, 2, 2, 2))
    np.add.at(cells, (np.minimum(codes, groups), y, before, after), 1)
    random = np.random.default_rng(seed)
    drawn = random.multinomial(len(y), cells.ravel() / len(y), size=draws)
    drawn = drawn.reshape(draws, *cells.shape).astype(float)
    resampled, found = _figures(drawn), {}
    for name, (first, second) in _figures(cells[None]).items():
        change = second - first
        low, high = _ends(change, resampled[name][1] - resampled[name][0], confidence)
        found[name] = Change(name, float(first[0]), float(second[0]), float(change[0]), low, high)
    return found


def _ends(change: np.ndarray, draws: np.ndarray, confidence: float) -> tuple[float, float]:
    """Percentiles moved by the median bias: a distance near 0 is larger in nearly every resample
    (Efron 1987, with an acceleration of 0)."""
    import numpy as np

    kept = draws[np.isfinite(draws)][:, None]
    z0, tail = bias(change, kept), (1 - confidence) / 2
    ordered, flat = np.sort(kept, axis=0), np.zeros(1)
    low, high = (
        column_quantiles(ordered, corrected_levels(level, z0, flat)) for level in (tail, 1 - tail)
    )
    return float(low[0]), float(high[0])


def _figures(cells: np.ndarray) -> Mapping[str, tuple[np.ndarray, np.ndarray]]:
    """Each figure of the first and of the second decisions, for ``[draws, group, y, 1st, 2nd]``."""
    first, second = _each_figure(cells.sum(axis=4)), _each_figure(cells.sum(axis=3))
    return {name: (first[name], second[name]) for name in first}


def _each_figure(cells: np.ndarray) -> dict[str, np.ndarray]:
    """Each figure of decisions, for ``[draws, group, y, decision]``: shape [draws]."""
    import numpy as np

    counts = cells.reshape(*cells.shape[:2], 4)
    found = {ACCURACY: _METRICS[ACCURACY].values(counts.sum(axis=1))}
    for constraint, metric in CONSTRAINTS.items():
        rates = [_METRICS[name].values(counts[:, :-1]) for name in _EQUAL[constraint]]
        spans = [np.nanmax(rate, axis=1) - np.nanmin(rate, axis=1) for rate in rates]
        found[metric] = np.max(spans, axis=0)
    return found
