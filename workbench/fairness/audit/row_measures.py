"""Which metrics of rows an audit measures: errors, scores and rankings, with their resamples."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InputError

from .fairlearn_points import fairlearn_points
from .groups import Groups
from .outcomes import Outcomes
from .precision import Precision
from .ranking import ranking_metrics
from .resampled import Resampled
from .row_bootstrap import resample_rows
from .row_metrics import RowMetric, mean_of, r2_score, roc_auc_score

if TYPE_CHECKING:
    import numpy as np

LOSSES = ("mean_absolute_error", "mean_squared_error", "log_loss", "brier_score")
_LEAST_LOG = 2.220446049250313e-16  # scikit-learn's floor of a probability


def resample_regression(outcomes: Outcomes, groups: Groups, how: Precision) -> list[Resampled]:
    """Errors of a regression: mean, absolute, squared, R2, and the mean prediction."""
    import numpy as np

    y, y_hat = outcomes.y, outcomes.y_hat
    errors = y_hat - y

    def make(rows: np.ndarray) -> Sequence[RowMetric]:
        return (
            mean_of("mean_absolute_error", np.abs(errors[rows])),
            mean_of("mean_squared_error", errors[rows] ** 2),
            mean_of("mean_error", errors[rows]),
            mean_of("mean_prediction", y_hat[rows]),
            r2_score(y[rows], y_hat[rows]),
        )

    return _resample(make, y, y_hat, groups, how)


def resample_scores(outcomes: Outcomes, groups: Groups, how: Precision) -> list[Resampled]:
    """What stated probabilities are worth: ROC, log loss, Brier score, and their mean."""
    import numpy as np

    y, score = outcomes.y, outcomes.score
    assert score is not None
    right = np.where(y == 1, score, 1 - score)
    losses = -np.log(np.clip(right, _LEAST_LOG, 1.0))

    def make(rows: np.ndarray) -> Sequence[RowMetric]:
        return (
            roc_auc_score(y[rows], score[rows]),
            mean_of("log_loss", losses[rows]),
            mean_of("brier_score", (score[rows] - y[rows]) ** 2),
            mean_of("mean_prediction", score[rows]),
        )

    return _resample(make, y, score, groups, how)


def resample_ranking(
    outcomes: Outcomes, groups: Groups, query: Any, top: int, how: Precision
) -> list[Resampled]:
    """Exposure, places at the top, exposure per relevance and pairwise accuracy.

    Raises:
        InputError: A relevance is negative, ``top`` not positive, or ``query`` of another length.
    """
    import numpy as np

    if (outcomes.y < 0).any() or top < 1:
        raise InputError(
            "relevances must be at least 0 and top at least 1",
            hint="y is how relevant an item is, y_hat the score by which it is placed",
        )
    queries = np.zeros(len(outcomes.y), int)
    clusters = None
    if query is not None:
        if len(query) != len(outcomes.y):
            raise InputError(f"query has {len(query)} rows, y has {len(outcomes.y)}")
        queries = np.unique(np.asarray(query).astype(str), return_inverse=True)[1]
        clusters = queries
    make = ranking_metrics(outcomes.y, outcomes.y_hat, queries, top=top)
    return resample_rows(
        make,
        groups.codes,
        len(groups.names),
        draws=how.row_draws,
        seed=how.seed,
        clusters=clusters,
        min_denominator=how.min_denominator,
    )


def _resample(
    make: Callable[[np.ndarray], Sequence[RowMetric]],
    y: Any,
    predicted: Any,
    groups: Groups,
    how: Precision,
) -> list[Resampled]:
    """Resample, with fairlearn's points where it has the metric."""
    import numpy as np

    count = len(groups.names)
    members = [np.flatnonzero(groups.codes == at) for at in range(count)] + [np.arange(len(y))]
    defined: dict[str, list[bool]] = {}
    for rows in members:
        for metric in make(rows):
            value = metric.evaluate(np.ones((1, len(rows))))[0]
            defined.setdefault(metric.name, []).append(bool(np.isfinite(value)))
    return resample_rows(
        make,
        groups.codes,
        count,
        draws=how.row_draws,
        seed=how.seed,
        min_denominator=how.min_denominator,
        losses=LOSSES,
        points=fairlearn_points(defined, y, predicted, groups.codes, count),
    )
