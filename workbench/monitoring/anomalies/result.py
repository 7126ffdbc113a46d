"""Anomalies as a reader gets them: when, what kind, how large, what was expected and seen."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from workbench.core.viewers import Viewable

Kind = Literal["spike", "level", "ramp"]
Direction = Literal["up", "down"]


@dataclass(frozen=True)
class Anomaly(Viewable):
    """A window of a series that its past does not explain.

    ``first`` and ``end`` (left out) are places in the series, ``begun_s`` and ``ended_s`` their
    Unix times. A *spike* lasts a few steps, a *level* holds, a *ramp* climbs or falls slowly and is
    largest at its end. ``size_sigma`` is its height, a ramp's at its end, over the standard
    deviation of a quiet step; ``score`` how many standard errors it is from nothing, all steps of
    the window and their likeness to each other counted. ``expected`` and ``seen`` are means over
    the window. ``lasts`` says that it reaches the series' last step.
    """

    first: int
    end: int
    begun_s: float
    ended_s: float
    kind: Kind
    direction: Direction
    size_sigma: float
    score: float
    expected: float
    seen: float
    lasts: bool

    @property
    def steps(self) -> int:
        """How long it lasts."""
        return self.end - self.first


@dataclass(frozen=True)
class AnomalyReport(Viewable):
    """What was found in a series, the first first.

    ``expected`` with ``low`` and ``high`` are what a quiet series would have been within (99% of
    single steps), one a step; ``seen`` what was, None in a gap. ``wander`` is the share of the
    noise's variance that lasts from step to step, ``keeps`` how much of it is left a step later.
    ``resets_s`` are the times of falls that a growing series has of itself (restarts, clean-ups),
    ``falls`` how far each went.
    """

    metric: str
    unit: str
    start_s: float
    step_s: float
    level: float
    scale: str
    seasons: tuple[int, ...]
    wander: float
    keeps: float
    anomalies: tuple[Anomaly, ...]
    seen: tuple[float | None, ...] = field(repr=False)
    expected: tuple[float, ...] = field(repr=False)
    low: tuple[float, ...] = field(repr=False)
    high: tuple[float, ...] = field(repr=False)
    resets_s: tuple[float, ...] = ()
    falls: tuple[float, ...] = ()
    notes: tuple[str, ...] = ()
