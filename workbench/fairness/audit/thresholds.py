"""Every threshold at once: what a cut of the score means for each group, with intervals.

The score falls into the gaps between the thresholds, so one multinomial draw over cells (group, y,
gap) gives the counts at every threshold by adding up from the top.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from workbench.core.cancellation import check_cancelled
from workbench.core.errors import InputError
from workbench.core.progress import progress
from workbench.core.viewers import Viewable

from .confusion import COUNT_METRICS
from .count_bootstrap import draw_cells, resampled_metrics
from .disparities import DisparityMetric, measure_disparities
from .group_figures import tell_figures
from .groups import Groups, make_groups
from .outcomes import Outcomes
from .precision import Precision
from .result import Exclusion

_METRICS = ("selection_rate", "true_positive_rate", "false_positive_rate", "accuracy_score")
_DISPARITIES = (
    DisparityMetric(
        "demographic_parity_difference", "difference", ("selection_rate",), "selection_rate"
    ),
    DisparityMetric(
        "equalized_odds_difference",
        "difference",
        ("true_positive_rate", "false_positive_rate"),
        "equalized_odds",
    ),
)
GRID = tuple(round(0.05 * step, 2) for step in range(1, 20))


@dataclass(frozen=True)
class ThresholdFigure(Viewable):
    """One metric of one group, or of everyone, if rows at or above the threshold are selected."""

    threshold: float
    group: str
    n: int
    metric: str
    value: float
    low: float
    high: float


@dataclass(frozen=True)
class ThresholdDisparity(Viewable):
    """How far the groups lie apart at one threshold."""

    threshold: float
    metric: str
    value: float
    low: float
    high: float
    between: tuple[str, ...]


@dataclass(frozen=True)
class ThresholdSweep(Viewable):
    """Figures and disparities at each threshold. Intervals are of one threshold at a time: whoever
    picks the best of many picks some luck with it."""

    dataset: str
    model: str
    positive: str
    n: int
    sensitive: tuple[str, ...]
    thresholds: tuple[float, ...]
    figures: tuple[ThresholdFigure, ...] = field(repr=False)
    disparities: tuple[ThresholdDisparity, ...] = field(repr=False)
    excluded: tuple[Exclusion, ...] = field(repr=False)
    confidence: float
    draws: int
    seed: int


def sweep_thresholds(
    outcomes: Outcomes,
    *,
    sensitive: Mapping[str, Any],
    thresholds: Sequence[float] = GRID,
    precision: Precision | None = None,
    dataset: str = "",
    model: str = "",
) -> ThresholdSweep:
    """What each threshold on the score would mean for each group.

    Args:
        outcomes: With scores.
        sensitive: The sensitive columns by name.
        thresholds: Each in (0, 1]; a row is selected where its score is at or above it.
        precision: Intervals and least sizes.
        dataset: Its name, for the record.
        model: Its name, for the record.

    Raises:
        InputError: There are no scores, a threshold is out of range, or the groups cannot be made.
    """
    how = precision or Precision()
    cuts = sorted(set(thresholds))
    if outcomes.score is None:
        raise InputError(
            "a sweep needs scores, and there are labels only",
            hint="give the probabilities of the positive label as score",
        )
    if not cuts or not 0 < cuts[0] <= cuts[-1] <= 1:
        raise InputError(f"thresholds {list(thresholds)} must lie above 0 and at most at 1")
    groups = make_groups(sensitive, min_rows=how.min_rows)
    figures, disparities, left = _sweep(outcomes, groups, cuts, how)
    return ThresholdSweep(
        dataset=dataset,
        model=model,
        positive=str(outcomes.positive),
        n=len(outcomes.y),
        sensitive=tuple(sensitive),
        thresholds=tuple(cuts),
        figures=tuple(figures),
        disparities=tuple(disparities),
        excluded=(*groups.excluded, *left),
        confidence=how.confidence,
        draws=how.draws,
        seed=how.seed,
    )


def _sweep(
    outcomes: Outcomes, groups: Groups, cuts: Sequence[float], how: Precision
) -> tuple[list[ThresholdFigure], list[ThresholdDisparity], list[Exclusion]]:
    import numpy as np

    count = len(groups.names)
    assert outcomes.score is not None
    gap = np.searchsorted(np.array(cuts), outcomes.score, side="right")
    shape = (count + 1, 2, len(cuts) + 1)
    flat = np.ravel_multi_index((groups.codes, outcomes.y, gap), shape)
    cells = np.bincount(flat, minlength=int(np.prod(shape))).reshape(shape)
    drawn = draw_cells(cells, draws=how.draws, seed=how.seed)
    metrics = [metric for metric in COUNT_METRICS if metric.name in _METRICS]
    figures: list[ThresholdFigure] = []
    disparities: list[ThresholdDisparity] = []
    left: dict[tuple[str, str | None], Exclusion] = {}
    with progress("thresholds", total=len(cuts), unit="thresholds") as task:
        for place, cut in enumerate(cuts):
            check_cancelled()
            resampled = resampled_metrics(
                _at(cells, place),
                _at(drawn, place),
                metrics,
                seed=how.seed,
                min_denominator=how.min_denominator,
            )
            told, out = tell_figures(resampled, groups, len(outcomes.y), how.confidence)
            figures += [
                ThresholdFigure(cut, f.group, f.n, f.metric, f.value, f.low, f.high) for f in told
            ]
            apart, unsaid = measure_disparities(
                _DISPARITIES,
                {each.metric: each for each in resampled},
                groups.names,
                compare=how.compare,
                confidence=how.confidence,
                rows=len(outcomes.y),
            )
            disparities += [
                ThresholdDisparity(cut, d.metric, d.value, d.low, d.high, d.between) for d in apart
            ]
            left.update({(each.group, each.metric): each for each in (*out, *unsaid)})
            task.advance()
    return figures, disparities, list(left.values())


def _at(cells: Any, place: int) -> Any:
    """Counts [..., 4] at one threshold from cells [..., y, gap]."""
    import numpy as np

    selected = cells[..., place + 1 :].sum(axis=-1)
    passed = cells[..., : place + 1].sum(axis=-1)
    return np.stack([passed[..., 0], selected[..., 0], passed[..., 1], selected[..., 1]], axis=-1)
