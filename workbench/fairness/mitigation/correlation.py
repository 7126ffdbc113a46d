"""Columns without what can be said of them linearly from the group: fairlearn's remover."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InputError
from workbench.core.optional import require

if TYPE_CHECKING:
    import numpy as np

    from workbench.models.tabular import Feature


@dataclass(frozen=True)
class Cleaned:
    """An estimator behind one-hot columns whose correlation with the group was taken out."""

    prepare: Any
    remover: Any
    final: Any

    def _read(self, numbers: np.ndarray) -> Any:
        return self.remover.transform(self.prepare.transform(numbers))

    def predict(self, numbers: np.ndarray) -> Any:
        """0 or 1: ``[rows]``."""
        return self.final.predict(self._read(numbers))

    def predict_proba(self, numbers: np.ndarray) -> Any:
        """Probabilities of 0 and 1: ``[rows, 2]``."""
        return self.final.predict_proba(self._read(numbers))


def remove_correlation(
    features: Sequence[Feature],
    numbers: np.ndarray,
    y: np.ndarray,
    *,
    places: Sequence[int],
    model: str,
    alpha: float,
    seed: int,
) -> Cleaned:
    """Fit a model to columns that are not correlated with the sensitive ones.

    Categories become columns of 0 and 1 and numbers are scaled first, since a correlation is one of
    numbers. The sensitive columns themselves are not read.

    Args:
        features: What the columns of ``numbers`` are.
        numbers: ``[rows, features]``.
        y: 0 or 1, shape [rows].
        places: The sensitive features.
        model: A kind of model of tables.
        alpha: 1 takes all correlation out, 0 none.
        seed: Of the fit.
    """
    from sklearn.base import clone

    from workbench.models.tabular.estimators import build_estimator, groups_of

    require("fairlearn", extra="fairness")
    from fairlearn.preprocessing import CorrelationRemover

    if not 0 <= alpha <= 1:
        raise InputError(f"alpha is {alpha:g}; it must lie between 0 and 1")
    pipeline = build_estimator("logistic", features, task="classification", seed=seed)
    prepare = clone(pipeline.named_steps["prepare"])
    columns = prepare.fit_transform(numbers)
    pipeline.steps[0] = ("prepare", prepare)
    slices = groups_of(pipeline, features)
    sensitive = [at for place in places for at in range(slices[place].start, slices[place].stop)]
    remover = CorrelationRemover(sensitive_feature_ids=sensitive, alpha=alpha)
    cleaned = remover.fit_transform(columns)
    final = _final(model, features, seed)
    final.fit(cleaned, y)
    return Cleaned(prepare, remover, final)


def _final(model: str, features: Sequence[Feature], seed: int) -> Any:
    """The estimator alone, without what prepares its columns or knows which are categories."""
    from sklearn.base import clone

    from workbench.models.tabular.estimators import build_estimator

    found = build_estimator(model, features, task="classification", seed=seed)
    if hasattr(found, "named_steps"):
        return clone(found.named_steps["final"])
    return clone(found).set_params(categorical_features=None)
