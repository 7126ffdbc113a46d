"""Samples: what is read, that thinning keeps what was read, and that rounds survive a fault."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from workbench.core import settings
from workbench.core.errors import InputError, NotFoundError, StorageError
from workbench.monitoring import samples
from workbench.monitoring.rounds import Rounds
from workbench.monitoring.samples.keeping import (
    HOUR_S,
    HOURS_KEPT_S,
    MINUTE_S,
    MINUTES_KEPT_S,
    Samples,
)
from workbench.monitoring.samples.kinds import KINDS
from workbench.monitoring.samples.operations import sample
from workbench.monitoring.samples.reading import GatewayReading, Meter, size_of
from workbench.store.database import Database, close_all, open_database
from workbench.store.jobs import JobQueue

NOW_S = 1_764_000_000.0  # a Monday in November 2025


class Clock:
    """A clock that goes when it is told."""

    def __init__(self, now_s: float = NOW_S) -> None:
        self.now_s = now_s

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def kept(home: Path, clock: Clock) -> Iterator[Samples]:
    yield Samples(open_database(), clock=clock)
    close_all()


def test_a_minute_has_one_row_with_mean_and_ends(kept: Samples, clock: Clock) -> None:
    for value in (2.0, 4.0, 9.0):
        kept.add({"requests_queued": value, "cpu_share": float("nan")})
        clock.now_s += 10
    clock.now_s += 60
    kept.add({"requests_queued": 1.0})
    found = kept.series("requests_queued")
    assert found.values == (5.0, 1.0)
    assert (found.low, found.high) == ((2.0, 1.0), (9.0, 1.0))
    assert all(time_s % MINUTE_S == 0 for time_s in found.times_s)
    assert found.steps_s == (60, 60)
    assert len(kept.series("cpu_share")) == 0
    assert found.unit == "requests"


@hypothesis_settings(max_examples=25, deadline=None)
@given(
    minutes=st.lists(st.integers(0, 5 * 1440), min_size=1, max_size=60),
    ages_s=st.lists(st.floats(0, 4 * 86_400), min_size=1, max_size=3),
)
def test_thinning_keeps_the_sum_and_the_ends(
    minutes: list[int], ages_s: list[float], tmp_path_factory: pytest.TempPathFactory
) -> None:
    clock = Clock()
    kept = Samples(Database(tmp_path_factory.mktemp("thin") / "s.sqlite"), clock=clock)
    for place, minute in enumerate(minutes):  # also out of order, and twice in a minute
        clock.now_s = NOW_S + minute * 60
        kept.add({"jobs_queued": float(place)})

    def told() -> tuple[float, float, float, int]:
        row = kept.database.read(
            "SELECT sum(mean * readings), min(low), max(high), sum(readings) FROM samples"
        )[0]
        return row[0], row[1], row[2], row[3]

    before = told()
    assert before[3] == len(minutes)
    for age_s in sorted(ages_s):
        clock.now_s = NOW_S + 5 * 86_400 + age_s
        rows = kept.database.read("SELECT count(*) FROM samples")[0][0]
        fewer = kept.thin()
        assert kept.database.read("SELECT count(*) FROM samples")[0][0] == rows - fewer
        assert kept.thin() == 0
        assert told() == pytest.approx(before)
        old_s = (clock.now_s - MINUTES_KEPT_S) // HOUR_S * HOUR_S
        found = kept.series("jobs_queued")
        assert all(
            step_s == (HOUR_S if time_s < old_s else MINUTE_S)
            for time_s, step_s in zip(found.times_s, found.steps_s, strict=True)
        )
        assert list(found.times_s) == sorted(found.times_s)
    kept.database.close()


def test_thinning_without_weights_would_be_seen(kept: Samples, clock: Clock) -> None:
    """A mean of means is another figure where minutes have not the same number of readings."""
    clock.now_s = NOW_S // HOUR_S * HOUR_S
    for value in (1.0, 1.0, 1.0):
        kept.add({"cpu_share": value})
    clock.now_s += 60
    kept.add({"cpu_share": 0.0})
    clock.now_s += 3 * 86_400
    kept.thin()
    assert kept.series("cpu_share").values == (0.75,)  # not .5


def test_what_is_older_than_400_days_is_gone(kept: Samples, clock: Clock) -> None:
    kept.add({"jobs_queued": 1.0})
    clock.now_s += MINUTES_KEPT_S + 2 * HOUR_S
    kept.thin()
    assert len(kept.series("jobs_queued")) == 1
    clock.now_s += HOURS_KEPT_S
    kept.thin()
    assert len(kept.series("jobs_queued")) == 0


def test_a_series_has_bounds_as_users_say_them(kept: Samples, clock: Clock) -> None:
    for _ in range(5):
        kept.add({"jobs_queued": clock.now_s})
        clock.now_s += 3600
    assert len(kept.series("jobs_queued", since="150m")) == 2
    assert len(kept.series("jobs_queued", since=NOW_S - 60, until=NOW_S + 3600)) == 1
    # The function that others ask goes by the machine's clock.
    assert len(samples.series("jobs_queued", since=NOW_S - 60, database=kept.database)) == 5
    with pytest.raises(NotFoundError, match="jobs_queued"):
        kept.series("jobs_queud")
    with pytest.raises(InputError, match="no date"):
        kept.series("jobs_queued", since="soon")


def test_the_newest_reading_of_each_name(kept: Samples, clock: Clock) -> None:
    kept.add({"jobs_queued": 1.0, "cpu_share": 0.5})
    clock.now_s += 120
    kept.add({"jobs_queued": 3.0})
    newest = kept.newest()
    assert {name: each.value for name, each in newest.items()} == {
        "jobs_queued": 3.0, "cpu_share": 0.5,
    }  # fmt: skip
    assert clock.now_s - newest["cpu_share"].time_s == pytest.approx(120, abs=60)
    assert kept.newest(until_s=NOW_S + 60)["jobs_queued"].value == 1.0


def test_the_meter_reads_this_machine(home: Path) -> None:
    home.mkdir()
    (home / "blob").write_bytes(b"x" * 50_000)
    JobQueue().enqueue("store.jobs")
    clock = Clock(100.0)
    meter = Meter(clock=clock)
    child = subprocess.Popen(
        [sys.executable, "-c", "x = b'1' * 30_000_000; input()"], stdin=subprocess.PIPE
    )
    try:
        gateway = GatewayReading(os.getpid(), 3, 2, 1, 7)
        meter.begin(gateway)
        sum(range(10**6))
        clock.now_s += 1
        for _ in range(100):
            found = meter.read(gateway)
            if found["engines_resident_bytes"] > 30_000_000:
                break
            time.sleep(0.05)
            clock.now_s += 1
    finally:
        child.kill()
        child.wait()
        assert child.stdin is not None
        child.stdin.close()
        close_all()
    assert set(found) <= set(KINDS)
    assert set(KINDS) - set(found) <= {"home_bytes", "cpu_share"}  # within one tick of its clock
    assert found["jobs_queued"] == 1
    assert (found["requests_queued"], found["models_resident_bytes"]) == (3, 7)
    assert found["engines_resident_bytes"] > 30_000_000
    assert found["memory_resident_bytes"] == pytest.approx(
        found["gateway_resident_bytes"] + found["engines_resident_bytes"]
    )
    assert 0 < found["memory_free_bytes"] < found["memory_total_bytes"]
    assert found["memory_total_bytes"] == psutil.virtual_memory().total
    assert found["gateway_cpu_cores"] >= 0


def test_without_a_gateway_nothing_is_said_of_one(home: Path) -> None:
    found = Meter().read(None)
    close_all()
    assert "memory_free_bytes" in found and "disk_free_bytes" in found
    assert not {"requests_queued", "gateway_resident_bytes", "models_loaded"} & set(found)
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert "gateway_resident_bytes" not in Meter().read(GatewayReading(ended.pid, 0, 0, 0, 0))


def test_the_home_is_walked_through_seldom_if_that_takes_long(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.mkdir()
    clock = Clock(0.0)
    walks: list[float] = []

    def slow(_: Path) -> int:
        walks.append(clock.now_s)
        clock.now_s += 3.0
        return 1

    monkeypatch.setattr("workbench.monitoring.samples.reading.size_of", slow)
    meter = Meter(clock=clock)
    while clock.now_s < 3600:
        meter.read(None)
        clock.now_s += 60
    close_all()
    assert len(walks) * 3.0 / 3600 <= 0.0075  # half a percent, and the walk at the start
    assert len(walks) >= 3


def test_a_size_counts_each_file_once(tmp_path: Path) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "a" / "one").write_bytes(os.urandom(100_000))
    one = size_of(tmp_path)
    assert 100_000 <= one <= 120_000
    os.link(tmp_path / "a" / "one", tmp_path / "a" / "b" / "again")
    (tmp_path / "a" / "loop").symlink_to(tmp_path)
    links = (tmp_path / "a" / "loop").lstat().st_blocks * 512
    assert size_of(tmp_path) == one + links  # some file systems give a link a block
    (tmp_path / "a" / "b" / "two").write_bytes(os.urandom(50_000))
    assert size_of(tmp_path) > one + 45_000
    assert size_of(tmp_path / "gone") == 0


def test_rounds_go_on_after_a_fault_and_tell_it_once(
    home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    looks: list[int] = []
    done = threading.Event()

    def read() -> GatewayReading | None:
        looks.append(1)
        if len(looks) < 4:
            raise StorageError("the disk is full", hint="free some")
        done.set()
        return None

    with settings.override(samples_every_s=0.05), caplog.at_level(logging.WARNING):
        rounds = Rounds(read)
        rounds.start()
        assert done.wait(30)
        rounds.stop()
    told = [record for record in caplog.records if "the disk is full; free some" in record.message]
    assert len(told) == 1
    assert len(Samples().series("memory_free_bytes")) >= 1
    close_all()


def test_rounds_are_for_one_gateway_of_a_home_and_can_be_left_out(home: Path) -> None:
    looks: list[int] = []

    def read() -> None:
        looks.append(1)

    with settings.override(samples_every_s=0.01):
        other = Rounds(read, is_mine=lambda: False)
        for errand in other.errands:
            errand.due_s = 0.0
        other.step()
    with settings.override(samples_every_s=0.0, alerts_every_s=0.0):
        none = Rounds(read)
        none.start()
        none.stop()
    assert none.errands == []
    assert looks == []


def test_the_command_reads_once_and_keeps_it(home: Path) -> None:
    found = sample()
    assert (found.readings, found.gateway) == (1, False)
    assert samples.series("home_bytes").values == (found.values["home_bytes"],)
    assert found.units["disk_free_bytes"] == "bytes"
    close_all()
