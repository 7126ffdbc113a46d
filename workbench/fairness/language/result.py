"""What a probe found, and what came of comparing two."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal, TypeVar

from workbench.core.errors import NotFoundError
from workbench.core.viewers import Viewable

from .items import Excluded
from .measures import MeasuredValues

Correction = Literal["holm", "benjamini-hochberg", "none"]


@dataclass(frozen=True)
class Inference:
    """How uncertainty is told.

    ``level`` is what a flag may be wrong by: for Holm the chance of any false flag among the
    groups of one measure. ``least_n`` items are needed for a group to be told at all.
    """

    confidence: float = 0.95
    draws: int = 2000
    correction: Correction = "holm"
    level: float = 0.05
    least_n: int = 10
    seed: int = 0


@dataclass(frozen=True)
class ProbeFigure(Viewable):
    """One measure, under one control, over one group of items.

    ``by`` is what the group is one of (``all``: every item). ``p`` is that of ``null``, None where
    the measure has none; ``p_adjusted`` counts the groups of the same ``by`` together; ``flagged``
    says that it is at most the level.
    """

    measure: str
    control: str
    by: str
    group: str
    n: int
    value: float
    low: float
    high: float
    unit: str
    null: float | None = None
    p: float | None = None
    p_adjusted: float | None = None
    flagged: bool | None = None


@dataclass(frozen=True)
class ComparedFigure(Viewable):
    """One measure of two models on the same items; ``difference`` is after less before, with its
    interval, and ``p`` that of no difference."""

    measure: str
    control: str
    by: str
    group: str
    n: int
    before: float
    after: float
    difference: float
    low: float
    high: float
    unit: str
    p: float
    p_adjusted: float
    flagged: bool


F = TypeVar("F", ProbeFigure, ComparedFigure)


@dataclass(frozen=True)
class ProbeResult(Viewable):
    """What a probe says of one model.

    ``items`` were asked, of ``rows`` in the data set; ``excluded`` says what was left out, where.
    ``measures`` and ``controls`` say in words what each is. ``digests`` name model, data and texts
    by sha256; ``is_cached`` that the scores were known from before. ``caution`` is what must be
    said with the figures.
    """

    dataset: str
    model: str
    engine: str
    rows: int
    items: int
    limit: int | None
    seed: int
    figures: tuple[ProbeFigure, ...]
    excluded: tuple[Excluded, ...]
    measures: Mapping[str, str]
    controls: Mapping[str, str]
    inference: Inference
    caution: str
    digests: Mapping[str, str]
    is_cached: bool = False
    _values: tuple[MeasuredValues, ...] = field(default=(), repr=False)

    def figure(
        self, measure: str, *, control: str = "none", by: str = "all", group: str = "all"
    ) -> ProbeFigure:
        """One figure.

        Raises:
            NotFoundError: There is none; it may have been excluded.
        """
        return _find(self.figures, (measure, control, by, group))

    @property
    def values(self) -> tuple[MeasuredValues, ...]:
        """Each measure's value for each item."""
        return self._values


@dataclass(frozen=True)
class ProbeComparison(Viewable):
    """The same probe on two models, with each difference tested on the same items."""

    dataset: str
    before: str
    after: str
    items: int
    figures: tuple[ComparedFigure, ...]
    excluded: tuple[Excluded, ...]
    measures: Mapping[str, str]
    controls: Mapping[str, str]
    inference: Inference
    caution: str
    digests: Mapping[str, str]

    def figure(
        self, measure: str, *, control: str = "none", by: str = "all", group: str = "all"
    ) -> ComparedFigure:
        """One figure. Raises NotFoundError if there is none."""
        return _find(self.figures, (measure, control, by, group))


def _find(figures: Sequence[F], key: tuple[str, str, str, str]) -> F:
    known = {" / ".join((f.measure, f.control, f.by, f.group)): f for f in figures}
    name = " / ".join(key)
    if name not in known:
        raise NotFoundError.among("figure", name, known, hint="result.excluded says what and why")
    return known[name]
