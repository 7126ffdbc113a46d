"""What is said of a system's future: an outlook a series, and what to do, most urgent first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from workbench.core.viewers import Viewable
from workbench.monitoring.anomalies.result import Anomaly
from workbench.monitoring.forecasting.forecast import LimitTime

Action = Literal[
    "raise the budget", "unload a model", "add a replica", "re-train", "clean the cache",
    "restart", "look into it",
]  # fmt: skip


@dataclass(frozen=True)
class Evidence:
    """A figure that speaks for something: of which series, in which window of Unix times."""

    what: str
    value: float | str
    unit: str
    series: str
    since_s: float
    until_s: float


@dataclass(frozen=True)
class Outlook(Viewable):
    """A series and what is to come of it.

    ``now`` is its last step; ``values``, ``low`` and ``high`` are the forecast of each step of
    ``step_s`` from ``start_s`` on, ``past`` what was before it. ``limit_met`` says when ``limit``
    is met: half of the futures meet it before ``likely_s``, one in twenty before ``earliest_s``;
    None without a limit. ``limit_from`` says whose limit it is. What a series has of clean-ups or
    restarts of itself is not counted on: the forecast says what comes if there is none. ``per_day``
    is how much it grows a day by the forecast. ``looked_days`` is how far it could be judged;
    ``is_short`` says that a longer past would have let it be judged further, as was asked.
    """

    series: str
    unit: str
    start_s: float
    step_s: float
    level: float
    now: float
    values: tuple[float, ...] = field(repr=False)
    low: tuple[float, ...] = field(repr=False)
    high: tuple[float, ...] = field(repr=False)
    past: tuple[float, ...] = field(repr=False)
    model: str
    per_day: float
    limit: float | None
    limit_from: str
    limit_met: LimitTime | None
    anomalies: tuple[Anomaly, ...] = ()
    notes: tuple[str, ...] = ()
    is_short: bool = False
    looked_days: float = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "looked_days", self.horizon_s / 86_400)

    @property
    def horizon_s(self) -> float:
        """How far is looked ahead."""
        return self.step_s * len(self.values)


@dataclass(frozen=True)
class Suggestion(Viewable):
    """Something to do. ``by_s`` is the Unix time before which one future in twenty needs it; None
    where nothing runs out. ``command`` is what to type first."""

    action: Action
    subject: str
    because: str
    by_s: float | None
    evidence: tuple[Evidence, ...]
    command: str


@dataclass(frozen=True)
class MaintenanceReport(Viewable):
    """``suggestions`` with the most urgent first; ``left_out`` says which series could not be
    looked at, and why. ``short`` is how many days of ``horizon_days`` could be judged, by series,
    of those whose past allows no more: nothing is known of what comes after."""

    made_s: float
    horizon_days: int
    outlooks: tuple[Outlook, ...]
    suggestions: tuple[Suggestion, ...]
    left_out: Mapping[str, str]
    short: Mapping[str, float] = field(init=False)

    def __post_init__(self) -> None:
        short = {each.series: each.looked_days for each in self.outlooks if each.is_short}
        object.__setattr__(self, "short", short)
