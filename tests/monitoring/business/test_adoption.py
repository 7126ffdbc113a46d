"""Who came, who stayed: counted by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pytest

from workbench.monitoring.business.adoption import measure_adoption
from workbench.monitoring.business.use import Use

Read = Callable[..., Use]


def visits(**days: list[str]) -> list[dict[str, Any]]:
    return [
        {"user": user, "time": dt.datetime.fromisoformat(f"{day}T12:00:00+00:00")}
        for user, each in days.items()
        for day in each
    ]


def test_cohorts_are_counted_by_whole_months(use_of: Read) -> None:
    rows = visits(
        ada=["2026-07-03", "2026-08-20", "2026-09-01"],
        bob=["2026-07-30", "2026-09-02"],
        eve=["2026-08-02"],
        joe=["2026-10-01"],
    )
    use = use_of(rows, since=dt.date(2026, 7, 1), until=dt.date(2026, 10, 15))
    found = {(c.month, c.after): (c.back, c.users) for c in measure_adoption(use).cohorts}
    assert found == {("2026-07", 1): (1, 2), ("2026-07", 2): (2, 2), ("2026-08", 1): (0, 1)}
    # October is not over: who has not been there yet has not left.


def test_weeks_are_whole_and_newcomers_are_new_once(use_of: Read) -> None:
    rows = visits(
        ada=["2026-10-05", "2026-10-11", "2026-10-12"], bob=["2026-10-13"], eve=["2026-10-01"]
    )
    use = use_of(rows, since=dt.date(2026, 10, 1), until=dt.date(2026, 10, 22))
    weeks = measure_adoption(use).weeks
    told = [(week.start, week.active, week.new, week.requests) for week in weeks]
    assert told == [("2026-10-05", 1, 1, 2), ("2026-10-12", 2, 1, 2)]


def test_a_trend_wants_six_weeks_and_follows_a_line(use_of: Read) -> None:
    start = dt.date(2026, 8, 3)
    rows: list[dict[str, Any]] = []
    for week in range(8):
        day = (start + dt.timedelta(weeks=week)).isoformat()
        rows += visits(**{f"user{n}": [day] for n in range(3 + 2 * week)})
    until = start + dt.timedelta(weeks=8)
    trend = measure_adoption(use_of(rows, since=start, until=until)).trend
    assert trend is not None
    assert (trend.low, trend.value, trend.high) == (2.0, 2.0, 2.0)
    short = use_of(rows, since=start, until=start + dt.timedelta(weeks=5))
    assert measure_adoption(short).trend is None


def test_stickiness_is_the_share_of_a_days_users(use_of: Read) -> None:
    days = [f"2026-10-{day:02d}" for day in range(4, 32)]
    rows = visits(ada=days, bob=days[:14])
    found = measure_adoption(use_of(rows, teams={"ada": "a"}))
    assert found.active_28_days == 2
    assert found.stickiness == pytest.approx((28 + 14) / 28 / 2)
    assert set(found.teams) == {("a", 1, 1), ("(no team)", 1, 1)}
