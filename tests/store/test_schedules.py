"""Schedules: what is due is queued, once, by whoever works; none is missed, none piles up."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.cli.main import main
from workbench.core import settings
from workbench.core.errors import InputError, NotFoundError
from workbench.store import operations as room
from workbench.store.database import Database, close_all, open_database
from workbench.store.jobs import JobQueue
from workbench.store.schedules import DueLook, Schedules, check_cron, next_time
from workbench.store.worker import Worker

DAY_S, HOUR_S = 86_400.0, 3600.0
MIDNIGHT_S = 1_764_201_600.0  # 27 November 2025, 0:00 UTC


class Clock:
    """A clock that goes when it is told."""

    def __init__(self) -> None:
        self.now_s = MIDNIGHT_S

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def schedules(database: Database, clock: Clock) -> Iterator[Schedules]:
    yield Schedules(JobQueue(database, clock=clock))


def finish_all(schedules: Schedules) -> None:
    Worker(schedules.queue).run(drain=True)


def test_a_time_that_comes_queues_one_job(schedules: Schedules, clock: Clock) -> None:
    made = schedules.put("nightly", "store.jobs", {"limit": 3}, cron="30 2 * * *")
    assert made.next_s == MIDNIGHT_S + 2.5 * HOUR_S
    assert schedules.queue_due() == (), "its first time is yet to come"
    clock.now_s += 2.5 * HOUR_S - 1
    assert schedules.queue_due() == ()
    clock.now_s += 1
    (job,) = schedules.queue_due()
    assert (job.operation, job.params) == ("store.jobs", {"limit": 3})
    assert schedules.queue_due() == ()
    (held,) = schedules.list()
    assert held.job == job.id and held.next_s == MIDNIGHT_S + DAY_S + 2.5 * HOUR_S


def test_nights_without_a_worker_are_made_up_for_once(schedules: Schedules, clock: Clock) -> None:
    schedules.put("nightly", "store.jobs", cron="30 2 * * *")
    clock.now_s += 9.5 * DAY_S
    assert len(schedules.queue_due()) == 1
    finish_all(schedules)
    assert schedules.queue_due() == ()
    assert schedules.list()[0].next_s == MIDNIGHT_S + 10 * DAY_S + 2.5 * HOUR_S


def test_none_is_queued_beside_the_one_before_it(schedules: Schedules, clock: Clock) -> None:
    schedules.put("hourly", "store.jobs", cron="0 * * * *")
    clock.now_s += HOUR_S
    (first,) = schedules.queue_due()
    clock.now_s += HOUR_S
    assert schedules.queue_due() == ()
    lease = schedules.queue.lease("a worker")
    assert lease is not None and schedules.queue_due() == ()
    schedules.queue.complete(lease, None)
    (second,) = schedules.queue_due()
    assert second.id != first.id


def test_two_workers_that_look_at_once_queue_it_once(home: Path, clock: Clock) -> None:
    Schedules(JobQueue(clock=clock)).put("hourly", "store.jobs", cron="0 * * * *")
    clock.now_s += HOUR_S
    barrier, found = threading.Barrier(6), []

    def look() -> None:
        with settings.override(home=home):
            database = open_database()
            schedules = Schedules(JobQueue(database, clock=clock))
            barrier.wait()
            found.extend(schedules.queue_due())
            database.close()

    threads = [threading.Thread(target=look) for _ in range(6)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(found) == 1 and len(JobQueue().list()) == 1
    close_all()


def test_a_worker_queues_what_is_due_and_does_it(schedules: Schedules, clock: Clock) -> None:
    schedules.put("nightly", "store.jobs", cron="30 2 * * *")
    assert Worker(schedules.queue).run(drain=True).succeeded == 0
    clock.now_s += DAY_S
    assert Worker(schedules.queue).run(drain=True).succeeded == 1


def test_what_cannot_be_queued_any_more_is_said_and_others_are(
    schedules: Schedules, clock: Clock, database: Database
) -> None:
    schedules.put("a", "store.jobs", {"limit": 3}, cron="0 * * * *")
    schedules.put("b", "store.jobs", cron="0 * * * *")
    with database.transaction() as connection:  # its operation has another parameter by now
        connection.execute(
            "UPDATE records SET document = replace(document, 'limit', 'most') WHERE key = 'a'"
        )
    clock.now_s += HOUR_S
    (job,) = schedules.queue_due()
    by_name = {each.name: each for each in schedules.list()}
    assert by_name["b"].job == job.id and by_name["b"].trouble == ""
    assert by_name["a"].job is None and "most" in by_name["a"].trouble
    assert schedules.queue_due() == (), "it is tried again at its next time"


def test_bad_ones_are_refused(schedules: Schedules) -> None:
    with pytest.raises(InputError, match="no cron line") as caught:
        schedules.put("a", "store.jobs", cron="at night")
    assert "0 3 * * *" in caught.value.hint
    with pytest.raises(InputError, match="no cron line"):
        check_cron("0 0 31 2 *")  # a day that never comes
    with pytest.raises(NotFoundError):
        schedules.put("a", "store.nothing", cron="0 3 * * *")
    with pytest.raises(InputError, match="no parameter"):
        schedules.put("a", "store.jobs", {"most": 3}, cron="0 3 * * *")
    with pytest.raises(InputError, match="a worker cannot be a job"):
        room.schedule("a", "store.work", cron="0 3 * * *")
    assert schedules.list() == ()


def test_it_is_made_listed_replaced_and_ended_by_operations(database: Database) -> None:
    room.schedule("monthly", "store.jobs", {"limit": 3}, cron="0 6 1 * *")
    room.schedule("monthly", "store.verify", cron="0 7 1 * *")
    (held,) = room.list_schedules()
    assert (held.operation, held.params, held.cron) == ("store.verify", {}, "0 7 1 * *")
    with pytest.raises(NotFoundError, match="monthy"):
        room.unschedule("monthy")
    assert room.unschedule("monthly").name == "monthly"
    assert room.list_schedules() == ()


def test_the_command_line_says_when_it_comes(
    database: Database, capsys: pytest.CaptureFixture[str]
) -> None:
    def run(*words: str) -> str:
        with pytest.raises(SystemExit) as ended:
            main(["store", *words])
        assert not ended.value.code
        return capsys.readouterr().out

    assert "nothing is submitted again and again" in run("schedules")
    run("schedule", "nightly", "store.jobs", '{"limit": 3}', "--cron", "30 2 * * *")
    due = time.strftime("%Y-%m-%d %H:%M", time.localtime(next_time("30 2 * * *", time.time())))
    line = run("schedules").splitlines()[-1]
    assert line.split() == ["nightly", "store.jobs", "30", "2", "*", "*", "*", *due.split()]
    assert "nightly is submitted no more" in run("unschedule", "nightly")


def test_an_idle_worker_looks_seldom(schedules: Schedules) -> None:
    looks, now = [], [0.0]
    schedules.queue_due = lambda: looks.append(now[0]) or ()  # type: ignore[method-assign,func-returns-value]
    due = DueLook(schedules, every_s=5.0)
    for now[0] in (0.0, 0.5, 4.9, 5.0, 5.5, 11.0):
        due.look(clock=lambda: now[0])
    assert looks == [0.0, 5.0, 11.0]


def test_times_are_in_utc() -> None:
    assert next_time("0 3 * * *", MIDNIGHT_S) == MIDNIGHT_S + 3 * HOUR_S
    assert next_time("0 0 1 * *", MIDNIGHT_S) == 1_764_547_200.0  # 1 December 2025
