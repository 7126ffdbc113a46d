"""fairlearn's disparities, each with its interval: differences, ratios, the worst group's value.

What is compared is either every group with every other (``between_groups``) or every group with
everyone (``to_overall``), as fairlearn names it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from workbench.core.cancellation import check_cancelled
from workbench.evaluation.multiple_testing import BENJAMINI_HOCHBERG, HOLM, adjust_p_values

from .contrasts import NOBODY, Contrasts, averaged, joined, make_contrasts
from .equality import equality_p_value, lowest_p_value
from .groups import EVERYONE
from .intersection_bounds import bound_largest
from .resampled import Resampled
from .result import Disparity, Exclusion

Kind = Literal["difference", "ratio", "group_min", "group_max"]
Compare = Literal["between_groups", "to_overall"]


@dataclass(frozen=True)
class DisparityMetric:
    """What one disparity is: a kind of comparison of one metric, or of two as worst case or mean.

    ``hypothesis`` names what is tested; disparities that test the same have the same.
    """

    name: str
    kind: Kind
    of: tuple[str, ...]
    hypothesis: str
    mean: bool = False


_EQUALIZED = ("true_positive_rate", "false_positive_rate")
# The same rows decide these, so they are one hypothesis and not two.
_SAME = {
    "false_negative_rate": "true_positive_rate",
    "recall_score": "true_positive_rate",
    "true_negative_rate": "false_positive_rate",
    "zero_one_loss": "accuracy_score",
}


def _of(metric: str, *kinds: Kind) -> tuple[DisparityMetric, ...]:
    hypothesis = _SAME.get(metric, metric)
    return tuple(DisparityMetric(f"{metric}_{k}", k, (metric,), hypothesis) for k in kinds)


COUNT_DISPARITIES = (
    DisparityMetric(
        "demographic_parity_difference", "difference", ("selection_rate",), "selection_rate"
    ),
    DisparityMetric("demographic_parity_ratio", "ratio", ("selection_rate",), "selection_rate"),
    DisparityMetric("equalized_odds_difference", "difference", _EQUALIZED, "equalized_odds"),
    DisparityMetric("equalized_odds_ratio", "ratio", _EQUALIZED, "equalized_odds"),
    DisparityMetric(
        "equalized_odds_difference_mean", "difference", _EQUALIZED, "equalized_odds", mean=True
    ),
    DisparityMetric("equalized_odds_ratio_mean", "ratio", _EQUALIZED, "equalized_odds", mean=True),
    DisparityMetric(
        "equal_opportunity_difference", "difference", ("true_positive_rate",), "true_positive_rate"
    ),
    DisparityMetric(
        "equal_opportunity_ratio", "ratio", ("true_positive_rate",), "true_positive_rate"
    ),
    *_of("selection_rate", "difference", "ratio"),
    *_of("true_positive_rate", "difference", "ratio"),
    *_of("true_negative_rate", "difference", "ratio"),
    *_of("false_positive_rate", "difference", "ratio"),
    *_of("false_negative_rate", "difference", "ratio"),
    *_of("accuracy_score", "difference", "ratio", "group_min"),
    *_of("zero_one_loss", "difference", "ratio", "group_max"),
    *_of("balanced_accuracy_score", "group_min"),
    *_of("precision_score", "group_min"),
    *_of("recall_score", "group_min"),
    *_of("f1_score", "group_min"),
    # Not fairlearn's: how far the groups lie apart before any model.
    *_of("base_rate", "difference"),
)
SCORE_DISPARITIES = (
    *_of("roc_auc_score", "difference", "group_min"),
    *_of("log_loss", "difference", "group_max"),
    *_of("brier_score", "difference"),
    *_of("mean_prediction", "difference"),
)
REGRESSION_DISPARITIES = (
    *_of("mean_absolute_error", "difference", "ratio", "group_max"),
    *_of("mean_squared_error", "difference", "ratio", "group_max"),
    *_of("r2_score", "difference", "group_min"),
    *_of("mean_prediction", "difference"),
    *_of("mean_error", "difference"),
)
RANKING_DISPARITIES = (
    *_of("exposure", "difference", "ratio"),
    *_of("top_rate", "difference", "ratio"),
    *_of("exposure_per_relevance", "difference", "ratio"),
    *_of("pairwise_accuracy", "difference", "group_min"),
)


def measure_disparities(
    wanted: Sequence[DisparityMetric],
    resampled: Mapping[str, Resampled],
    groups: Sequence[str],
    *,
    compare: Compare,
    confidence: float,
    rows: int,
) -> tuple[tuple[Disparity, ...], tuple[Exclusion, ...]]:
    """Each disparity with its interval and test, and those that cannot be said, with the reason.

    Args:
        wanted: Which.
        resampled: Metrics by name, over the groups and everyone.
        groups: The groups' names.
        compare: Between groups, or each with everyone.
        confidence: Of the intervals.
        rows: All rows.
    """
    names = (*groups, EVERYONE)
    found: list[tuple[DisparityMetric, Disparity]] = []
    left: list[Exclusion] = []
    said: dict[tuple[object, ...], Disparity] = {}  # some of fairlearn's have two names
    for metric in wanted:
        check_cancelled()
        parts = [resampled[name] for name in metric.of]
        reason = _cannot_be_said(metric, parts, len(groups))
        if reason:
            left.append(Exclusion("all groups", rows, reason, metric.name))
            continue
        key = (metric.kind, metric.of, metric.mean)
        if key not in said:
            families = [_family(part, metric.kind, compare, len(groups)) for part in parts]
            value, family = _together(metric, parts, families, compare)
            said[key] = _say(metric, family, value, names, confidence, rows)
        found.append((metric, replace(said[key], metric=metric.name)))
    return _with_tests(found, resampled), tuple(left)


def _cannot_be_said(metric: DisparityMetric, parts: Sequence[Resampled], groups: int) -> str:
    import numpy as np

    for part in parts:
        judged = part.estimates[:groups]
        judged = judged[~np.isnan(judged)]
        if len(judged) < (1 if metric.kind.startswith("group") else 2):
            return f"{part.metric} is known for {len(judged)} of the groups"
        if metric.kind == "ratio" and judged.max() == 0:
            return f"{part.metric} is 0 in every group, and a ratio of nothings is not defined"
        if metric.kind == "ratio" and judged.min() < 0:
            return f"{part.metric} is negative in a group"
    return ""


def _family(part: Resampled, kind: Kind, compare: Compare, groups: int) -> Contrasts:
    everyone = range(groups)
    if kind == "group_max":
        pairs = [(at, NOBODY) for at in everyone]
    elif kind == "group_min":
        pairs = [(NOBODY, at) for at in everyone]
    elif compare == "to_overall":
        pairs = [pair for at in everyone for pair in ((at, groups), (groups, at))]
    else:
        pairs = [(at, other) for at in everyone for other in everyone if at != other]
    return make_contrasts(part, pairs, logarithms=kind == "ratio")


def _together(
    metric: DisparityMetric,
    parts: Sequence[Resampled],
    families: Sequence[Contrasts],
    compare: Compare,
) -> tuple[float, Contrasts]:
    """The value and the contrasts of one metric, or of two as their mean or their worst case."""
    points = [_point(part, metric.kind, compare) for part in parts]
    if metric.mean:
        one, two = families
        return sum(points) / 2, averaged(one, two, ratios=metric.kind == "ratio")
    if len(families) == 1:
        return points[0], families[0]
    # The worst case is the largest difference, or the smallest ratio.
    worst = min(points) if metric.kind in ("ratio", "group_min") else max(points)
    return worst, joined(families)


def _say(
    metric: DisparityMetric,
    family: Contrasts,
    value: float,
    names: Sequence[str],
    confidence: float,
    rows: int,
) -> Disparity:
    largest = bound_largest(family, confidence=confidence, rows=rows)
    back: Callable[[float], float] = float
    if metric.kind == "ratio":
        back = _negative if metric.mean else _ratio
    elif metric.kind == "group_min":
        back = _negative
    low, high = sorted((back(largest.low), back(largest.high)))
    if metric.kind == "difference":
        low = max(low, 0.0)
    if metric.kind == "ratio":
        low, high = max(low, 0.0), min(high, 1.0)
    ends = tuple(names[place] for place in family.places[largest.which] if place != NOBODY)
    return Disparity(metric.name, value, min(low, value), max(high, value), ends)


def _point(part: Resampled, kind: Kind, compare: Compare) -> float:
    """The disparity of one metric, as fairlearn computes it."""
    import numpy as np

    judged, everyone = part.estimates[:-1], part.estimates[-1]
    judged = judged[~np.isnan(judged)]
    low, high = float(judged.min()), float(judged.max())
    if kind.startswith("group"):
        return low if kind == "group_min" else high
    if compare == "to_overall":
        if kind == "difference":
            return float(np.abs(judged - everyone).max())
        return float((np.minimum(judged, everyone) / np.maximum(judged, everyone)).min())
    return high - low if kind == "difference" else low / high


def _ratio(contrast: float) -> float:
    return math.exp(-contrast)


def _negative(contrast: float) -> float:
    return -contrast


def _with_tests(
    found: Sequence[tuple[DisparityMetric, Disparity]], resampled: Mapping[str, Resampled]
) -> tuple[Disparity, ...]:
    """One test a hypothesis, corrected over all hypotheses."""
    p_values: dict[str, float] = {}
    lowest: dict[str, float] = {}
    for metric, _ in found:
        if metric.hypothesis not in p_values and not metric.kind.startswith("group"):
            parts = [resampled[name] for name in metric.of]
            p = equality_p_value(parts)
            if p is not None:
                p_values[metric.hypothesis] = p
                lowest[metric.hypothesis] = lowest_p_value(parts)
    by_holm, by_bh = (
        dict(zip(p_values, adjust_p_values(list(p_values.values()), correction=way), strict=True))
        for way in (HOLM, BENJAMINI_HOCHBERG)
    )
    told = []
    for metric, disparity in found:
        h = metric.hypothesis
        if h in p_values and not metric.kind.startswith("group"):
            disparity = replace(
                disparity,
                p_value=p_values[h],
                p_holm=by_holm[h],
                p_bh=by_bh[h],
                hypothesis=h,
                lowest_p=lowest[h],
            )
        told.append(disparity)
    return tuple(told)
