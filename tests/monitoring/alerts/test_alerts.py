"""Alerts by a clock that the test holds: hysteresis, lasting, missing data, restarts, telling."""

from __future__ import annotations

import random
import re
import threading
from pathlib import Path
from typing import Any

import pytest

from workbench.core import events
from workbench.core.errors import InputError, NotFoundError
from workbench.monitoring.alerts.deciding import OUTAGE_S, Standing, step
from workbench.monitoring.alerts.evaluating import Alerts, incidents
from workbench.monitoring.alerts.operations import (
    alerts_check,
    alerts_history,
    alerts_list,
    alerts_silence,
)
from workbench.monitoring.alerts.rules import Rule, RuleFile
from workbench.monitoring.samples.keeping import Samples
from workbench.store.database import Database
from workbench.store.ledger import Ledger

from .conftest import Clock, Watched

REPO = Path(__file__).parents[3]


def flapping(seed: int) -> list[float]:
    """A value that rises over 10, jumps about it for hours, and falls: one incident."""
    draw = random.Random(seed)
    return [2.0] * 5 + [10 + draw.uniform(-4, 4) for _ in range(120)] + [1.0] * 5


@pytest.mark.parametrize("seed", range(5))
def test_a_flapping_series_gives_one_alert_with_hysteresis(watched: Watched, seed: int) -> None:
    for value in flapping(seed):
        watched.see(value)
    assert (watched.count("alert.fired"), watched.count("alert.cleared")) == (1, 1)
    (incident,) = incidents(database=watched.database)
    assert incident.worst == max(flapping(seed))


def test_without_a_level_of_its_own_to_clear_it_gives_many(watched: Watched) -> None:
    """The broken variant: it clears where it fires. The test above would fail for it."""
    watched.use(above=10)
    for value in flapping(0):
        watched.see(value)
    assert watched.count("alert.fired") > 20


def test_it_fires_below_as_above(watched: Watched) -> None:
    watched.use(below=10, clear=15)
    assert [watched.see(value) for value in (12, 9.9, 14.9, 15, 9)] == [
        "ok", "firing", "firing", "ok", "firing",
    ]  # fmt: skip


def test_it_fires_once_it_lasted(watched: Watched) -> None:
    watched.use(above=10, clear=5, **{"for": "3m"})
    states = [watched.see(value) for value in (20, 20, 9, 20, 20, 20, 20)]
    assert states == ["pending", "pending", "ok", "pending", "pending", "pending", "firing"]
    assert watched.count("alert.fired") == 1
    broken = Rule.model_validate(
        {"title": "x", "metric": "samples.requests_queued", "above": 10, "for": "0s"}
    )
    stood, change = step(broken, None, value=20, why="", now_s=0)
    assert (stood.state, change) == ("firing", "fired")  # without `for` the first value does


def test_a_restart_does_not_fire_again_and_goes_on_waiting(watched: Watched) -> None:
    watched.use(above=10, clear=5, **{"for": "3m"})
    for _ in range(3):
        watched.see(20)
        watched.restart()
    assert watched.see(20) == "firing"
    watched.restart()
    for value in (20, 7, 20):
        assert watched.see(value) == "firing"
        watched.restart()
    assert watched.count("alert.fired") == 1
    assert watched.see(5) == "ok"
    assert watched.count("alert.cleared") == 1


def test_after_a_long_pause_it_is_not_known_that_it_lasted(watched: Watched) -> None:
    watched.use(above=10, **{"for": "3m"})
    assert watched.see(20) == "pending"
    assert watched.see(20, after_s=OUTAGE_S + 60) == "pending"
    assert watched.see(20, after_s=240) == "firing"


def test_a_clock_that_is_set_back_begins_anew(watched: Watched) -> None:
    watched.use(above=10, **{"for": "10m"})
    watched.see(20)
    assert watched.see(20, after_s=-3600) == "pending"
    assert watched.see(20, after_s=300) == "pending"
    assert watched.see(20, after_s=300) == "firing"


