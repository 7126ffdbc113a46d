"""The warehouse: exact sums, bad rows set aside, the same files again, and readers meanwhile."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest

from workbench.core import settings
from workbench.core.errors import BusyError, ConfigError, DataError, InputError, NotFoundError
from workbench.monitoring.traffic.made_usage import write_usage
from workbench.monitoring.traffic.plan import TrafficPlan
from workbench.monitoring.warehouse import sql
from workbench.monitoring.warehouse.asking import Warehouse
from workbench.monitoring.warehouse.building import Rebuilt, refresh
from workbench.monitoring.warehouse.metrics import Metrics, read_metrics
from workbench.monitoring.warehouse.operations import measure, rebuild
from workbench.monitoring.warehouse.places import owned

PLAN = TrafficPlan(days=40, calls=20_000, users=40, seed=1)
LATER_S = dt.datetime(2027, 1, 1, tzinfo=dt.UTC).timestamp()
MAY = dt.datetime(2026, 5, 4, 9, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def usage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("usage")
    write_usage(PLAN, folder)
    return folder


@pytest.fixture
def folder(tmp_path: Path, home: Path) -> Path:
    return tmp_path / "warehouse"


def built(usage: Path, folder: Path, **given: Any) -> Rebuilt:
    return refresh(source=usage, folder=folder, latest_s=LATER_S, **given)


def digests(folder: Path) -> dict[str, str]:
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.glob("*.parquet"))
    }


def row(n: int = 1, **given: Any) -> dict[str, Any]:
    return {
        "settlement_id": f"set_{n}", "time": MAY, "request_id": "r", "user": "sales-01",
        "model_asked": "m", "prompt_tokens": 100, "completion_tokens": 50, "cost_usd": 0.25,
        **given,
    }  # fmt: skip


def write(folder: Path, month: str, rows: list[dict[str, Any]]) -> Path:
    folder.mkdir(exist_ok=True)
    names = dict.fromkeys(name for each in rows for name in each)
    table = pa.Table.from_pylist([{name: each.get(name) for name in names} for each in rows])
    parquet.write_table(table, folder / f"{month}.parquet")
    return folder


def test_sums_are_exact(usage: Path, folder: Path) -> None:
    told = built(usage, folder)
    rows = parquet.read_table(usage).to_pandas()
    with Warehouse(folder) as warehouse:
        found = warehouse.measure("requests", "prompt_tokens", "completion_tokens", "answered")
        assert told.rows == len(rows) == found.total("requests")
        assert found.total("prompt_tokens") == rows.prompt_tokens.sum()
        assert found.total("completion_tokens") == rows.completion_tokens.sum()
        assert found.total("answered") == (rows.status < 400).sum()
        nano = warehouse.query("SELECT sum(cost_nano) FROM hourly")[0][0]
        assert nano == sum(round(cost * 1e9) for cost in rows.cost_usd)
        by_team = warehouse.measure("requests", by=["team"], since=dt.date(2026, 2, 1))
        later = rows[rows.time >= "2026-02-01"]
        assert dict(by_team.rows) == later.user.str.partition("-")[0].value_counts().to_dict()
        assert warehouse.measure("people").total("people") == rows.user.nunique()


def test_the_same_usage_gives_the_same_bytes(usage: Path, folder: Path, tmp_path: Path) -> None:
    built(usage, folder, threads=1)
    first = digests(folder)
    assert len(first) == 10
    assert built(usage, folder).written == ()
    assert built(usage, folder, again=True, threads=2).written == ("2026-01", "2026-02")
    assert digests(folder) == first
    built(usage, tmp_path / "another")
    assert digests(tmp_path / "another") == first


def test_rollups_without_an_order_would_differ(
    usage: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The broken variant: groups come in any order."""
    unordered = sql.HOURLY.replace("ORDER BY 1, 2, 3, 4", "ORDER BY random()")
    monkeypatch.setitem(sql.ROLLUPS, "hourly", unordered)
    built(usage, folder)
    first = digests(folder)
    built(usage, folder, again=True)
    assert digests(folder) != first


