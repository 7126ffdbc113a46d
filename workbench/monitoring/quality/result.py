"""What is told of the quality of answers: a day each, and what has shifted since a reference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from workbench.core.viewers import Viewable
from workbench.evaluation.sequential import SequentialTest


@dataclass(frozen=True)
class DayQuality:
    """One day (UTC). Rates are shares of the calls that they can be told of; None where there are
    none: ``errors`` of all calls, ``refusals`` of those whose words were kept, ``score`` (-1 to 1)
    of those that were judged, which are ``judged`` of all. ``languages`` are shares as well."""

    day: str
    calls: int
    errors: float
    refusals: float | None
    score: float | None
    judged: float
    answer_tokens: float | None
    languages: Mapping[str, float]


@dataclass(frozen=True)
class QualityShift:
    """One measure before and now; ``low`` to ``high`` is the 95% interval of the difference of
    rates and means. ``size`` is the population stability index of lengths and languages."""

    measure: str
    test: str
    before: float | None
    now: float | None
    low: float | None
    high: float | None
    size: float | None
    p_value: float
    adjusted_p_value: float
    shifted: bool
    before_rows: int
    now_rows: int


@dataclass(frozen=True)
class ArmReadout:
    """Two models between which calls were drawn by lot, candidate less champion, valid at any look.

    ``better`` and ``worse`` say what may be concluded now at ``level``; neither: go on.
    """

    candidate: str
    measure: str
    share: float
    level: float
    calls: int
    test: SequentialTest
    better: bool
    worse: bool


@dataclass(frozen=True)
class QualityReport(Viewable):
    """``days`` of both periods, ``shifts`` the surest first; ``notes`` say what to keep in mind."""

    reference: str
    current: str
    level: float
    days: tuple[DayQuality, ...]
    shifts: tuple[QualityShift, ...]
    arms: ArmReadout | None = None
    notes: tuple[str, ...] = field(default_factory=tuple)

    @property
    def shifted(self) -> tuple[str, ...]:
        """The measures that shifted."""
        return tuple(shift.measure for shift in self.shifts if shift.shifted)
