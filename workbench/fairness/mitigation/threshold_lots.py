"""Thresholds by group with a lot between two of them: Hardt et al. (2016) as fairlearn has it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.core.errors import InputError
from workbench.core.optional import require

from .decided import ByLot
from .grouping import GroupReader
from .methods import DEMOGRAPHIC_PARITY, EQUAL_OPPORTUNITY, EQUALIZED_ODDS

if TYPE_CHECKING:
    import numpy as np


def _given() -> Any:
    """What fairlearn takes for a fitted estimator: its score stands in the only column."""
    from sklearn.base import BaseEstimator

    class Given(BaseEstimator):
        def fit(self, scores: Any, y: Any = None) -> Given:
            return self

        def __sklearn_is_fitted__(self) -> bool:
            return True

        def predict(self, scores: Any) -> Any:
            return scores[:, 0]

    return Given()


def mix_thresholds(
    base: Any,
    width: int,
    groups: GroupReader,
    *,
    score: np.ndarray,
    y: np.ndarray,
    codes: np.ndarray,
    constraint: str,
    gap: float,
    seed: int,
) -> ByLot:
    """fairlearn's optimiser over scores of rows that the base has not learned from.

    Args:
        base: The fitted estimator; it reads the first ``width`` columns.
        width: So many.
        groups: Reads the groups of new rows.
        score: Shape [n].
        y: 0 or 1, shape [n].
        codes: Groups, shape [n].
        constraint: A name of ``CONSTRAINTS``.
        gap: How far the rates may lie apart.
        seed: Of the lots.

    Raises:
        InputError: A group has one outcome only.
    """
    require("fairlearn", extra="fairness")
    from fairlearn.postprocessing import ThresholdOptimizer

    named = {
        DEMOGRAPHIC_PARITY: "demographic_parity",
        EQUALIZED_ODDS: "equalized_odds",
        EQUAL_OPPORTUNITY: "true_positive_rate_parity",
    }.get(constraint, "false_positive_rate_parity")
    found = ThresholdOptimizer(
        estimator=_given(),
        constraints=named,
        prefit=True,
        predict_method="predict",
        tol=gap or None,
    )
    try:
        found.fit(score[:, None], y, sensitive_features=codes)
    except ValueError as error:
        raise InputError(
            f"fairlearn cannot mix thresholds here: {error}",
            hint="every group needs rows of both outcomes; raise min_rows",
        ) from None
    largest = int(_most(codes))

    def chance(numbers: np.ndarray) -> np.ndarray:
        import numpy as np

        told = groups.codes(numbers)
        # Groups that the optimiser has not seen are decided as the largest one is.
        told = np.where(np.isin(told, codes), told, largest)
        stated = base.predict_proba(numbers[:, :width])[:, 1]
        mixed: np.ndarray = found._pmf_predict(stated[:, None], sensitive_features=told)[:, 1]
        return mixed

    return ByLot(chance, seed)


def _most(codes: np.ndarray) -> Any:
    import numpy as np

    values, counts = np.unique(codes, return_counts=True)
    return values[counts.argmax()]