def test_only_a_month_that_changed_is_made_anew(usage: Path, folder: Path, tmp_path: Path) -> None:
    own = tmp_path / "usage"
    own.mkdir()
    for path in usage.glob("*.parquet"):
        (own / path.name).write_bytes(path.read_bytes())
    built(own, folder)
    before = digests(folder)
    february = parquet.read_table(own / "2026-02.parquet")
    parquet.write_table(february.slice(0, len(february) - 5), own / "2026-02.parquet")
    assert built(own, folder).written == ("2026-02",)
    after = digests(folder)
    assert {name for name in before if "2026-01" in name} <= set(after)
    assert len(after) == len(before)
    (own / "2026-02.parquet").unlink()
    assert built(own, folder).months == 1


def test_bad_rows_are_set_aside_with_their_reason_and_totals_stay_right(
    folder: Path, tmp_path: Path
) -> None:
    source = write(tmp_path / "usage", "2026-05", [
        row(), row(2, cost_usd=0.5), row(2, cost_usd=0.5), row(3, prompt_tokens=-4),
        row(4, cost_usd=-1.0), row(5, cost_usd=float("nan")), row(settlement_id=None),
        row(6, time=MAY.replace(month=6)), row(7, time=None), row(8, completion_tokens=None),
        row(9, currency="EUR"), row(10, currency="XXX"), row(11, model_asked=""),
    ])  # fmt: skip
    metrics = read_metrics().model_copy(update={"rates": {"EUR": 2.0}})
    told = built(source, folder, metrics=metrics)
    assert told.rows == 4
    assert told.quarantined == {
        "settled twice": 1, "negative tokens": 1, "negative cost": 1, "cost is no number": 1,
        "no settlement id": 1, "not of its month": 1, "no time": 1, "no tokens told": 1,
        "a currency without a rate": 1,
    }  # fmt: skip
    assert any("unknown model" in note for note in told.notes)
    with Warehouse(folder, metrics=metrics) as warehouse:
        assert warehouse.measure("cost").total("cost") == 0.25 + 0.5 + 2 * 0.25 + 0.25
        reasons = {reason for (reason,) in warehouse.query("SELECT reason FROM quarantine_rows")}
    assert reasons == set(told.quarantined)


def test_a_figure_that_no_call_can_have_keeps_the_others(folder: Path, tmp_path: Path) -> None:
    source = write(tmp_path / "usage", "2026-05", [
        row(), row(2, cost_usd=1e12), row(3, prompt_tokens=2**62), row(4, prompt_tokens=2**62),
        row(5, duration_s=float("nan")), row(6, duration_s=float("-inf")),
        row(7, cost_usd=2.0, currency="BTC"),
    ])  # fmt: skip
    metrics = read_metrics().model_copy(update={"rates": {"BTC": 1e6}})
    told = built(source, folder, metrics=metrics)
    assert (told.rows, told.quarantined) == (1, {"more than a call can be": 6})
    with pytest.raises(DataError, match="cannot be counted: Binder"):
        built(write(tmp_path / "usage", "2026-05", [row(prompt_tokens="many")]), folder)


def test_a_clock_that_was_ahead_and_months_without_rows(folder: Path, tmp_path: Path) -> None:
    ahead = dt.datetime(2026, 9, 1, tzinfo=dt.UTC)
    write(tmp_path / "usage", "2026-05", [row()])
    source = write(tmp_path / "usage", "2026-09", [row(2, time=ahead)])
    latest_s = dt.datetime(2026, 8, 1, tzinfo=dt.UTC).timestamp()
    told = refresh(source=source, folder=folder, latest_s=latest_s)
    assert told.quarantined == {"ahead of the clock": 1}
    assert told.gaps == ("2026-06", "2026-07", "2026-08", "2026-09")
    with Warehouse(folder) as warehouse:
        assert warehouse.measure("requests").total("requests") == 1