def test_missing_data_are_a_state_and_no_alert(watched: Watched) -> None:
    assert watched.see(None) == "no data"
    line = watched.alerts.lines()[0]
    assert "not recorded" in line.why and line.value is None
    assert watched.see(3) == "ok"
    assert watched.see(None, after_s=240) == "ok"  # a reading or two may be missed
    assert watched.see(None, after_s=240) == "no data"
    assert "last recorded" in watched.alerts.lines()[0].why
    assert watched.heard == []


def test_what_fires_goes_on_while_data_are_missing_unless_it_is_told_to_clear(
    watched: Watched,
) -> None:
    watched.see(20)
    assert watched.see(None, after_s=3600) == "firing"
    watched.use(above=10, clear=5, no_data="clear")
    assert watched.see(None) == "no data"
    assert watched.count("alert.cleared") == 1


def test_missing_data_can_be_what_is_alerted_on(watched: Watched) -> None:
    watched.use(above=10, clear=5, no_data="alert", **{"for": "5m"})
    assert watched.see(3) == "ok"
    assert watched.see(None, after_s=600) == "pending"
    assert watched.see(None, after_s=300) == "firing"
    (incident,) = incidents(database=watched.database)
    assert incident.value is None
    assert watched.see(8) == "ok"  # what was missing is there, and was never past the level


