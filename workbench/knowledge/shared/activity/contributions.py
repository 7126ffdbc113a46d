"""Who contributed what, by periods: what was proposed, merged and reviewed, and what stands."""

from __future__ import annotations

import datetime as dt
import statistics
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from typing import Literal

from workbench.core.viewers import Viewable
from workbench.knowledge.shared.space import By, Space

from .happenings import Happening, Happenings
from .standing import Standing, standing

Period = Literal["all", "year", "month", "week"]
CLOCK_US = 60_000_000
"""A clock that is behind another by less is not named."""

_REVIEWS = ("approved", "objected", "commented")
_HOUR_US = 3_600_000_000


@dataclass(frozen=True)
class Contribution(Viewable):
    """What one person did in one period, as far as the reader may see it.

    Attributes:
        period: ``2026``, ``2026-11``, ``2026-W48``, or ``all``.
        proposals: How many he opened.
        merged: How many of his were merged in the period.
        merges: How many he merged, his own and others'.
        lines_added: Lines that he wrote in the period and that stand.
        lines_removed: Lines that changes of his took away and that do not stand again.
        facts: Statements that stand as he said them in the period.
        reviews: Revisions of others that he approved, commented on or asked changes of.
        median_review_h: Half of these he looked at within so many hours of their being proposed;
            None where there is none of which the clocks can tell it.
    """

    person: str
    period: str
    proposals: int = 0
    merged: int = 0
    lines_added: int = 0
    lines_removed: int = 0
    facts: int = 0
    reviews: int = 0
    median_review_h: float | None = None
    merges: int = 0


@dataclass(frozen=True)
class ClockFault:
    """That an event's time is before that of one before it: one of the two clocks was off."""

    event: int
    actor: str
    before: int
    before_actor: str
    behind_s: float


@dataclass(frozen=True)
class Contributions(Viewable):
    """The contributions to a space, by period and person.

    ``untimed`` is how many reviews no median has because a clock was off.
    """

    name: str
    rows: tuple[Contribution, ...]
    clocks: tuple[ClockFault, ...]
    untimed: int


@dataclass
class _Count:
    proposals: int = 0
    merged: int = 0
    lines_added: int = 0
    lines_removed: int = 0
    facts: int = 0
    reviews: int = 0
    merges: int = 0
    hours: list[float] = field(default_factory=list)


class _Tally:
    """Counts by period and person, of what falls between two times."""

    def __init__(self, per: Period, since_us: int | None, until_us: int | None) -> None:
        self.per, self.since_us, self.until_us = per, since_us, until_us
        self.counts: defaultdict[tuple[str, str], _Count] = defaultdict(_Count)

    def of(self, person: str, time_us: int) -> _Count:
        """His count at a time; one that is thrown away if the time is not asked for."""
        early = self.since_us is not None and time_us < self.since_us
        if early or (self.until_us is not None and time_us >= self.until_us):
            return _Count()
        return self.counts[period_of(time_us, self.per), person]

    def rows(self) -> tuple[Contribution, ...]:
        """A row a count, by period and person."""
        found = []
        for (period, person), count in sorted(self.counts.items()):
            said = {key: value for key, value in vars(count).items() if key != "hours"}
            median = round(statistics.median(count.hours), 3) if count.hours else None
            found.append(Contribution(person, period, **said, median_review_h=median))
        return tuple(found)


def contributions(
    space: Space,
    *,
    per: Period = "month",
    since_us: int | None = None,
    until_us: int | None = None,
    by: By = None,
) -> Contributions:
    """Who contributed what.

    Times are those that each one's clock told. Where one was off by a minute and more beside
    another it is named, and no median has the reviews that it tells of.

    Args:
        space: The space.
        per: The periods, in UTC.
        since_us: Not what was done before.
        until_us: Nor from then on.
        by: Who reads: what he may not see is in no count.

    Raises:
        AccessError: He may read nothing of the space.
    """
    with space.shelf.snapshot():
        done = Happenings(space, by)
        done.look_through()
        seen = [each for each in done.all if each.event is not None and done.may_see(each)]
        tally = _Tally(per, since_us, until_us)
        clocks = clock_faults(seen)
        untimed = _count_proposals(done, seen, tally, clocks)
        _count_standing(done, standing(done), tally)
        return Contributions(space.name, tally.rows(), tuple(clocks), untimed)


def period_of(time_us: int, per: Period) -> str:
    """The period that a time is in.

    >>> period_of(1_795_000_000_000_000, "week"), period_of(1_795_000_000_000_000, "month")
    ('2026-W47', '2026-11')
    """
    day = dt.datetime.fromtimestamp(time_us / 1e6, dt.UTC)
    year, week, _ = day.isocalendar()
    forms = {
        "all": "all", "year": f"{day:%Y}", "month": f"{day:%Y-%m}", "week": f"{year}-W{week:02}",
    }  # fmt: skip
    return forms[per]


def clock_faults(seen: list[Happening]) -> list[ClockFault]:
    """The events whose times are before that of one before them, of those that a reader sees."""
    found: list[ClockFault] = []
    latest: Happening | None = None
    for each in seen:
        if latest is None or each.time_us >= latest.time_us:
            latest = each
            continue
        behind_us = latest.time_us - each.time_us
        if behind_us >= CLOCK_US:
            found.append(
                ClockFault(each.number, each.actor, latest.number, latest.actor, behind_us / 1e6)
            )
    return found


def _count_proposals(
    done: Happenings, seen: list[Happening], tally: _Tally, clocks: list[ClockFault]
) -> int:
    """Count what was opened, merged and reviewed; how many reviews no clock can tell of."""
    doubted = {number for each in clocks for number in (each.event, each.before)}
    at = {each.event.record: each.number for each in seen if _proposes(each) and each.event}
    known: set[tuple[str, str]] = set()
    untimed = 0
    for each in seen:
        event = each.event
        if event is None or event.proposal is None:
            continue
        proposal = done.proposals[event.proposal]
        if each.kind == "opened":
            tally.of(each.actor, each.time_us).proposals += 1
        elif each.kind == "merged":
            tally.of(proposal.author, each.time_us).merged += 1
            tally.of(each.actor, each.time_us).merges += 1
        elif each.kind in _REVIEWS and each.actor not in proposal.writers:
            record = str(event.record)
            if (each.actor, record) in known:
                continue
            known.add((each.actor, record))
            count = tally.of(each.actor, each.time_us)
            count.reviews += 1
            if {each.number, at[record]} & doubted:
                untimed += 1
            else:
                count.hours.append((each.time_us - proposal.revised_us[record]) / _HOUR_US)
    return untimed


def _proposes(each: Happening) -> bool:
    return each.kind in ("opened", "revised")


def _count_standing(done: Happenings, found: Standing, tally: _Tally) -> None:
    """Count the lines and statements that stand, of the pages that the reader may see."""
    record, may = done.touching.record, done.sight.may
    for key, owners in found.lines.items():
        if may(done.now_paths[key]):
            for digest, lines in Counter(owners).items():
                made = record(digest)
                tally.of(made.author, made.time_us).lines_added += lines
    for taken in found.taken:
        if may(done.now_paths.get(taken.page, taken.path)) and may(taken.path):
            made = record(taken.record)
            author = made.author
            if made.kind == "merged" and made.proposal is not None:
                author = done.proposals[made.proposal].author
            tally.of(author, made.time_us).lines_removed += 1
    if may(""):
        for digest in found.facts.values():
            made = record(digest)
            tally.of(made.author, made.time_us).facts += 1