def test_nothing_settled_yet(folder: Path, tmp_path: Path) -> None:
    told = refresh(source=tmp_path / "none", folder=folder)
    assert (told.months, told.rows) == (0, 0)
    with pytest.raises(NotFoundError, match="no warehouse yet"):
        Warehouse(folder)


def test_files_that_are_none_of_ours(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "usage").mkdir()
    (tmp_path / "usage" / "2026-05.parquet").write_text("no")
    with pytest.raises(DataError, match="no Parquet file"):
        built(tmp_path / "usage", folder)
    with pytest.raises(DataError, match="lacks"):
        built(write(tmp_path / "usage", "2026-05", [{"time": 1}]), folder)


def test_one_writes_and_many_read(usage: Path, folder: Path) -> None:
    built(usage, folder)
    program = (
        "import sys; from pathlib import Path\n"
        "from workbench.monitoring.warehouse.asking import Warehouse\n"
        "print(Warehouse(Path(sys.argv[1])).measure('requests').total('requests'))"
    )
    with owned(folder), Warehouse(folder) as warehouse:
        with pytest.raises(BusyError, match=r"written by process \d+"):
            built(usage, folder)
        done = subprocess.run(
            [sys.executable, "-c", program, str(folder)], capture_output=True, text=True, check=True
        )
        assert int(done.stdout) == warehouse.measure("requests").total("requests")


def test_who_reads_keeps_its_figures(usage: Path, folder: Path, tmp_path: Path) -> None:
    built(usage, folder)
    with Warehouse(folder) as warehouse:
        before = warehouse.measure("requests").total("requests")
        built(write(tmp_path / "usage", "2026-05", [row()]), folder)
        assert warehouse.measure("requests").total("requests") == before > 1


def test_killed_while_it_writes_nothing_half_is_published(usage: Path, folder: Path) -> None:
    """It dies once its files lie there: what was published stays, the next one cleans up."""
    built(usage, folder)
    before = (folder / "manifest.json").read_text()
    program = (
        "import os, sys; from pathlib import Path\n"
        "from workbench.monitoring.warehouse import building\n"
        "building.publish = lambda *_: os.kill(os.getpid(), 9)\n"
        "building.refresh(source=Path(sys.argv[1]), folder=Path(sys.argv[2]), again=True)"
    )
    (folder / "left.part").write_text("of an earlier death")
    done = subprocess.run([sys.executable, "-c", program, str(usage), str(folder)], check=False)
    assert done.returncode == -9
    assert (folder / "manifest.json").read_text() == before
    with Warehouse(folder) as warehouse:
        assert warehouse.measure("requests").total("requests") > 0
    built(usage, folder)
    assert not list(folder.glob("*.part"))


def test_measures_are_refused_with_a_reason(usage: Path, folder: Path) -> None:
    built(usage, folder)
    with Warehouse(folder) as warehouse:
        with pytest.raises(NotFoundError, match="requets"):
            warehouse.measure("requets")
        with pytest.raises(InputError, match="told apart by user"):
            warehouse.measure("cost", by=["user"])
        with pytest.raises(InputError, match="measures of 2 tables"):
            warehouse.measure("cost", "people")
        with pytest.raises(InputError, match="cannot answer"):
            warehouse.query("SELECT nothing FROM hourly")
        empty = warehouse.measure("requests", by=["team"], where={"team": ["x' OR 1=1 --"]})
        assert empty.rows == ()


def test_every_measure_of_the_file_can_be_asked(usage: Path, folder: Path) -> None:
    built(usage, folder)
    with Warehouse(folder) as warehouse:
        for name in warehouse.metrics.measures:
            assert len(warehouse.measure(name, by=["month"]).rows) == 2, name


def test_quantiles_are_within_nine_percent(usage: Path, folder: Path) -> None:
    built(usage, folder)
    rows = parquet.read_table(usage).to_pandas()
    seconds = rows.loc[rows.status < 400, "duration_s"]
    with Warehouse(folder) as warehouse:
        for share, found in warehouse.quantiles(0.5, 0.95, 0.99).items():
            assert found == pytest.approx(seconds.quantile(share), rel=0.095)


