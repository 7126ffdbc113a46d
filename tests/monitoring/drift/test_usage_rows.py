"""Usage that is compared: the rows that count, and the same result in parts as at once."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as arrow
import pyarrow.compute as compute
import pyarrow.parquet as parquet
import pytest

from workbench.core import settings
from workbench.core.errors import InputError
from workbench.monitoring.alerts.evaluating import Alerts
from workbench.monitoring.drift import usage_places
from workbench.monitoring.drift.kept import kept_drift
from workbench.monitoring.drift.reading import Rows, period_ends, read_rows
from workbench.monitoring.drift.tables import compare_tables
from workbench.monitoring.drift.usage import UsageRows, read_usage
from workbench.monitoring.drift.watching_rows import watch_rows
from workbench.monitoring.traffic.made_usage import write_usage
from workbench.monitoring.traffic.plan import Drift, TrafficPlan
from workbench.store.database import close_all
from workbench.store.jobs import JobQueue
from workbench.store.schedules import Schedules
from workbench.store.worker import Worker

START = dt.datetime(2026, 1, 20, tzinfo=dt.UTC)
DAY_S = 86_400.0
HOUR = 20 * 24 + 60  # of the plan, which begins on 1 January: noon of the 23rd


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Made usage of five weeks in two files, with a drift."""
    plan = TrafficPlan(days=40, calls=30_000, growth=1.0, users=30, seed=5, drift=Drift(HOUR))
    paths = write_usage(plan, tmp_path_factory.mktemp("usage"))
    draw = np.random.default_rng(0)
    for path in paths:
        table = parquet.read_table(path)
        words = [draw.integers(-90, 90, 16).astype(np.int8).tobytes() for _ in range(len(table))]
        table = table.append_column("sketch", arrow.array(words, arrow.binary()))
        kinds = arrow.array(["hashed64-1"] * len(table), arrow.string())
        parquet.write_table(table.append_column("sketch_kind", kinds), path)
    return paths


@pytest.fixture
def exported(made: list[Path], home: Path) -> Path:
    """A home whose usage files are the made ones."""
    folder = settings.home() / "usage"
    folder.mkdir(parents=True)
    for path in made:
        (folder / path.name).symlink_to(path)
    return folder


def period(first_day: int, days: int, **given: Any) -> UsageRows:
    since = START + dt.timedelta(days=first_day)
    until = since + dt.timedelta(days=days)
    return read_usage("made", since.timestamp(), until.timestamp(), **given)


def test_rows_are_those_of_the_period(made: list[Path], exported: Path) -> None:
    rows = period(8, 9, with_time=True)  # 28 January to 5 February
    whole = pd.concat(parquet.read_table(path).to_pandas() for path in made)
    since = pd.Timestamp(START) + pd.Timedelta(days=8)
    wanted = whole[(whole.time >= since) & (whole.time < since + pd.Timedelta(days=9))]
    assert rows.count == len(rows.sample) == len(wanted)
    assert rows.is_whole
    assert rows.sample["prompt_tokens"].sum() == wanted["prompt_tokens"].sum()
    assert set(rows.sample["status"]) == {"200", "502"}
    assert {"request_id", "settlement_id", "key_id", "sketch_kind"}.isdisjoint(rows.names)
    assert rows.first.replace(tzinfo=None) == wanted["time"].min().to_pydatetime().replace(
        tzinfo=None
    )


