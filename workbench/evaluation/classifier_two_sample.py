"""Whether a classifier can tell two samples apart on rows that it has not seen, and by what.

Lopez-Paz and Oquab, "Revisiting Classifier Two-Sample Tests", ICLR 2017. It sees what no column
shows by itself: a change of how columns go together. Held-out rows are exchangeable if nothing has
changed, whatever was learnt, so the p-value of the rank-sum test on their scores is right.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InputError

if TYPE_CHECKING:
    import numpy as np

MOST_ROWS = 10_000
LEAST_ROWS = 20


@dataclass(frozen=True)
class ClassifierTest:
    """``auc`` on held-out rows (.5: cannot tell them apart); ``importance`` is how much of it each
    column carries: what is lost where its values are shuffled among the held-out rows."""

    auc: float
    p_value: float
    first_rows: int
    second_rows: int
    importance: Mapping[str, float] = field(default_factory=dict)


def classifier_two_sample_test(
    first: Any, second: Any, *, names: Any = (), most_rows: int = MOST_ROWS, seed: int = 0
) -> ClassifierTest:
    """Train boosted trees on half the rows of both samples, and test them on the others.

    Args:
        first: Shape ``[n, columns]``, numbers; NaN is a value as well.
        second: Shape ``[m, columns]``.
        names: Of the columns, for ``importance``.
        most_rows: Of each sample; more are drawn from.
        seed: Of the draw, the halves and the shuffles.

    Raises:
        InputError: A sample has fewer than 20 rows, or their columns differ.
    """
    import numpy as np
    from scipy.stats import mannwhitneyu
    from sklearn.ensemble import HistGradientBoostingClassifier

    draw = np.random.default_rng(seed)
    sides = [np.asarray(each, dtype=float) for each in (first, second)]
    if sides[0].ndim != 2 or sides[0].shape[1:] != sides[1].shape[1:]:
        raise InputError(f"samples of shapes {sides[0].shape} and {sides[1].shape}")
    if min(map(len, sides)) < LEAST_ROWS:
        raise InputError(
            f"samples of {len(sides[0])} and {len(sides[1])} rows",
            hint=f"a classifier needs {LEAST_ROWS} of each",
        )
    sides = [each[draw.permutation(len(each))[:most_rows]] for each in sides]
    rows = np.concatenate(sides)
    side = np.repeat([0, 1], [len(each) for each in sides])
    # Rows that are the same again go to the same half: one that was learnt would be known there.
    alike = np.unique(rows, axis=0, return_inverse=True, equal_nan=True)[1].ravel()
    held = draw.permutation(alike.max() + 1)[alike] % 2 == 1
    if len(set(side[held])) < 2 or len(set(side[~held])) < 2:
        raise InputError(
            "nearly all rows of a sample are the same", hint="leave the classifier out"
        )
    weight = np.where(side == 1, len(sides[0]) / len(sides[1]), 1.0)
    trees = HistGradientBoostingClassifier(
        max_iter=60, max_leaf_nodes=8, min_samples_leaf=20, learning_rate=0.1, random_state=seed
    ).fit(rows[~held], side[~held], sample_weight=weight[~held])

    def score(seen: np.ndarray) -> np.ndarray:
        found: np.ndarray = trees.predict_proba(seen)[:, 1]
        return found

    seen, truth = rows[held], side[held] == 1
    scores = score(seen)
    test = mannwhitneyu(scores[truth], scores[~truth], alternative="greater", method="asymptotic")
    pairs = truth.sum() * (~truth).sum()
    auc = float(test.statistic / pairs)
    importance = {}
    for at, name in enumerate(names):
        shuffled = seen.copy()
        shuffled[:, at] = draw.permutation(shuffled[:, at])
        found = score(shuffled)
        importance[str(name)] = auc - float(
            mannwhitneyu(found[truth], found[~truth]).statistic / pairs
        )
    return ClassifierTest(auc, float(test.pvalue), len(sides[0]), len(sides[1]), importance)
