"""Quiet hours by the clock on the wall: across midnight, and when clocks are set."""

from __future__ import annotations

import datetime as dt
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from workbench.monitoring.alerts.quiet import QuietHours

from .conftest import Clock, Watched

BERLIN = ZoneInfo("Europe/Berlin")
NIGHT = {"from": "22:00", "until": "07:00", "zone": "Europe/Berlin"}


def quiet(**more: Any) -> QuietHours:
    return QuietHours.model_validate({**NIGHT, **more})


def at(text: str, zone: ZoneInfo = BERLIN, *, fold: int = 0) -> float:
    return dt.datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold).timestamp()


@pytest.mark.parametrize(
    ("local", "held"),
    [
        ("2026-11-26T21:59", False), ("2026-11-26T22:00", True), ("2026-11-26T23:59", True),
        ("2026-11-27T00:00", True), ("2026-11-27T06:59", True), ("2026-11-27T07:00", False),
        ("2026-11-27T12:00", False),
    ],
)  # fmt: skip
def test_a_night_goes_across_midnight(local: str, held: bool) -> None:
    assert quiet().hold("warning", at(local)) is held
    # The broken variant: an end before the beginning, taken as one day's.
    hours = quiet()
    minute = dt.datetime.fromisoformat(local).hour * 60 + dt.datetime.fromisoformat(local).minute
    assert not (hours.begin <= minute < hours.until)


def held_minutes(hours: QuietHours, first: float, last: float) -> int:
    return sum(hours.hold("info", first + 60 * at) for at in range(int((last - first) / 60)))


@pytest.mark.parametrize(
    ("day", "hours_long"), [("2026-03-28", 8), ("2026-10-24", 10), ("2026-06-10", 9)]
)
def test_the_night_on_which_clocks_are_set_is_shorter_or_longer(day: str, hours_long: int) -> None:
    noon = at(f"{day}T12:00")
    next_noon = at(f"{dt.date.fromisoformat(day) + dt.timedelta(days=1)}T12:00")
    assert held_minutes(quiet(), noon, next_noon) == hours_long * 60
    # Both ends are where the wall's clock says, not an hour beside.
    morning = at(f"{dt.date.fromisoformat(day) + dt.timedelta(days=1)}T07:00")
    assert quiet().hold("info", morning - 60) and not quiet().hold("info", morning)


def test_an_hour_that_comes_twice_is_quiet_twice_and_one_that_does_not_come_never() -> None:
    small = quiet(**{"from": "02:15", "until": "02:45"})
    assert small.hold("info", at("2026-10-25T02:30"))
    assert small.hold("info", at("2026-10-25T02:30", fold=1))
    first, last = at("2026-03-29T00:00"), at("2026-03-29T12:00")
    assert held_minutes(small, first, last) == 0
    assert held_minutes(small, at("2026-10-25T00:00"), at("2026-10-25T12:00")) == 60


def test_days_are_those_on_which_they_begin() -> None:
    weekend = quiet(days=["fri", "sat"])
    assert weekend.hold("info", at("2026-11-27T23:00"))  # a Friday
    assert weekend.hold("info", at("2026-11-28T03:00"))
    assert weekend.hold("info", at("2026-11-29T03:00"))  # Saturday's night
    assert not weekend.hold("info", at("2026-11-27T03:00"))  # Thursday's
    assert not weekend.hold("info", at("2026-11-29T23:00"))
    monday = quiet(days=["sun"])
    assert monday.hold("info", at("2026-11-30T03:00"))


def test_what_is_critical_is_told_at_night() -> None:
    night = at("2026-11-27T03:00")
    assert not quiet().hold("critical", night)
    assert quiet(severities=["critical"]).hold("critical", night)


def test_an_alert_of_the_night_is_told_in_the_morning(watched: Watched, clock: Clock) -> None:
    watched.quiet_hours = {"night": NIGHT}
    watched.use(above=10, clear=5, repeat="never")
    clock.now_s = at("2026-11-27T01:00")
    while clock.now_s < at("2026-11-27T09:00"):
        watched.see(20, after_s=600)
    told = [event for event in watched.heard if event.kind == "alert.notice"]
    assert [event.data["fired"] for event in told] == [("much",)]
    assert watched.count("alert.fired") == 1
    times = [row["told_s"] for row in watched.database.read("SELECT told_s FROM alert_incidents")]
    assert times == [at("2026-11-27T07:00")]


def test_what_came_and_went_at_night_is_history_alone(watched: Watched, clock: Clock) -> None:
    watched.quiet_hours = {"night": NIGHT}
    watched.use(above=10, clear=5)
    clock.now_s = at("2026-11-27T01:00")
    for value in (20, 20, 1):
        watched.see(value)
    watched.see(1, after_s=8 * 3600)
    assert watched.count("alert.notice") == 0
    assert (watched.count("alert.fired"), watched.count("alert.cleared")) == (1, 1)


def test_the_end_of_what_was_told_waits_for_the_morning_as_well(
    watched: Watched, clock: Clock
) -> None:
    watched.quiet_hours = {"night": NIGHT}
    watched.use(above=10, clear=5, repeat="never")
    clock.now_s = at("2026-11-26T21:00")
    watched.see(20)
    watched.see(1, after_s=3 * 3600)
    assert watched.count("alert.notice") == 1
    watched.see(1, after_s=9 * 3600)
    assert watched.heard[-1].data["cleared"] == ("much",)
