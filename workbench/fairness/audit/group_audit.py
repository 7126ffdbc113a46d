"""A model's figures by group: what is measured, with which intervals, and what is left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from workbench.core.cancellation import check_cancelled
from workbench.core.errors import InputError

from .confusion import COUNT_METRICS, count_cells
from .count_bootstrap import resample_counts
from .disparities import (
    COUNT_DISPARITIES,
    RANKING_DISPARITIES,
    REGRESSION_DISPARITIES,
    SCORE_DISPARITIES,
    DisparityMetric,
    measure_disparities,
)
from .group_calibration import calibrate_groups
from .group_figures import tell_figures
from .groups import EVERYONE, Groups, make_groups
from .outcomes import Outcomes, Task, read_outcomes
from .precision import Precision
from .resampled import Resampled
from .result import Comparison, Disparity, GroupAudit, GroupFigure
from .row_measures import resample_ranking, resample_regression, resample_scores

_NOTHING = "no two groups could be compared: what was left out says why"


def audit_groups(
    y: Any,
    y_hat: Any,
    *,
    sensitive: Mapping[str, Any],
    score: Any = None,
    query: Any = None,
    task: Task = "auto",
    positive: str | None = None,
    threshold: float | None = None,
    top: int = 10,
    precision: Precision | None = None,
    dataset: str = "",
    model: str = "",
) -> GroupAudit:
    """Judge predictions by group.

    Args:
        y: What came, shape [n]: labels, numbers, or the relevances of a ranking.
        y_hat: What was predicted, shape [n]: labels, numbers, or the scores of a ranking.
        sensitive: The sensitive columns by name, each of shape [n]. Several make intersections.
        score: Probabilities of the positive label, shape [n]: adds the area under the ROC curve,
            log loss, Brier score and calibration.
        query: Which ranking each row belongs to, shape [n]; only for the task ``ranking``, which
            without it is one ranking.
        task: ``auto`` takes labels for a classification, other numbers for a regression, and
            refuses numbers that were said of labels.
        positive: The label that counts as 1.
        threshold: ``y_hat`` are probabilities; from this one on a row counts as predicted 1.
        top: How many places of a ranking are its top.
        precision: Intervals, draws and the least sizes.
        dataset: Its name, for the record.
        model: Its name, for the record.

    Raises:
        InputError: What was given cannot be audited; the message says why.
    """
    how = precision or Precision()
    outcomes = read_outcomes(
        y, y_hat, score=score, task=task, positive=positive, threshold=threshold
    )
    _check_lengths(sensitive, len(outcomes.y))
    groups = make_groups(sensitive, min_rows=how.min_rows)
    measured, everyone = _compare(outcomes, groups, query, top, how)
    alone = []
    for name, values in sensitive.items() if len(sensitive) > 1 else ():
        check_cancelled()
        own = make_groups({name: values}, min_rows=how.min_rows)
        alone.append(replace(_compare(outcomes, own, query, top, how)[0], column=name))
    return GroupAudit(
        dataset=dataset,
        model=model,
        task=outcomes.task,
        positive=outcomes.positive,
        n=len(outcomes.y),
        sensitive=tuple(sensitive),
        metrics=tuple(dict.fromkeys(figure.metric for figure in everyone)),
        everyone=everyone,
        groups=measured.groups,
        disparities=measured.disparities,
        excluded=measured.excluded,
        alone=tuple(alone),
        calibration=calibrate_groups(outcomes, groups, how.confidence, how.seed),
        compare=how.compare,
        confidence=how.confidence,
        draws=how.draws,
        min_rows=how.min_rows,
        seed=how.seed,
        notes=(*groups.cut, *(() if measured.disparities else (_NOTHING,))),
    )


def _check_lengths(sensitive: Mapping[str, Any], rows: int) -> None:
    for name, values in sensitive.items():
        if len(values) != rows:
            raise InputError(f"the sensitive column {name!r} has {len(values)} rows, y has {rows}")


def measure(
    outcomes: Outcomes, groups: Groups, query: Any, top: int, how: Precision
) -> tuple[list[Resampled], tuple[DisparityMetric, ...]]:
    """The metrics of the task with their resamples, and its disparities."""
    if outcomes.task == "regression":
        return resample_regression(outcomes, groups, how), REGRESSION_DISPARITIES
    if outcomes.task == "ranking":
        return resample_ranking(outcomes, groups, query, top, how), RANKING_DISPARITIES
    cells = count_cells(groups.codes, outcomes.y, outcomes.y_hat, len(groups.names))
    found = resample_counts(
        cells,
        COUNT_METRICS,
        draws=how.draws,
        seed=how.seed,
        min_denominator=how.min_denominator,
    )
    if outcomes.score is None:
        return found, COUNT_DISPARITIES
    return [*found, *resample_scores(outcomes, groups, how)], (
        *COUNT_DISPARITIES,
        *SCORE_DISPARITIES,
    )


def _compare(
    outcomes: Outcomes, groups: Groups, query: Any, top: int, how: Precision
) -> tuple[Comparison, tuple[GroupFigure, ...]]:
    """The figures of the groups and of everyone, the disparities, and what was left out."""
    resampled, wanted = measure(outcomes, groups, query, top, how)
    figures, left = tell_figures(resampled, groups, len(outcomes.y), how.confidence)
    disparities: tuple[Disparity, ...]
    disparities, unsaid = measure_disparities(
        wanted,
        {each.metric: each for each in resampled},
        groups.names,
        compare=how.compare,
        confidence=how.confidence,
        rows=len(outcomes.y),
    )
    own = tuple(figure for figure in figures if figure.group != EVERYONE)
    everyone = tuple(figure for figure in figures if figure.group == EVERYONE)
    excluded = (*groups.excluded, *left, *unsaid)
    return Comparison("", own, disparities, excluded), everyone
