"""Shapley values of a linear model: each feature's term less its mean over the background.

A model that is a sum of terms with one feature each has no interactions, so a feature adds the same
to every coalition. The one-hot columns of a category make up one term.

References:
    Lundberg and Lee, "A unified approach to interpreting model predictions", NeurIPS 2017,
    corollary 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.models.tabular.estimators import groups_of

if TYPE_CHECKING:
    import numpy as np

    from workbench.models.tabular.model import TabularModel


def is_linear(model: TabularModel) -> bool:
    """Whether the model is a linear one behind a prepared table."""
    steps = getattr(model.estimator, "named_steps", {})
    return "prepare" in steps and hasattr(steps.get("final"), "coef_")


def linear_shap(
    model: TabularModel, numbers: np.ndarray, background: np.ndarray, *, place: int
) -> np.ndarray:
    """The values of rows, ``[rows, features]``, in the unit of the model's margin or number.

    Args:
        model: One that ``is_linear``.
        numbers: The rows, ``[rows, features]``.
        background: ``[background, features]``.
        place: The class's place in ``model.classes``; 0 for a regressor.
    """
    import numpy as np

    steps = model.estimator.named_steps
    slopes = np.atleast_2d(steps["final"].coef_)
    if len(slopes) == 1:  # of the second of two classes, or of the number
        slope = -slopes[0] if model.is_classifier and place == 0 else slopes[0]
    else:
        slope = slopes[place]
    prepare = steps["prepare"].transform
    terms = (prepare(numbers) - prepare(background).mean(axis=0)) * slope
    groups = groups_of(model.estimator, model.columns)
    return np.stack([terms[:, group].sum(axis=1) for group in groups], axis=1)
