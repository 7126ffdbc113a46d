"""Fairness as a cost during fitting: Agarwal et al., ICML 2018, through fairlearn.

A constrained classification becomes a sequence of weighted ones. The exponentiated gradient ends
with a mixture of models; the grid search keeps one.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from workbench.core.cancellation import check_cancelled
from workbench.core.errors import InputError
from workbench.core.optional import require

from .decided import ByLot
from .methods import DEMOGRAPHIC_PARITY, EQUAL_OPPORTUNITY, EQUALIZED_ODDS

if TYPE_CHECKING:
    import numpy as np


class Weighted:
    """An unfitted estimator with one name for its weights, as fairlearn calls it."""

    def __init__(self, estimator: Any = None) -> None:
        self.estimator = estimator

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """As scikit-learn's ``clone`` wants it."""
        return {"estimator": self.estimator}

    def set_params(self, **changed: Any) -> Weighted:
        """As scikit-learn's ``clone`` wants it."""
        self.estimator = changed.get("estimator", self.estimator)
        return self

    def fit(self, numbers: Any, y: Any, sample_weight: Any = None) -> Weighted:
        """Fit a fresh estimator."""
        from sklearn.base import clone

        from workbench.models.tabular.fitting import fit_estimator

        check_cancelled()
        self.fitted_ = clone(self.estimator)
        self.classes_ = sorted(set(y))
        if len(self.classes_) > 1:
            fit_estimator(self.fitted_, numbers, y, sample_weight)
        return self

    def predict(self, numbers: Any) -> Any:
        """0 or 1; the only class where the weights had left one."""
        import numpy as np

        if len(self.classes_) == 1:
            return np.full(len(numbers), self.classes_[0])
        return self.fitted_.predict(numbers)

    def predict_proba(self, numbers: Any) -> Any:
        """Probabilities of 0 and 1."""
        import numpy as np

        if len(self.classes_) == 1:
            return np.eye(2)[np.full(len(numbers), int(self.classes_[0]))]
        return self.fitted_.predict_proba(numbers)


def reduce_disparity(
    estimator: Any,
    numbers: np.ndarray,
    y: np.ndarray,
    codes: np.ndarray,
    *,
    constraint: str,
    gap: float,
    seed: int,
    deterministic: bool,
    most_models: int = 25,
) -> tuple[ByLot, dict[str, float]]:
    """Exponentiated gradient: an estimator that is a mixture, and what it is made of.

    Args:
        estimator: An unfitted one, as ``build_estimator`` gives.
        numbers: ``[rows, features]``.
        y: 0 or 1, shape [rows].
        codes: Groups, shape [rows].
        constraint: A name of ``CONSTRAINTS``.
        gap: How far the constraint may be broken on these rows, above 0.
        seed: Of the lots.
        deterministic: The models vote with their weights, and nothing is drawn.
        most_models: So many are fitted at most.
    """
    if gap <= 0:
        raise InputError(f"gap is {gap:g}; reductions need one above 0", hint="--gap 0.01")
    reductions = _fairlearn()
    found = reductions.ExponentiatedGradient(
        Weighted(estimator), _moment(constraint, gap), eps=gap, max_iter=most_models
    )
    with _quiet():
        found.fit(numbers, y, sensitive_features=codes)
    made = ByLot(lambda rows: found._pmf_predict(rows)[:, 1], seed, not deterministic)
    weights = [float(weight) for weight in found.weights_]
    return made, {
        "models fitted": float(found.n_oracle_calls_),
        "models in the mixture": float(sum(weight > 0 for weight in weights)),
        "largest weight": max(weights),
    }


def search_grid(
    estimator: Any,
    numbers: np.ndarray,
    y: np.ndarray,
    codes: np.ndarray,
    *,
    constraint: str,
    models: int = 15,
) -> tuple[Any, dict[str, float]]:
    """Grid search: the fitted model of the best weights, and how many were tried."""
    reductions = _fairlearn()
    found = reductions.GridSearch(
        Weighted(estimator), constraints=_moment(constraint, None), grid_size=models
    )
    with _quiet():
        found.fit(numbers, y, sensitive_features=codes)
    best = found.predictors_[found.best_idx_]
    return best, {"models fitted": float(len(found.predictors_)), "kept": float(found.best_idx_)}


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without what pandas tells fairlearn 0.15 about its use of ``Series.at``."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        warnings.simplefilter("ignore", FutureWarning)
        yield


def _moment(constraint: str, gap: float | None) -> Any:
    reductions = _fairlearn()
    kind = {
        DEMOGRAPHIC_PARITY: reductions.DemographicParity,
        EQUALIZED_ODDS: reductions.EqualizedOdds,
        EQUAL_OPPORTUNITY: reductions.TruePositiveRateParity,
    }.get(constraint, reductions.FalsePositiveRateParity)
    return kind() if gap is None else kind(difference_bound=gap)


def _fairlearn() -> Any:
    require("fairlearn", extra="fairness")
    import fairlearn.reductions

    return fairlearn.reductions
