"""Metrics that need the rows: errors of regressions, scores, rankings.

Each is a ratio of sums over rows, save R2 and the area under the ROC curve, so that a resample is a
vector of weights and thousands of them one matrix product. Where fairlearn or scikit-learn has the
metric, the audit takes the point from there; the weights of 1 give the same value, which is tested.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class RowMetric:
    """One metric over some rows.

    Args:
        name: Of the metric.
        evaluate: Weights of shape [B, n] to values [B]; NaN where it is not defined.
        influence: Shape [n]: the change of the value per unit of each row's weight.
        rows: How many rows it rests on.
    """

    name: str
    evaluate: Callable[[np.ndarray], np.ndarray]
    influence: np.ndarray
    rows: int


def ratio_of_sums(name: str, top: Any, bottom: Any) -> RowMetric:
    """``sum(top) / sum(bottom)``: a mean where the bottom is 1 for each row.

    Args:
        name: Of the metric.
        top: Shape [n].
        bottom: Shape [n].
    """
    import numpy as np

    top, bottom = np.asarray(top, float), np.asarray(bottom, float)
    total = bottom.sum()
    value = top.sum() / total if total > 0 else np.nan

    def evaluate(weights: np.ndarray) -> np.ndarray:
        below = weights @ bottom
        return np.divide(weights @ top, below, out=np.full(len(weights), np.nan), where=below > 0)

    influence = (top - value * bottom) / total if total > 0 else np.zeros(len(top))
    return RowMetric(name, evaluate, influence, int(np.count_nonzero(bottom)))


def mean_of(name: str, values: Any) -> RowMetric:
    """The mean of values [n] that each row has."""
    import numpy as np

    return ratio_of_sums(name, values, np.ones(len(values)))


def r2_score(y: Any, y_hat: Any) -> RowMetric:
    """The share of variance that is explained; NaN where the outcomes are all the same."""
    import numpy as np

    y = np.asarray(y, float)
    errors = (y - np.asarray(y_hat, float)) ** 2
    centred = y - y.mean()  # about 0, so that squares of large outcomes do not cancel
    squares = centred**2
    total, unexplained = squares.sum(), errors.sum()

    def evaluate(weights: np.ndarray) -> np.ndarray:
        rows = weights.sum(axis=1)
        mean = np.divide(weights @ centred, rows, out=np.zeros(len(rows)), where=rows > 0)
        variance = weights @ squares - rows * mean**2
        known = variance > 1e-12 * max(total, 1e-300)
        return 1 - np.divide(
            weights @ errors, variance, out=np.full(len(rows), np.nan), where=known
        )

    influence = np.zeros(len(y))
    if total > 0:
        influence = (unexplained / total * squares - errors) / total
    return RowMetric("r2_score", evaluate, influence, len(y))


def roc_auc_score(y: Any, score: Any) -> RowMetric:
    """The chance that a row with y = 1 has a higher score than one with y = 0, ties counting half.

    Args:
        y: Shape [n], 0 or 1.
        score: Shape [n].

    References:
        The influence is DeLong, DeLong and Clarke-Pearson's (Biometrics 44, 1988).
    """
    import numpy as np

    y, score = np.asarray(y, float), np.asarray(score, float)
    order = np.argsort(score, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(score[order]) > 0])
    positive, negative = y[order], 1 - y[order]

    def evaluate(weights: np.ndarray) -> np.ndarray:
        ordered = weights[:, order].astype(float)
        ones = np.add.reduceat(ordered * positive, starts, axis=1)
        zeros = np.add.reduceat(ordered * negative, starts, axis=1)
        below = zeros.cumsum(axis=1) - zeros / 2
        pairs = ones.sum(axis=1) * zeros.sum(axis=1)
        return np.divide(
            (ones * below).sum(axis=1), pairs, out=np.full(len(pairs), np.nan), where=pairs > 0
        )

    return RowMetric(
        "roc_auc_score",
        evaluate,
        _auc_influence(y, score),
        int(min(y.sum(), (1 - y).sum())),
    )


def _auc_influence(y: Any, score: Any) -> Any:
    import numpy as np

    ones, zeros = np.sort(score[y == 1]), np.sort(score[y == 0])
    if not len(ones) or not len(zeros):
        return np.zeros(len(y))
    influence = np.empty(len(y))
    for own, others, sign in ((1, zeros, 1), (0, ones, -1)):
        mine = score[y == own]
        below = np.searchsorted(others, mine, side="left")
        upto = np.searchsorted(others, mine, side="right")
        won = (below + upto) / (2 * len(others))
        share = won if sign == 1 else 1 - won
        influence[y == own] = (share - share.mean()) / len(mine)
    return influence
