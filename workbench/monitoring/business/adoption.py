"""Who uses it, who stays, and whether it grows: active users, cohorts, the trend of the weeks."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.core.optional import require

from .shares import Estimate, share
from .use import Use

if TYPE_CHECKING:
    import pandas

_LEAST_WEEKS = 6


@dataclass(frozen=True)
class Week:
    """A whole week from its Monday: who was there, and who for the first time in the span."""

    start: str
    active: int
    new: int
    requests: int


@dataclass(frozen=True)
class Cohort:
    """Who came first in a month, and the share of them that was there ``after`` months later."""

    month: str
    users: int
    after: int
    back: int
    share: Estimate | None


@dataclass(frozen=True)
class Adoption:
    """Use as people. ``trend`` is active users more or fewer a week; None before six weeks.

    ``stickiness`` is the mean of a day's active users by those of the last 28 days.
    """

    users: int
    active_28_days: int
    stickiness: float
    weeks: tuple[Week, ...]
    trend: Estimate | None
    cohorts: tuple[Cohort, ...]
    teams: tuple[tuple[str, int, int], ...]
    notes: tuple[str, ...]


def measure_adoption(use: Use) -> Adoption:
    """Adoption over the use's days; ``teams`` has name, users in the span, users of the last 28
    days. Users of the first month count as new there: the span begins with it."""
    seen = use.cells[["day", "user", "team", "requests"]]
    since = max(use.since, use.until - dt.timedelta(days=28))
    late = seen[seen["day"] >= since]
    active = int(late["user"].nunique())
    daily = late.groupby("day")["user"].nunique().sum() / max((use.until - since).days, 1)
    weeks = _weeks(seen, use)
    recent = late.groupby("team")["user"].nunique()
    teams = seen.groupby("team")["user"].nunique().sort_values(ascending=False, kind="stable")
    return Adoption(
        users=int(seen["user"].nunique()),
        active_28_days=active,
        stickiness=float(daily / active) if active else 0.0,
        weeks=weeks,
        trend=_trend([week.active for week in weeks]),
        cohorts=_cohorts(seen, use),
        teams=tuple((str(t), int(n), int(recent.get(t, 0))) for t, n in teams.items()),
        notes=(f"who was there before {use.since} counts as new in the first month",),
    )


def _weeks(seen: pandas.DataFrame, use: Use) -> tuple[Week, ...]:
    first = use.since + dt.timedelta(days=-use.since.weekday() % 7)
    count = max((use.until - first).days // 7, 0)
    numbers = seen["day"].map(lambda day: (day - first).days // 7)
    newcomers = numbers.groupby(seen["user"]).min().value_counts()
    made = []
    for number in range(count):
        inside = seen[numbers == number]
        made.append(
            Week(
                (first + dt.timedelta(weeks=number)).isoformat(),
                int(inside["user"].nunique()),
                int(newcomers.get(number, 0)),
                int(inside["requests"].sum()),
            )
        )
    return tuple(made)


def _trend(active: list[int]) -> Estimate | None:
    """Theil and Sen's slope with its 90% interval: one odd week does not turn it."""
    if len(active) < _LEAST_WEEKS:
        return None
    stats = require("scipy.stats", extra="data")
    found = stats.theilslopes(active, range(len(active)), alpha=0.9)
    return Estimate(float(found.slope), float(found.low_slope), float(found.high_slope))


def _cohorts(seen: pandas.DataFrame, use: Use) -> tuple[Cohort, ...]:
    """By whole months only: a month that is not over would look like people leaving."""
    month = seen["day"].map(lambda day: day.year * 12 + day.month - 1)
    whole_until = use.until.year * 12 + use.until.month - 1
    first = month.groupby(seen["user"]).min()
    there = {number: set(seen["user"][month == number]) for number in sorted(set(month))}
    made = []
    for number in sorted(set(first)):
        members = set(first.index[first == number])
        for later in range(number + 1, whole_until):
            back = len(members & there.get(later, set()))
            name = f"{number // 12:04d}-{number % 12 + 1:02d}"
            after, people = later - number, len(members)
            made.append(Cohort(name, people, after, back, share(back, people)))
    return tuple(made)