def test_two_who_look_at_once_fire_once(watched: Watched, clock: Clock) -> None:
    Samples(watched.database, clock=clock).add({"requests_queued": 99})
    heard: list[Any] = []
    barrier = threading.Barrier(4)

    def look() -> None:
        alerts = Alerts(watched.alerts.rules, database=watched.database, clock=clock)
        barrier.wait()
        alerts.check()
        watched.database.close()

    with events.listening(heard.append, "alert.fired"):
        threads = [threading.Thread(target=look) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert len(heard) == 1
    assert len(incidents(database=watched.database)) == 1


def test_an_alert_is_told_again_after_a_while(watched: Watched) -> None:
    watched.use(above=10, clear=5, repeat="1h")
    for _ in range(150):
        watched.see(20)
    watched.see(1)
    notices = [event.data for event in watched.heard if event.kind == "alert.notice"]
    assert [notice["fired"] for notice in notices].count(("much",)) == 1
    assert [notice["again"] for notice in notices].count(("much",)) == 2
    assert notices[-1]["cleared"] == ("much",)
    watched.use(above=10, clear=5, repeat="never")
    watched.heard.clear()
    for _ in range(150):
        watched.see(20)
    assert watched.count("alert.notice") == 1


def test_rules_of_a_group_are_told_together(database: Database, clock: Clock) -> None:
    one = {"title": "A", "metric": "samples.requests_queued", "above": 1, "group": "answers"}
    two = {**one, "title": "B", "severity": "critical"}
    other = {**one, "title": "C", "group": "machine"}
    rules = RuleFile.model_validate({"rules": {"a": one, "b": two, "c": other}})
    Samples(database, clock=clock).add({"requests_queued": 5})
    found = Alerts(rules, database=database, clock=clock).check()
    assert {notice.group: notice.fired for notice in found.notices} == {
        "answers": ("a", "b"), "machine": ("c",),
    }  # fmt: skip
    assert {notice.severity for notice in found.notices} == {"critical", "warning"}


def test_a_silenced_rule_fires_and_nobody_is_told(watched: Watched, clock: Clock) -> None:
    from workbench.monitoring.alerts.silences import end_silence, silence

    silence(
        watched.database, ["much"], "mu*", span="2h", reason="known", actor="ada",
        now_s=clock.now_s,
    )  # fmt: skip
    assert watched.see(20) == "firing"
    assert (watched.count("alert.fired"), watched.count("alert.notice")) == (1, 0)
    assert watched.alerts.lines()[0].silenced_until_s is not None
    assert watched.see(20, after_s=7200) == "firing"
    assert watched.count("alert.notice") == 1  # it still fires when the silence is over
    watched.see(1)
    silence(watched.database, ["much"], "much", span="1d", reason="", actor="ada", now_s=clock())
    watched.see(20)
    end_silence(watched.database, ["much"], "much", actor="ada", now_s=clock())
    watched.see(20)
    assert [event.data["fired"] for event in watched.heard if event.kind == "alert.notice"] == [
        ("much",), (), ("much",),
    ]  # fmt: skip
    done = [entry.action for entry in Ledger(watched.database).entries(subject="much")]
    assert done.count("alert.silenced") == 2 and done.count("alert.unsilenced") == 1


def test_the_audit_ledger_has_what_fired_and_cleared(watched: Watched) -> None:
    for value in (20, 1):
        watched.see(value)
    entries = Ledger(watched.database).entries(subject="much")
    assert [entry.action for entry in entries] == ["alert.cleared", "alert.fired"]
    assert [entry.data for entry in entries] == [{"value": 1.0}, {"value": 20.0}]
    assert Ledger(watched.database).verify().ok


def test_a_rule_that_was_taken_away_is_over(watched: Watched) -> None:
    watched.see(20)
    other = {"title": "B", "metric": "samples.jobs_queued", "above": 1}
    watched.restart(RuleFile.model_validate({"rules": {"other": other}}))
    watched.see(20)
    (incident,) = incidents(database=watched.database)
    assert incident.cleared_s is not None and "taken away" in incident.because
    assert watched.count("alert.cleared") == 1


def test_states_are_of_the_four_and_a_change_comes_with_the_state() -> None:
    rule = Rule.model_validate(
        {"title": "x", "metric": "samples.cpu_share", "above": 0.5, "clear": 0.4, "for": "2m"}
    )
    draw, stood, open_ = random.Random(7), None, False
    now_s = 0.0
    for _ in range(5000):
        now_s += draw.choice((30.0, 60.0, 10_000.0, -20.0))
        value = draw.choice((None, 0.3, 0.45, 0.6))
        stood, change = step(rule, stood, value=value, why="", now_s=now_s)
        assert isinstance(stood, Standing)
        assert stood.since_s <= now_s == stood.looked_s
        if change == "fired":
            assert not open_ and value == 0.6
        if change == "cleared":
            assert open_ and value == 0.3
        open_ = open_ if change is None else change == "fired"
        assert open_ == (stood.state == "firing")


def test_the_commands_work_on_the_rules_that_ship(database: Database) -> None:
    Samples(database).add({"disk_free_bytes": 5e8, "disk_total_bytes": 1e12})
    found = alerts_check(fail_on_alert=True)
    assert {rule.name: rule.state for rule in found.rules}["disk_full"] == "pending"
    assert found.ok
    assert {rule.name for rule in alerts_list()} >= {"disk", "memory", "errors", "queue"}
    (made,) = alerts_silence("disk_full", span="30m", reason="moving")
    assert made.until_s - made.begun_s == 1800
    assert [each.rule for each in alerts_silence("disk*", end=True)] == ["disk_full"]
    assert alerts_history() == ()
    with pytest.raises(NotFoundError, match="disk"):
        alerts_silence("dsk")
    with pytest.raises(InputError, match="no span"):
        alerts_silence("disk", span="soon")
    with pytest.raises(InputError, match="31d"):
        alerts_silence("disk", span="31d")


def test_what_is_documented_of_events_is_what_they_carry(watched: Watched) -> None:
    """Whoever delivers alerts goes by the table in docs/how-to/alerts.md."""
    watched.use(above=10, clear=5)
    for value in (20, 1):
        watched.see(value)
    page = (REPO / "docs" / "how-to" / "alerts.md").read_text("utf-8")
    told = dict(re.findall(r"^\| (`alert[^|]+) \| ([^|]+) \|$", page, re.M))
    assert {name for kinds in told for name in re.findall(r"`([a-z.]+)`", kinds)} == {
        event.kind for event in watched.heard
    }
    for event in watched.heard:
        (fields,) = (text for kinds, text in told.items() if f"`{event.kind}`" in kinds)
        assert set(re.findall(r"`([a-z]+)`", fields)) == set(event.data)
