"""A model of a table as scikit-learn's tools ask it: an estimator that predicts one number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sklearn.base import BaseEstimator, RegressorMixin

if TYPE_CHECKING:
    import numpy as np

    from workbench.models.tabular.model import TabularModel

    from .outputs import Output


class AskedModel(RegressorMixin, BaseEstimator):
    """Predicts ``output`` of a fitted model for rows of numbers."""

    def __init__(self, model: Any = None, output: Any = None) -> None:
        self.model = model
        self.output = output

    def fit(self, X: Any, y: Any = None) -> AskedModel:  # noqa: N803
        """Nothing: the model is fitted."""
        return self

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    def predict(self, X: Any) -> np.ndarray:  # noqa: N803
        """The output of rows ``[rows, features]``; shape ``[rows]``."""
        found: np.ndarray = self.output.values(self.model, X)
        return found


def as_regressor(model: TabularModel, output: Output) -> AskedModel:
    """The estimator for one output of a model."""
    return AskedModel(model, output)
