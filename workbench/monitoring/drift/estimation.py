"""How often a model is right on rows whose truth nobody knows yet, from its own confidence.

Where scores are calibrated, the expected accuracy of a row is the probability that the model gives
to what it chose. Scores are calibrated on a labelled reference; where other rows come, the
reference's rows are weighted by how much likelier they are now (Shimodaira, "Improving Predictive
Inference under Covariate Shift", JSPI 90, 2000), a density ratio that a classifier gives. This
holds for covariate shift alone: where the truth given the inputs changes, no estimate without
labels can know it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InputError
from workbench.core.viewers import Viewable

if TYPE_CHECKING:
    import numpy as np

LEAST_ROWS = 100
DRAWS = 200
MOST_ERROR = 0.03
_MOST_WEIGHT = 50.0


@dataclass(frozen=True)
class EstimatedAccuracy(Viewable):
    """``low`` to ``high`` is where the accuracy on these current rows would lie with ``confidence``
    if only the inputs have shifted: it holds the luck of the reference's labels and of these rows,
    of which such as are the same again count once. It is ``supported`` where that is close enough.

    ``effective_rows`` of the reference are left when they are weighted; few say that the current
    rows are unlike anything with a known truth. ``shift_auc`` is how well both are told apart.
    """

    accuracy: float
    low: float
    high: float
    confidence: float
    reference_accuracy: float
    rows: int
    reference_rows: int
    effective_rows: float
    shift_auc: float
    weighted: bool

    @property
    def supported(self) -> bool:
        """Whether the interval ends at most 3 points from the estimate: else do not rely on it."""
        return max(self.high - self.accuracy, self.accuracy - self.low) <= MOST_ERROR


def estimate_accuracy(
    reference_scores: Any,
    reference_labels: Any,
    scores: Any,
    *,
    reference_rows: Any = None,
    rows: Any = None,
    threshold: float = 0.5,
    confidence: float = 0.95,
    draws: int = DRAWS,
    seed: int = 0,
) -> EstimatedAccuracy:
    """Estimate the accuracy of a binary classifier without the current labels.

    Args:
        reference_scores: Shape ``[n]``, in [0, 1], of rows that it was not fitted to.
        reference_labels: Shape ``[n]``, 0 or 1.
        scores: Shape ``[m]``.
        reference_rows: Shape ``[n, columns]``, the inputs as numbers; with ``rows`` the reference
            is weighted for covariate shift.
        rows: Shape ``[m, columns]``.
        threshold: From which score on 1 is predicted.
        confidence: Of the interval.
        draws: Of the bootstrap.
        seed: Of all that is drawn.

    Raises:
        InputError: Fewer than 100 rows, no label of one kind, or shapes and values out of bounds.
    """
    import numpy as np

    before, truth, now = _validated(reference_scores, reference_labels, scores)
    weights, auc = np.ones(len(before)), 0.5
    if reference_rows is not None and rows is not None:
        weights, auc = _density_ratio(reference_rows, rows, seed=seed)
    right = (before >= threshold) == (truth == 1)
    draw = np.random.default_rng(seed)
    estimate = float(_expected(before, right, weights, now, threshold).mean())
    alike = np.arange(len(now)) if rows is None else _alike(rows)
    counts, firsts = np.bincount(alike), np.unique(alike, return_index=True)[1]
    sides = []
    for _ in range(draws):
        chosen = draw.integers(0, len(before), len(before))
        chances = _expected(before[chosen], right[chosen], weights[chosen], now, threshold)
        # The truths of these rows are drawn as well; rows that are alike have one truth together.
        came = draw.random(len(firsts)) < chances[firsts]
        sides.append(float((counts * came).sum()) / len(now))
    low, high = np.quantile(sides, [(1 - confidence) / 2, (1 + confidence) / 2])
    return EstimatedAccuracy(
        estimate,
        float(low),
        float(high),
        confidence,
        float(right.mean()),
        len(now),
        len(before),
        float(weights.sum() ** 2 / (weights**2).sum()),
        auc,
        reference_rows is not None,
    )


def _expected(
    before: np.ndarray, right: np.ndarray, weights: np.ndarray, now: np.ndarray, threshold: float
) -> np.ndarray:
    """How often the model is right at the score of each current row, shape ``[m]``.

    On each side of the threshold the calibrated score is isotonic: a score further from it is right
    more often, or as often (Zadrozny and Elkan, KDD 2002).
    """
    import numpy as np
    from sklearn.isotonic import IsotonicRegression

    found = np.zeros(len(now))
    for above in (False, True):
        mine, theirs = (before >= threshold) == above, (now >= threshold) == above
        if not theirs.any():
            continue
        if not mine.any():
            # Nothing is known on this side; the score itself is all there is.
            found[theirs] = now[theirs] if above else 1 - now[theirs]
            continue
        rising = IsotonicRegression(y_min=0, y_max=1, increasing=above, out_of_bounds="clip")
        rising.fit(before[mine], right[mine], sample_weight=weights[mine])
        found[theirs] = rising.predict(now[theirs])
    return found


def _alike(rows: Any) -> np.ndarray:
    """Which current rows are the same row again: a number for each, shape ``[m]``."""
    import numpy as np

    found: np.ndarray = np.unique(np.asarray(rows, dtype=float), axis=0, return_inverse=True)[1]
    return found.ravel()


def _density_ratio(reference: Any, rows: Any, *, seed: int) -> tuple[np.ndarray, float]:
    """How much likelier each reference row is now, by a classifier that has not seen it."""
    import numpy as np
    from sklearn.ensemble import HistGradientBoostingClassifier
    from sklearn.metrics import roc_auc_score
    from sklearn.model_selection import StratifiedKFold, cross_val_predict

    sides = [np.asarray(each, dtype=float) for each in (reference, rows)]
    if sides[0].ndim != 2 or sides[0].shape[1:] != sides[1].shape[1:]:
        raise InputError(f"inputs of shapes {sides[0].shape} and {sides[1].shape}")
    together = np.concatenate(sides)
    side = np.repeat([0, 1], [len(each) for each in sides])
    # Shallow trees and few: a weight is wanted that is right on the whole, not sharp on a row.
    trees = HistGradientBoostingClassifier(
        max_iter=80, max_leaf_nodes=6, min_samples_leaf=40, learning_rate=0.08, random_state=seed
    )
    folds = StratifiedKFold(3, shuffle=True, random_state=seed)
    now = cross_val_predict(trees, together, side, cv=folds, method="predict_proba")[:, 1]
    odds = (now / (1 - now))[side == 0] * len(sides[0]) / len(sides[1])
    weights: np.ndarray = np.minimum(odds, _MOST_WEIGHT)
    return weights / weights.mean(), float(roc_auc_score(side, now))


def _validated(
    reference_scores: Any, reference_labels: Any, scores: Any
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    import numpy as np

    before, truth, now = (
        np.asarray(each, dtype=float) for each in (reference_scores, reference_labels, scores)
    )
    if before.shape != truth.shape or before.ndim != 1 or now.ndim != 1:
        raise InputError(f"scores {before.shape}, labels {truth.shape}, current {now.shape}")
    if min(len(before), len(now)) < LEAST_ROWS:
        raise InputError(
            f"{len(before)} reference rows and {len(now)} current ones",
            hint=f"an estimate needs {LEAST_ROWS} of each",
        )
    if not all(((each >= 0) & (each <= 1)).all() for each in (before, now)):
        raise InputError(
            "a score lies outside [0, 1]", hint="give the positive class's probability"
        )
    if not np.isin(truth, (0, 1)).all() or truth.min() == truth.max():
        raise InputError("the reference's labels are not 0 and 1", hint="both must be among them")
    return before, truth, now