def test_in_parts_it_is_what_it_is_at_once(exported: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Parts of 700 rows, grids by a sample of 2,000: every row is counted, and the same drifts."""
    monkeypatch.setattr(usage_places, "PART_ROWS", 700)
    sides = [period(-10, 8, most=2000), period(8, 9, most=2000)]
    assert [each.is_whole for each in sides] == [False, False]
    assert [len(each.sample) for each in sides] == [2000, 2000]
    report = compare_tables(*sides, classifier=False)
    at_once = compare_tables(period(-10, 8), period(8, 9), classifier=False)
    assert report.reference_rows == at_once.reference_rows > 2000
    assert report.current_rows == at_once.current_rows
    assert set(report.drifted) == set(at_once.drifted) >= {"task", "language", "prompt_tokens"}
    by_name = {each.name: each for each in at_once.columns}
    for column in report.columns:
        if column.kind == "category":
            assert column.psi == pytest.approx(by_name[column.name].psi), column.name


def test_a_watch_in_parts_names_the_hour(exported: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(usage_places, "PART_ROWS", 700)
    given: dict[str, Any] = {"with_time": True, "most": 2000}
    found = watch_rows(period(-19, 14, **given), period(-1, 7, **given))
    at_once = watch_rows(period(-19, 14, with_time=True), period(-1, 7, with_time=True))
    truth = dt.datetime(2026, 1, 1, tzinfo=dt.UTC) + dt.timedelta(hours=HOUR)
    assert found.began is not None
    assert abs(dt.datetime.fromisoformat(found.began) - truth) <= dt.timedelta(hours=2)
    assert (found.hours, found.rows, found.since) == (at_once.hours, at_once.rows, at_once.since)
    assert at_once.alarm is not None and found.alarm is not None
    assert found.alarm.began_hour == at_once.alarm.began_hour


def test_without_its_rows_a_part_would_be_missed(
    exported: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The broken variant: the sample taken for all rows."""
    monkeypatch.setattr(UsageRows, "is_whole", property(lambda self: True))
    watch = watch_rows(period(-19, 14, with_time=True), period(-1, 7, with_time=True, most=300))
    whole = Rows("made", period(-1, 7, with_time=True).sample)
    honest = watch_rows(period(-19, 14, with_time=True), whole)
    assert honest.alarm is not None
    assert watch.alarm is None or watch.alarm.hour > honest.alarm.hour


def test_what_the_warehouse_sets_aside_is_not_compared(exported: Path, made: list[Path]) -> None:
    before = period(8, 9)
    tables = [parquet.read_table(path) for path in made]
    bad = tables[1].slice(0, 40).set_column(
        tables[1].schema.get_field_index("prompt_tokens"), "prompt_tokens", arrow.array([-9] * 40)
    )  # fmt: skip
    (exported / made[1].name).unlink()
    again = arrow.concat_tables([tables[1], tables[1].slice(0, 30), bad])
    parquet.write_table(again, exported / made[1].name)
    after = period(8, 9)
    assert after.count == before.count
    assert after.sample["prompt_tokens"].sum() == before.sample["prompt_tokens"].sum()


def test_a_home_without_usage_says_so(home: Path) -> None:
    with pytest.raises(InputError, match="no call was settled in made"):
        period(0, 1)


def test_months_as_the_generator_writes_them_are_compared_as_files(made: list[Path]) -> None:
    """Its words are kept as numbers of words (dictionaries), which pandas takes for categories."""
    assert any(arrow.types.is_dictionary(each.type) for each in parquet.read_schema(made[0]))
    found = compare_tables(*(read_rows(str(path)) for path in made), classifier=False)
    assert {"task", "language"} <= set(found.drifted)


def test_days_before_today_are_told_by_their_dates() -> None:
    now_s = dt.datetime(2026, 3, 1, 13, 30, tzinfo=dt.UTC).timestamp()
    midnight_s = dt.datetime(2026, 3, 1, tzinfo=dt.UTC).timestamp()
    assert period_ends("8d..1d", now_s=now_s) == (midnight_s - 8 * DAY_S, midnight_s - DAY_S)
    assert period_ends("1d..0d", now_s=now_s) == (midnight_s - DAY_S, midnight_s)
    assert period_ends("2026-02-21..0d", now_s=now_s) == (midnight_s - 8 * DAY_S, midnight_s)
    for wrong in ("1d..8d", "0d..0d", "d..1d", "8 days..1d", "8d"):
        with pytest.raises(InputError):
            period_ends(wrong, now_s=now_s)


def test_a_comparison_on_a_schedule_becomes_an_alert(made: list[Path], home: Path) -> None:
    """Made usage whose last days, with the drift, are those before today: a worker compares them,
    and the rule that ships fires."""
    folder = settings.home() / "usage"
    folder.mkdir(parents=True)
    today = dt.datetime.now(dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    ahead = today - dt.datetime(2026, 1, 1, tzinfo=dt.UTC) - dt.timedelta(days=24)
    table = arrow.concat_tables([parquet.read_table(path) for path in made])
    moved = compute.add(table["time"], arrow.scalar(ahead, arrow.duration("us")))
    table = table.set_column(table.column_names.index("time"), "time", moved)
    months = compute.strftime(moved, "%Y-%m")
    for month in compute.unique(months).to_pylist():
        path = folder / f"{month}.parquet"
        parquet.write_table(table.filter(compute.equal(months, month)), path)
    params = {"reference": "usage:8d..1d", "current": "usage:1d..0d", "keep": "usage"}
    queue, clock = JobQueue(), [today.timestamp()]
    queue.clock = lambda: clock[0]
    Schedules(queue).put("drift", "monitoring.drift", params, cron="30 2 * * *")
    assert Worker(queue).run(drain=True).succeeded == 0
    assert Alerts().check().fired == (), "nothing was compared yet"
    clock[0] += 3 * 3600
    assert Worker(queue).run(drain=True).succeeded == 1
    kept = kept_drift("usage")
    assert kept is not None and kept.drifted > 0
    days = [f"{today - dt.timedelta(days=back):%Y-%m-%d}" for back in (8, 1, 0)]
    assert kept.reference == f"usage:{days[0]}..{days[1]}"
    assert kept.current == f"usage:{days[1]}..{days[2]}"
    assert "drift" in Alerts().check().fired
    close_all()
