"""What a ranking gives to groups: attention, places at the top, attention for relevance, order.

Exposure is the discount of DCG, 1 / log2(1 + rank), as in Singh and Joachims, "Fairness of Exposure
in Rankings" (KDD 2018); exposure per relevance is their disparate treatment. Pairwise accuracy is
Beutel et al., "Fairness in Recommendation Ranking through Pairwise Comparisons" (KDD 2019): how
often a group's items stand above less relevant items of the same query.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from .row_metrics import RowMetric, mean_of, ratio_of_sums

if TYPE_CHECKING:
    import numpy as np

RANKING_METRICS = ("exposure", "top_rate", "exposure_per_relevance", "pairwise_accuracy")


def ranking_metrics(
    relevance: Any, score: Any, queries: Any, *, top: int
) -> Callable[[np.ndarray], Sequence[RowMetric]]:
    """The metrics of a ranking over chosen rows.

    Args:
        relevance: Shape [n], at least 0.
        score: Shape [n]; the higher the nearer to the top. Equal scores share their places.
        queries: Each row's query, shape [n], from 0 on.
        top: How many places are the top.
    """
    import numpy as np

    exposure, at_top = np.empty(len(score)), np.empty(len(score))
    won, pairs = np.empty(len(score)), np.empty(len(score))
    order = np.argsort(queries, kind="stable")
    for rows in np.split(order, np.flatnonzero(np.diff(queries[order])) + 1):
        exposure[rows], at_top[rows] = _places(score[rows], top)
        won[rows], pairs[rows] = _pairs(relevance[rows], score[rows])

    def make(rows: np.ndarray) -> Sequence[RowMetric]:
        return (
            mean_of("exposure", exposure[rows]),
            mean_of("top_rate", at_top[rows]),
            ratio_of_sums("exposure_per_relevance", exposure[rows], relevance[rows]),
            ratio_of_sums("pairwise_accuracy", won[rows], pairs[rows]),
        )

    return make


def _places(score: Any, top: int) -> tuple[Any, Any]:
    """Exposure and being at the top; equal scores have the mean of their places."""
    import numpy as np

    order = np.argsort(-score, kind="stable")
    ranks = np.arange(1, len(score) + 1)
    starts = np.flatnonzero(np.r_[True, np.diff(score[order]) < 0])
    sizes = np.diff(np.r_[starts, len(score)])
    found = []
    for values in (1 / np.log2(1 + ranks), (ranks <= top).astype(float)):
        shared = np.repeat(np.add.reduceat(values, starts) / sizes, sizes)
        placed = np.empty(len(score))
        placed[order] = shared
        found.append(placed)
    return found[0], found[1]


def _pairs(relevance: Any, score: Any) -> tuple[Any, Any]:
    """For each item the less relevant items of its query: how many stand below it, and how many
    there are."""
    import numpy as np

    won, pairs = np.zeros(len(score)), np.zeros(len(score))
    for level in np.unique(relevance)[1:]:
        mine, others = relevance == level, np.sort(score[relevance < level])
        below = np.searchsorted(others, score[mine], side="left")
        upto = np.searchsorted(others, score[mine], side="right")
        won[mine], pairs[mine] = (below + upto) / 2, len(others)
    return won, pairs