def test_retention_counts_who_came_back(folder: Path, tmp_path: Path) -> None:
    def come(n: int, user: str, month: int) -> dict[str, Any]:
        return row(n, user=user, time=dt.datetime(2026, month, 2, tzinfo=dt.UTC))

    write(tmp_path / "usage", "2026-05", [come(1, "a", 5), come(2, "b", 5)])
    built(write(tmp_path / "usage", "2026-06", [come(3, "a", 6), come(4, "c", 6)]), folder)
    may, june = dt.date(2026, 5, 1), dt.date(2026, 6, 1)
    with Warehouse(folder) as warehouse:
        assert warehouse.retention() == [(may, may, 2), (may, june, 1), (june, june, 1)]
        assert warehouse.measure("new_people", by=["month"]).rows == ((may, 2), (june, 1))


def test_prices_and_teams_of_the_home_count(folder: Path, tmp_path: Path) -> None:
    source = write(tmp_path / "usage", "2026-05", [row(cost_usd=0.0), row(2, user="ann")])
    settings.home().mkdir(parents=True, exist_ok=True)
    own = settings.home() / "metrics.yaml"
    own.write_text("prices: {m: {prompt: 1000, completion: 2000}}\nteams: {ann: law}\n")
    built(source, folder)
    with Warehouse(folder) as warehouse:
        found = dict(warehouse.measure("cost", by=["team"]).rows)
    assert found == {"law": 0.25, "sales": pytest.approx(0.2)}


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("rates: {EUR: -1}", "rates.EUR"),
        ("measures: {x: {title: X, unit: y, sql: '1; DROP TABLE hourly'}}", "measures.x.sql"),
        ("measures: {x: {title: X, unit: y, sql: 'drop table hourly'}}", "measures.x.sql cannot"),
        (
            "measures: {cost: {title: X, unit: y, sql: sum(requestz)}}",
            "measures.cost.sql.*requestz",
        ),
        ("colour: red", "colour"),
        ("- a list", "list"),
        ("a: [", "no YAML"),
    ],
)
def test_a_fault_in_the_file_is_told_where_it_is(home: Path, text: str, where: str) -> None:
    settings.home().mkdir(parents=True, exist_ok=True)
    (settings.home() / "metrics.yaml").write_text(text)
    with pytest.raises(ConfigError, match=where):
        read_metrics()


def test_a_measure_of_the_home_stands_beside_the_others(home: Path) -> None:
    settings.home().mkdir(parents=True, exist_ok=True)
    told = {"measures": {"calls": {"title": "Calls", "unit": "calls", "sql": "sum(requests)"}}}
    (settings.home() / "metrics.yaml").write_text(json.dumps(told))
    metrics: Metrics = read_metrics()
    assert {"calls", "requests"} <= set(metrics.measures)


def test_a_period_or_a_name_that_cannot_be_is_refused_and_not_answered_by_nothing(
    usage: Path, home: Path, tmp_path: Path
) -> None:
    rebuild(source=str(usage))
    assert measure(["cost"]).units == {"cost": "USD"}
    team = str(measure(["requests"], by=["team"]).rows[0][0])
    assert measure(["requests"], team=[team]).total("requests") > 0
    with pytest.raises(NotFoundError, match="nosuch"):
        measure(["requests"], team=["nosuch"])
    with pytest.raises(NotFoundError, match="nosuch"):
        measure(["requests"], model=["nosuch"])
    with pytest.raises(InputError, match="has not begun"):
        measure(["requests"], since="2999-01-01")
    with pytest.raises(InputError, match="begins on 2026-05-02 and ends on 2026-05-01"):
        measure(["requests"], since="2026-05-02", until="2026-05-01")
    with pytest.raises(NotFoundError, match="no month of usage"):
        rebuild(source=str(tmp_path))
