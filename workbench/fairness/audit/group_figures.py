"""Each metric of each group with its interval, and which cannot be told and why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .bca import intervals
from .confusion import COUNT_METRICS
from .groups import EVERYONE, Groups
from .resampled import Resampled
from .result import Exclusion, GroupFigure

_RESTS_ON = {metric.name: metric.rests_on for metric in COUNT_METRICS} | {
    "roc_auc_score": "rows of the rarer outcome",
    "exposure_per_relevance": "rows with any relevance",
    "pairwise_accuracy": "rows that are more relevant than another of their query",
}


def tell_figures(
    resampled: Sequence[Resampled], groups: Groups, n: int, confidence: float
) -> tuple[list[GroupFigure], list[Exclusion]]:
    """Each metric of each group with its interval; group by group, everyone last."""
    names, sizes = (*groups.names, EVERYONE), (*groups.sizes, n)
    by_place: list[list[GroupFigure]] = [[] for _ in names]
    left: list[Exclusion] = []
    for each in resampled:
        low, high = _ends(each, confidence)
        for place, name in enumerate(names):
            value, rows = float(each.estimates[place]), int(each.rows[place])
            if value != value:
                left.append(Exclusion(name, sizes[place], _why(each, place, rows), each.metric))
                continue
            method = "bca"
            if each.at_edge[place]:
                method = "exact" if value in (0.0, 1.0) else "percentile"
            ends = min(float(low[place]), value), max(float(high[place]), value)
            by_place[place].append(
                GroupFigure(name, sizes[place], each.metric, value, *ends, rows, method)
            )
    return [figure for place in by_place for figure in place], left


def _ends(each: Resampled, confidence: float) -> tuple[Any, Any]:
    import numpy as np

    known = ~np.isnan(each.estimates)
    low, high = np.full(len(known), np.nan), np.full(len(known), np.nan)
    if known.any():
        low[known], high[known] = intervals(
            each.estimates[known],
            each.draws[:, known],
            each.influence[known],
            each.multiplicity,
            confidence=confidence,
            plain=each.at_edge[known],
        )
    return low, high


def _why(each: Resampled, place: int, rows: int) -> str:
    on = _RESTS_ON.get(each.metric, "rows")
    if rows == 0:
        return f"there are no {on}"
    if (each.draws[:, place] == each.draws[0, place]).all():
        return f"every resample gives {each.draws[0, place]:g}, which tells no interval"
    if each.metric == "r2_score":
        return "the outcomes are all the same, so there is no variance to explain"
    return f"it would rest on {rows} {on}, too few for an interval"
