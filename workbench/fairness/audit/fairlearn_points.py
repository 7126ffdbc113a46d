"""Points of metrics that fairlearn's ``MetricFrame`` gives, with scikit-learn's functions in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from workbench.core.optional import require

if TYPE_CHECKING:
    import numpy as np


def _functions() -> Mapping[str, Callable[..., float]]:
    import sklearn.metrics as sk

    fairlearn = require("fairlearn.metrics", extra="fairness")

    def log_loss(y_true: Any, y_pred: Any) -> float:
        # A group may have one class only, which must not be taken for all there are.
        return float(sk.log_loss(y_true, y_pred, labels=[0, 1]))

    return {
        "mean_prediction": fairlearn.mean_prediction,
        "mean_absolute_error": sk.mean_absolute_error,
        "mean_squared_error": sk.mean_squared_error,
        "r2_score": sk.r2_score,
        "roc_auc_score": sk.roc_auc_score,
        "log_loss": log_loss,
    }


def fairlearn_points(
    metrics: Mapping[str, Sequence[bool]], y: Any, predicted: Any, codes: Any, groups: int
) -> dict[str, np.ndarray]:
    """The metrics in each group and for everyone, NaN where they are not defined.

    Args:
        metrics: Those wanted, with the places (groups, then everyone) where each is defined.
        y: Outcomes, shape [n].
        predicted: What the metric takes as predictions, shape [n]: labels, numbers or scores.
        codes: Each row's group, shape [n]; ``groups`` for none.
        groups: How many are judged.
    """
    import numpy as np

    frame = require("fairlearn.metrics", extra="fairness").MetricFrame
    functions = _functions()
    found = {}
    for name in metrics.keys() & functions.keys():
        defined = np.asarray(metrics[name], bool)
        values = np.full(groups + 1, np.nan)
        if defined[:groups].any():
            rows = np.isin(codes, np.flatnonzero(defined[:groups]))
            by_group = frame(
                metrics=functions[name],
                y_true=y[rows],
                y_pred=predicted[rows],
                sensitive_features=codes[rows],
            ).by_group
            values[by_group.index.to_numpy()] = by_group.to_numpy(dtype=float)
        if defined[groups]:
            values[groups] = functions[name](y, predicted)
        found[name] = values
    return found
