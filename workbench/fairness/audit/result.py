"""What an audit comes to: figures by group, disparities between groups, and what was left out."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from workbench.core.viewers import Viewable
from workbench.evaluation.bootstrap import Interval


@dataclass(frozen=True)
class GroupFigure(Viewable):
    """One metric of one group (or of everyone) with its interval.

    ``n`` are the group's rows, ``rows`` those that the metric rests on: the true positive rate
    those with y = 1. ``method`` says how the interval was made: ``bca``, ``percentile``, or
    ``exact`` where none or all of the rows count and resampling knows no spread.
    """

    group: str
    n: int
    metric: str
    value: float
    low: float
    high: float
    rows: int
    method: str


@dataclass(frozen=True)
class Disparity(Viewable):
    """How far the groups lie apart in one metric.

    ``metric`` is fairlearn's name where fairlearn has it. ``between`` are the groups that decide
    it, or one group and ``everyone``. ``p_value`` is of the hypothesis that all groups are equal in
    what it compares, named by ``hypothesis``: disparities that compare the same rows share one.
    ``p_holm`` and ``p_bh`` are corrected for all hypotheses of the audit. ``lowest_p`` is the least
    that ``p_value`` can be with so many resamples. All are None for the worst group's value, which
    is no comparison.
    """

    metric: str
    value: float
    low: float
    high: float
    between: tuple[str, ...]
    p_value: float | None = None
    p_holm: float | None = None
    p_bh: float | None = None
    hypothesis: str | None = None
    lowest_p: float | None = None


@dataclass(frozen=True)
class Exclusion(Viewable):
    """A group that is not judged, in one metric or (``metric`` None) at all, and why."""

    group: str
    n: int
    reason: str
    metric: str | None = None


@dataclass(frozen=True)
class CalibrationBin(Viewable):
    """Rows of a group whose score lies in a range: what was stated and what came true."""

    group: str
    low_score: float
    high_score: float
    n: int
    stated: float
    came_true: float
    low: float
    high: float


@dataclass(frozen=True)
class GroupCalibration(Viewable):
    """How far a group's stated probabilities lie from what came true, and its curve."""

    group: str
    n: int
    error: Interval
    bins: tuple[CalibrationBin, ...]


@dataclass(frozen=True)
class Comparison(Viewable):
    """Figures and disparities of the groups of one sensitive column."""

    column: str
    groups: tuple[GroupFigure, ...]
    disparities: tuple[Disparity, ...]
    excluded: tuple[Exclusion, ...]


@dataclass(frozen=True)
class GroupAudit(Viewable):
    """A model's figures by group.

    ``groups`` are the intersections of all sensitive columns, ``alone`` each column by itself where
    there are several. ``everyone`` holds all rows, also of groups that were left out.
    """

    dataset: str
    model: str
    task: str
    positive: str | None
    n: int
    sensitive: tuple[str, ...]
    metrics: tuple[str, ...]
    everyone: tuple[GroupFigure, ...] = field(repr=False)
    groups: tuple[GroupFigure, ...] = field(repr=False)
    disparities: tuple[Disparity, ...] = field(repr=False)
    excluded: tuple[Exclusion, ...] = field(repr=False)
    alone: tuple[Comparison, ...] = field(repr=False)
    calibration: tuple[GroupCalibration, ...] = field(repr=False)
    compare: str
    confidence: float
    draws: int
    min_rows: int
    seed: int
    notes: tuple[str, ...] = ()
    predictions: Path | None = field(default=None, repr=False)

    @property
    def group_names(self) -> tuple[str, ...]:
        """The groups that were judged, in order."""
        return tuple(dict.fromkeys(figure.group for figure in self.groups))

    @property
    def tests(self) -> int:
        """How many hypotheses were tested: the p values of so many are corrected together."""
        return len({each.hypothesis for each in self.disparities} - {None})

    @property
    def at_floor(self) -> tuple[Disparity, ...]:
        """The disparities whose p value is as low as their resamples can tell."""
        return tuple(
            each
            for each in self.disparities
            if each.p_value is not None
            and each.lowest_p is not None
            and each.p_value <= 1.0001 * each.lowest_p
        )

    def figure(self, metric: str, group: str) -> GroupFigure:
        """One figure by metric and group (``everyone`` for all rows).

        Raises:
            NotFoundError: There is none; it may stand in ``excluded``.
        """
        from workbench.core.errors import NotFoundError

        known = {f.group: f for f in (*self.everyone, *self.groups) if f.metric == metric}
        if not known:
            raise NotFoundError.among("metric", metric, self.metrics)
        if group not in known:
            raise NotFoundError.among(f"group with {metric}", group, known)
        return known[group]

    def disparity(self, metric: str) -> Disparity:
        """One disparity by its name.

        Raises:
            NotFoundError: There is none of that name.
        """
        from workbench.core.errors import NotFoundError

        known = {each.metric: each for each in self.disparities}
        if metric not in known:
            raise NotFoundError.among("disparity", metric, known)
        return known[metric]
