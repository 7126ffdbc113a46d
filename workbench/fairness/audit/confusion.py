"""Metrics that are made from counts: how many rows of a group have which outcome and prediction.

The counts stand in the order (y, y_hat) = (0,0), (0,1), (1,0), (1,1) along the last axis. Points
and resamples come from the same lines; that the points are fairlearn's is tested. Where fairlearn
says 0 for a rate of no rows at all (no positive in the group), the value here is NaN, and the audit
lists the group as excluded from that metric.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np

TN, FP, FN, TP = range(4)


@dataclass(frozen=True)
class CountMetric:
    """A share of counts: ``sum(top * counts) / sum(bottom * counts)``.

    ``rests_on`` says in words which rows the bottom counts. ``is_loss`` tells that more is worse.
    """

    name: str
    top: tuple[int, int, int, int]
    bottom: tuple[int, int, int, int]
    rests_on: str
    is_loss: bool = False

    def values(self, counts: np.ndarray) -> np.ndarray:
        """The metric over the last axis of counts [..., 4]; NaN where it rests on no row."""
        import numpy as np

        bottom = counts @ np.array(self.bottom, float)
        top = counts @ np.array(self.top, float)
        return np.divide(top, bottom, out=np.full(bottom.shape, np.nan), where=bottom > 0)

    def rows(self, counts: np.ndarray) -> np.ndarray:
        """How many rows the metric rests on, shape [...]."""
        import numpy as np

        return counts @ (np.array(self.bottom) > 0).astype(counts.dtype)

    def slopes(self, counts: np.ndarray) -> np.ndarray:
        """The change of the metric for one more row in each cell: [..., 4] to [..., 4]."""
        import numpy as np

        top, bottom = np.array(self.top, float), np.array(self.bottom, float)
        total = (counts @ bottom)[..., None]
        value = self.values(counts)[..., None]
        return np.divide(top - value * bottom, total, out=np.zeros(counts.shape), where=total > 0)


@dataclass(frozen=True)
class MeanOfTwo:
    """The mean of two count metrics: balanced accuracy."""

    name: str
    first: CountMetric
    second: CountMetric
    rests_on: str
    is_loss: bool = False

    def values(self, counts: np.ndarray) -> Any:
        """As ``CountMetric.values``."""
        return (self.first.values(counts) + self.second.values(counts)) / 2

    def rows(self, counts: np.ndarray) -> Any:
        """The fewer of the rows that the two rest on."""
        import numpy as np

        return np.minimum(self.first.rows(counts), self.second.rows(counts))

    def slopes(self, counts: np.ndarray) -> Any:
        """As ``CountMetric.slopes``."""
        return (self.first.slopes(counts) + self.second.slopes(counts)) / 2


_ALL = (1, 1, 1, 1)
_TPR = CountMetric("true_positive_rate", (0, 0, 0, 1), (0, 0, 1, 1), "rows with y = 1")
_TNR = CountMetric("true_negative_rate", (1, 0, 0, 0), (1, 1, 0, 0), "rows with y = 0")
COUNT_METRICS: tuple[CountMetric | MeanOfTwo, ...] = (
    CountMetric("selection_rate", (0, 1, 0, 1), _ALL, "rows"),
    _TPR,
    _TNR,
    CountMetric("false_positive_rate", (0, 1, 0, 0), (1, 1, 0, 0), "rows with y = 0", is_loss=True),
    CountMetric("false_negative_rate", (0, 0, 1, 0), (0, 0, 1, 1), "rows with y = 1", is_loss=True),
    CountMetric("accuracy_score", (1, 0, 0, 1), _ALL, "rows"),
    CountMetric("zero_one_loss", (0, 1, 1, 0), _ALL, "rows", is_loss=True),
    MeanOfTwo("balanced_accuracy_score", _TPR, _TNR, "rows with y = 1, or with y = 0"),
    CountMetric("precision_score", (0, 0, 0, 1), (0, 1, 0, 1), "rows with y_hat = 1"),
    CountMetric("recall_score", (0, 0, 0, 1), (0, 0, 1, 1), "rows with y = 1"),
    CountMetric("f1_score", (0, 0, 0, 2), (0, 1, 1, 2), "rows with y = 1 or y_hat = 1"),
    # Not fairlearn's: how often y is 1 at all, without which a selection rate cannot be read.
    CountMetric("base_rate", (0, 0, 1, 1), _ALL, "rows"),
)


def count_cells(codes: Any, y: Any, y_hat: Any, groups: int) -> np.ndarray:
    """Counts of shape [groups + 1, 4]; the last row are the rows of no group.

    Args:
        codes: Each row's group, shape [n], 0 to ``groups``.
        y: Outcomes, shape [n], 0 or 1.
        y_hat: Predictions, shape [n], 0 or 1.
        groups: How many groups are judged.
    """
    import numpy as np

    cells = np.bincount(codes * 4 + y * 2 + y_hat, minlength=4 * (groups + 1))
    return cells.reshape(groups + 1, 4)
