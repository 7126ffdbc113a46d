"""What a model's answers cost, row by row."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.core.errors import CapabilityError, NotFoundError

if TYPE_CHECKING:
    import numpy as np

    from workbench.models.tabular.model import TabularModel

CLASSIFIER_METRICS = {"log_loss": "nats", "error_rate": "share of the rows", "brier": "square"}
_LEAST_PROBABILITY = 1e-15


def choose_metric(model: TabularModel, metric: str | None) -> tuple[str, str]:
    """A metric's name and its unit; by default log loss, or the absolute error of a regressor.

    Raises:
        NotFoundError: The model has no such metric.
    """
    known = dict(CLASSIFIER_METRICS)
    if not model.is_classifier:
        known = {"absolute_error": model.target, "squared_error": f"{model.target} squared"}
    elif not hasattr(model.estimator, "predict_proba"):
        known = {"error_rate": known["error_rate"]}
    metric = metric or next(iter(known))
    if metric not in known:
        raise NotFoundError.among("metric", metric, known)
    return metric, known[metric]


def losses_of(
    model: TabularModel, numbers: np.ndarray, truth: np.ndarray, metric: str
) -> np.ndarray:
    """The loss of each row, ``[rows]``; less is better.

    Args:
        model: Of the rows.
        numbers: ``[rows, features]``.
        truth: The places of the true classes, or the true numbers, ``[rows]``.
        metric: One that ``choose_metric`` gives.
    """
    import numpy as np

    if metric in ("absolute_error", "squared_error"):
        off = model.predict_numbers(numbers) - truth
        return np.abs(off) if metric == "absolute_error" else off**2
    if metric == "error_rate":
        wrong: np.ndarray = (model.places_numbers(numbers) != truth).astype(float)
        return wrong
    proba = model.proba_numbers(numbers)
    of_truth = proba[np.arange(len(proba)), truth.astype(int)]
    if metric == "log_loss":
        return -np.log(np.maximum(of_truth, _LEAST_PROBABILITY))
    if metric == "brier":
        return (proba**2).sum(axis=1) - 2 * of_truth + 1
    raise CapabilityError(f"there is no loss {metric!r}")


def places_of_truth(model: TabularModel, table: Any) -> np.ndarray:
    """The truth of rows as ``losses_of`` takes it, ``[rows]``.

    Raises:
        NotFoundError: The table lacks the target.
        DataError: A value is missing, or none of the classes.
    """
    import numpy as np

    truth = model.truth(table)
    if not model.is_classifier:
        return truth
    by_text = {str(known): place for place, known in enumerate(model.classes)}
    return np.array([by_text[str(value)] for value in truth], dtype=np.int64)
