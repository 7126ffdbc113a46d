"""What a mitigation came to, and what several of them cost."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from workbench.core.viewers import Viewable
from workbench.fairness.audit.result import Disparity, Exclusion, GroupFigure
from workbench.models.tabular import TabularModel

from .methods import Method
from .study import Study


@dataclass(frozen=True)
class Change(Viewable):
    """A figure before and after on the same rows, with the interval of the difference."""

    metric: str
    before: float
    after: float
    change: float
    low: float
    high: float


@dataclass(frozen=True)
class Recipe(Viewable):
    """All that a fairer model is made from: the table by name or path (None of one in memory), the
    base, the groups, and the settings of the method."""

    source: str | None
    target: str
    sensitive: tuple[str, ...]
    positive: str
    exclude: tuple[str, ...]
    min_rows: int
    base: str
    method: str
    constraint: str
    gap: float | None
    alpha: float
    deterministic: bool
    seed: int


@dataclass(frozen=True)
class Mitigation(Viewable):
    """A fairer model beside the one it was made from, both on rows that neither has seen.

    ``accuracy`` and ``disparity`` are changes; ``left`` are the disparities after it, whose
    intervals hold 0 where there may be none; ``groups_before`` and ``groups_after`` the figures
    of each group with intervals. ``needs`` says in words what the model asks for when it is used,
    ``details`` what was set (thresholds by group, weights of models), ``recipe`` all that makes it
    again (``save_mitigated`` keeps that). Its ``model`` reads rows as any other model of tables, so
    it can be audited and explained like one.
    """

    dataset: str
    base: str
    method: Method
    constraint: str
    deterministic: bool
    sensitive: tuple[str, ...]
    positive: str
    n: int
    accuracy: Change
    disparity: Change
    disparities: tuple[Change, ...]
    left: tuple[Disparity, ...]
    groups_before: tuple[GroupFigure, ...]
    groups_after: tuple[GroupFigure, ...]
    excluded: tuple[Exclusion, ...]
    needs: tuple[str, ...]
    details: dict[str, float]
    notes: tuple[str, ...]
    recipe: Recipe
    seed: int
    predictions: Path | None = None
    saved: Path | None = None
    _model: TabularModel | None = field(default=None, repr=False, compare=False)
    _study: Study | None = field(default=None, repr=False, compare=False)

    @property
    def model(self) -> TabularModel:
        """The fairer model."""
        assert self._model is not None
        return self._model

    @property
    def study(self) -> Study | None:
        """What it was made from, as long as it is in the process that made it."""
        return self._study


@dataclass(frozen=True)
class TradeOffPoint(Viewable):
    """One model: how often it is right, how far the groups lie apart, with intervals.

    ``is_best`` says that no other point is both as right and as fair (on the point values).
    """

    method: str
    setting: str
    accuracy: float
    accuracy_low: float
    accuracy_high: float
    disparity: float
    disparity_low: float
    disparity_high: float
    deterministic: bool
    reads_group: bool
    is_best: bool = False


@dataclass(frozen=True)
class TradeOff(Viewable):
    """What fairness costs: points of several methods, the model without any first."""

    dataset: str
    base: str
    constraint: str
    disparity: str
    sensitive: tuple[str, ...]
    n: int
    points: tuple[TradeOffPoint, ...]
    failed: tuple[Exclusion, ...]
    confidence: float
    seed: int
