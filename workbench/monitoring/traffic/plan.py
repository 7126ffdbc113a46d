"""What made traffic is made of. Each figure is an assumption, written down and not measured."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Model:
    """A model in made traffic: its share of the calls, its speed, and its price."""

    share: float
    first_token_s: float
    tokens_per_s: float
    usd_per_million_prompt: float
    usd_per_million_completion: float


@dataclass(frozen=True)
class Incident:
    """What goes wrong for a while: ``first_hour`` counts from the start of the traffic.

    ``kind`` is *errors* (``size`` is the share of calls that fail), *slow* (``size`` times the
    usual duration), *outage* (``size`` of the usual load arrives) or *rush* (``size`` times it).
    """

    kind: str
    first_hour: int
    hours: int
    size: float


@dataclass(frozen=True)
class Drift:
    """From ``hour`` on calls are of another mix: longer prompts, another task and language."""

    hour: int
    prompt_factor: float = 1.8
    task: str = "translate"
    task_share: float = 0.45
    language: str = "de"


MODELS: Mapping[str, Model] = {
    "smollm2-135m": Model(0.46, 0.04, 90.0, 0.0, 0.0),
    "qwen2.5-1.5b": Model(0.30, 0.12, 34.0, 0.05, 0.10),
    "upstream/large": Model(0.18, 0.45, 60.0, 2.50, 10.00),
    "all-minilm-l6": Model(0.06, 0.01, 0.0, 0.02, 0.0),
}
TEAMS: Mapping[str, float] = {
    "support": 0.38, "engineering": 0.27, "research": 0.17, "sales": 0.11, "legal": 0.07,
}  # fmt: skip
TASKS: Mapping[str, float] = {
    "chat": 0.40, "summarise": 0.22, "code": 0.18, "extract": 0.13, "translate": 0.07,
}  # fmt: skip
# Relative load of the 24 hours of a working day, and of the seven days from Monday on.
HOURS = (
    0.18, 0.12, 0.10, 0.09, 0.10, 0.16, 0.34, 0.72, 1.28, 1.72, 1.90, 1.82,
    1.46, 1.62, 1.88, 1.86, 1.70, 1.32, 0.90, 0.66, 0.54, 0.44, 0.34, 0.26,
)  # fmt: skip
WEEKDAYS = (1.16, 1.22, 1.20, 1.16, 1.02, 0.52, 0.46)


@dataclass(frozen=True)
class TrafficPlan:
    """How much traffic, from when on, and what happens in it.

    Args:
        start: The first day (UTC).
        days: How many.
        calls: About so many in all; what arrives in an hour is drawn.
        growth: The load of the last day over that of the first.
        users: How many people call, a few of them often.
        errors: The share of calls that fail on a usual day.
        incidents: What goes wrong.
        drift: What changes for good, and when.
        seed: Of all draws.
    """

    start: dt.date = dt.date(2026, 1, 1)
    days: int = 90
    calls: int = 100_000
    growth: float = 1.6
    users: int = 400
    errors: float = 0.012
    incidents: tuple[Incident, ...] = field(default=())
    drift: Drift | None = None
    seed: int = 0

    @property
    def hours(self) -> int:
        return self.days * 24
