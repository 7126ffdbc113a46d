"""A real Postgres gives the figures that DuckDB gives, to the last bit, and says what is wrong."""

from __future__ import annotations

import datetime as dt
import random
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from workbench.core.errors import ConflictError, DependencyError, InputError, NotFoundError
from workbench.monitoring.business.rollups import open_rollups
from workbench.monitoring.business.use import read_use
from workbench.monitoring.traffic.made_usage import write_usage
from workbench.monitoring.traffic.plan import TrafficPlan
from workbench.monitoring.warehouse.asking import Warehouse
from workbench.monitoring.warehouse.building import Rebuilt
from workbench.monitoring.warehouse.metrics import Measure, Metrics, Price, read_metrics
from workbench.monitoring.warehouse.opening import open_warehouse
from workbench.monitoring.warehouse.operations import rebuild
from workbench.monitoring.warehouse.postgres import schema
from workbench.monitoring.warehouse.postgres.asking import PostgresWarehouse
from workbench.monitoring.warehouse.postgres.building import refresh
from workbench.monitoring.warehouse.postgres.link import connect
from workbench.monitoring.warehouse.questions import By, Questions
from workbench.store.database import close_all
from workbench.store.usage import UsageLog
from workbench.store.usage_rows import UsageRow

from .postgres_servers import PostgresServer
from .test_over_months import MONTHS, rewrite
from .test_warehouse import LATER_S, built, row, write

PLAN = TrafficPlan(days=70, calls=50_000, users=40, seed=4)
TABLES = ("hourly", "people", "durations")
BYS: dict[str, tuple[tuple[By, ...], ...]] = {
    "hourly": ((), ("month",), ("week", "model"), ("day",), ("hour", "team", "task")),
    "people": ((), ("month",), ("week", "team"), ("day", "user")),
    "durations": ((), ("day", "model", "team")),
}
# Beside the packaged measures, what somebody may write: whole numbers divided, rounded, counted.
OWN = {
    name: Measure(title=name, unit="-", table=table, sql=text)
    for name, table, text in (
        ("calls_a_person", "people", 'sum(requests) / count(DISTINCT "user")'),
        ("rows_a_person", "people", 'count(*) / count(DISTINCT "user")'),
        ("rounded", "hourly", "round(sum(cost_nano) / 1e7)"),
        ("over_nothing", "hourly", "sum(requests) / (sum(requests) * 0)"),
        ("bins", "durations", "sum(bin * requests) / sum(requests)"),
    )
}


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with PostgresServer() as started:
        yield started


@pytest.fixture
def url(server: PostgresServer, home: Path) -> str:
    return server.new_database()


def metrics_of(**given: Any) -> Metrics:
    known = read_metrics()
    return known.model_copy(update={"measures": {**known.measures, **OWN}, **given})


def filled(url: str, source: Path, **given: Any) -> Rebuilt:
    return refresh(url, source=source, latest_s=LATER_S, **given)


def rows_of(warehouse: Questions, table: str) -> list[tuple[Any, ...]]:
    return sorted(warehouse.query(f"SELECT * FROM {table}"), key=repr)


def tables_of(url: str) -> dict[str, list[tuple[Any, ...]]]:
    with PostgresWarehouse(url) as warehouse:
        return {
            table: rows_of(warehouse, table) for table in (*TABLES, *schema.TABLES, *schema.ROLLUPS)
        }


@pytest.fixture(scope="module")
def both(
    server: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Questions, Questions]]:
    """Made traffic, with odd prices and minutes, in both kinds."""
    folder = tmp_path_factory.mktemp("both")
    write_usage(PLAN, folder / "usage")
    metrics = metrics_of(
        minutes_saved={"chat": 1.5, "code": 6.0, "o'clock": 2.0, "other": 0.1, "translate": 1e-7},
        prices={"smollm2-135m": Price(prompt=0.0375, completion=0.1)},
    )
    url = server.new_database()
    told = filled(url, folder / "usage", metrics=metrics)
    known = built(folder / "usage", folder / "warehouse", metrics=metrics)
    assert told.rows == known.rows > 45_000
    assert told.notes == known.notes
    with (
        PostgresWarehouse(url, metrics=metrics) as there,
        Warehouse(folder / "warehouse", metrics=metrics) as here,
    ):
        yield there, here


def test_each_measure_gives_the_same_figures(both: tuple[Questions, Questions]) -> None:
    there, here = both
    for name, measure in here.metrics.measures.items():
        for by in BYS[measure.table]:
            found, known = there.measure(name, by=by), here.measure(name, by=by)
            assert found.sql == known.sql
            assert found.rows == known.rows or name == "over_nothing", (name, by)
            kinds = [[type(value) for value in each] for each in found.rows]
            assert kinds == [[type(value) for value in each] for each in known.rows], (name, by)
    assert there.measure("over_nothing").rows == here.measure("over_nothing").rows
    assert there.measure("over_nothing").total("over_nothing") == float("inf")


def test_each_question_gives_the_same_answer(both: tuple[Questions, Questions]) -> None:
    there, here = both
    assert there.span() == here.span()
    for by in ("week", "month"):
        assert there.retention(by=by) == here.retention(by=by)
    morning = dt.datetime(2026, 2, 3, 9, tzinfo=dt.timezone(dt.timedelta(hours=2)))
    for period in (
        {},
        {"since": dt.date(2026, 2, 1)},
        {"since": morning, "until": dt.date(2026, 2, 9)},
    ):
        assert there.quantiles(0.5, 0.95, where={"team": ["sales", "o'clock"]}, **period) == (
            here.quantiles(0.5, 0.95, where={"team": ["sales", "o'clock"]}, **period)
        )
        for names in (["requests", "cost"], ["people"]):
            asked = [each.measure(*names, by=["day", "team"], **period).rows for each in both]
            assert asked[0] == asked[1] != ()
    for table in TABLES:
        assert rows_of(there, table) == rows_of(here, table)
    assert isinstance(there, PostgresWarehouse)
    with PostgresWarehouse(there.url).into_memory() as copied:
        for table in TABLES:
            asked = f"SELECT * FROM {table} ORDER BY ALL"
            assert copied.execute(asked).fetchall() == here.query(asked)
            described = f"DESCRIBE {table}"
            assert copied.execute(described).fetchall() == here.query(described)
    assert list(there.months) == list(here.months)
    cells = 'SELECT day, "user", sum(requests) AS requests FROM people GROUP BY 1, 2 ORDER BY 1, 2'
    found, known = there.frame(cells), here.frame(cells)
    assert found.day.dt.date.tolist() == known.day.dt.date.tolist()
    assert found.requests.tolist() == known.requests.tolist()


def test_in_plain_postgres_the_figures_would_differ(server: PostgresServer, url: str) -> None:
    """The broken variants that the schema's functions and collation are there against."""
    plain = server.do(
        "SELECT 7 / 2, round(0.5::float8), (SELECT string_agg(t, '' ORDER BY t) "
        "FROM (VALUES ('a'), ('B')) AS told (t))", url,
    )  # fmt: skip
    with connect(url) as connection:
        schema.lay(connection)
        ours = connection.execute(
            "SELECT 7 / 2, round(0.5::float8), log2(8000.0 / 1000), (SELECT "
            "string_agg(t, '' ORDER BY t COLLATE \"C\") FROM (VALUES ('a'), ('B')) AS told (t))"
        ).fetchone()
    assert plain == [(3, 0.0, "aB")]
    assert ours == (3.5, 1.0, 3.0, "Ba")


def test_edges_of_bins_and_halves_of_a_billionth(url: str, tmp_path: Path) -> None:
    edges = [1000 * 2 ** (k / 4) for k in range(120)]
    durations = sorted({round(edge) + step for edge in edges for step in (-1, 0, 1)})
    rows = [row(n, duration_s=us / 1e6, time_to_first_token_s=(n % 7 + 0.5) / 1e6,
                cost_usd=(n % 9 + 0.5) / 1e9) for n, us in enumerate(durations)]  # fmt: skip
    source = write(tmp_path / "usage", "2026-05", rows)
    filled(url, source)
    built(source, tmp_path / "warehouse")
    with PostgresWarehouse(url) as there, Warehouse(tmp_path / "warehouse") as here:
        for table in TABLES:
            assert rows_of(there, table) == rows_of(here, table)
        assert len(here.query("SELECT DISTINCT bin FROM durations")) > 100


def test_bad_rows_are_set_aside_alike(url: str, tmp_path: Path) -> None:
    may = dt.datetime(2026, 5, 4, 9, tzinfo=dt.UTC)
    source = write(tmp_path / "usage", "2026-05", [
        row(), row(2, cost_usd=0.5), row(2, cost_usd=0.75), row(3, prompt_tokens=-4),
        row(4, cost_usd=-1.0), row(5, cost_usd=float("nan")), row(51, cost_usd=float("inf")),
        row(settlement_id=None), row(settlement_id=""), row(6, time=may.replace(month=6)),
        row(7, time=None), row(8, completion_tokens=None), row(9, currency="EUR"),
        row(10, currency="XXX"), row(11, model_asked=""), row(12, user=""), row(13, user=None),
        row(14, user='a "b", c\nd\\N', task="", language=None, cost_usd=1e-9),
        row(15, user="müller-ß", cache="exact", status=503, feedback_score=1.0),
        row(16, duration_s=-1.5e-6, time=dt.datetime(1, 1, 1, tzinfo=dt.UTC)),
        row(17, cost_usd=1e12), row(18, prompt_tokens=2**62), row(19, duration_s=float("-inf")),
    ])  # fmt: skip
    metrics = metrics_of(rates={"EUR": 1.1})
    told, known = (
        filled(url, source, metrics=metrics),
        built(source, tmp_path / "w", metrics=metrics),
    )
    assert told.quarantined == known.quarantined
    assert len(told.quarantined) == 10
    assert (told.rows, told.notes, told.gaps) == (known.rows, known.notes, known.gaps)
    with (
        PostgresWarehouse(url, metrics=metrics) as there,
        Warehouse(tmp_path / "w", metrics=metrics) as here,
    ):
        for table in (*TABLES, "quarantine_rows"):
            columns = ", ".join(f'"{name}"' for name in schema.TABLES.get(table, ())) or "*"
            asked = f"SELECT {columns} FROM {table}"
            assert [repr(each) for each in sorted(there.query(asked), key=repr)] == [
                repr(each) for each in sorted(here.query(asked), key=repr)
            ]


def test_words_are_ordered_by_their_bytes(url: str, tmp_path: Path) -> None:
    """The server's language is English: there a comes before B, and É beside e."""
    users = ("b-1", "B-1", "a-1", "É-1", "e-1", "_-1", "Z-1", "ab-1", "a b-1")
    source = write(tmp_path / "usage", "2026-05", [row(n, user=u) for n, u in enumerate(users)])
    filled(url, source)
    built(source, tmp_path / "warehouse")
    with PostgresWarehouse(url) as there, Warehouse(tmp_path / "warehouse") as here:
        found = there.measure("requests", by=["team"]).rows
        assert found == here.measure("requests", by=["team"]).rows
        assert [team for team, _ in found] == sorted(user[:-2] for user in users)
        theirs = 'SELECT team FROM hourly GROUP BY team ORDER BY team COLLATE "en-x-icu"'
        assert [team for team, _ in found] != [team for (team,) in there.query(theirs)]


def test_a_letter_that_postgres_has_not(url: str, tmp_path: Path) -> None:
    filled(url, write(tmp_path / "usage", "2026-05", [row(user="a\x00b-1")]))
    with PostgresWarehouse(url) as warehouse:
        assert warehouse.query('SELECT "user" FROM people') == [("a\ufffdb-1",)]


def test_twice_is_once(url: str, tmp_path: Path) -> None:
    write_usage(TrafficPlan(days=70, calls=900, users=9, seed=5), tmp_path / "usage")
    assert len(filled(url, tmp_path / "usage").written) == 3
    before = tables_of(url)
    assert filled(url, tmp_path / "usage").written == ()
    assert len(filled(url, tmp_path / "usage", again=True).written) == 3
    assert tables_of(url) == before


def test_months_in_any_order_as_in_files(url: str, tmp_path: Path, home: Path) -> None:
    """A settlement in two months counts once, in the earlier; what leaves one month moves on."""
    draw, source = random.Random(6), tmp_path / "usage"
    source.mkdir()
    for _ in range(12):
        month = draw.choice(sorted(MONTHS))
        if draw.random() < 0.3:
            (source / f"{month}.parquet").unlink(missing_ok=True)
        else:
            rewrite(source, month, draw.sample(MONTHS[month], draw.randint(1, len(MONTHS[month]))))
        if not list(source.iterdir()):
            continue
        told, known = filled(url, source), built(source, tmp_path / "warehouse")
        assert (told.rows, told.quarantined, told.written) == (
            known.rows, known.quarantined, known.written,
        )  # fmt: skip
        with PostgresWarehouse(url) as there, Warehouse(tmp_path / "warehouse") as here:
            for table in TABLES:
                assert rows_of(there, table) == rows_of(here, table)


def test_prices_that_changed_make_all_months_anew(url: str, tmp_path: Path) -> None:
    source = write(tmp_path / "usage", "2026-05", [row(cost_usd=0.0)])
    filled(url, source)
    priced = metrics_of(prices={"m": Price(prompt=1000.0)})
    assert filled(url, source, metrics=priced).written == ("2026-05",)
    with PostgresWarehouse(url, metrics=priced) as warehouse:
        assert warehouse.measure("cost").total("cost") == pytest.approx(0.1)


def test_killed_in_the_middle_of_a_month(url: str, tmp_path: Path) -> None:
    """It dies while rows go over: what was there stays, and the next one takes all of them."""
    source = write(tmp_path / "usage", "2026-05", [row(1), row(2)])
    filled(url, source)
    before = tables_of(url)
    write(source, "2026-06", [row(3, time=dt.datetime(2026, 6, 1, tzinfo=dt.UTC))])
    rewrite(source, "2026-05", [row(1), row(2), row(4)])
    for after in range(1, 4):
        done = subprocess.run(
            [sys.executable, "-c", KILLED, url, str(source), str(after)], check=False
        )
        assert done.returncode == -9
        assert tables_of(url) == before
    assert filled(url, source).rows == 4
    assert len(tables_of(url)["clean_rows"]) == 4


KILLED = """
import itertools, os, sys
from pathlib import Path
from workbench.monitoring.warehouse.postgres import arriving, building

count, parts = itertools.count(1), arriving.parts
def dying(path):
    for part in parts(path):
        yield part
        if next(count) == int(sys.argv[3]):
            os.kill(os.getpid(), 9)
arriving.parts = dying
if sys.argv[3] == "3":
    building._find_first_days = lambda _: os.kill(os.getpid(), 9)
building.refresh(sys.argv[1], source=Path(sys.argv[2]))
"""


def test_who_reads_keeps_its_figures_and_holds_up_nobody(url: str, tmp_path: Path) -> None:
    source = write(tmp_path / "usage", "2026-05", [row(1), row(2)])
    filled(url, source)
    with PostgresWarehouse(url) as warehouse:
        assert warehouse.measure("requests").total("requests") == 2
        rewrite(source, "2026-05", [row(1)])
        assert filled(url, source).rows == 1
        assert warehouse.measure("requests", "cost").total("requests") == 2
        assert warehouse.measure("people").total("people") == 1
    with PostgresWarehouse(url) as warehouse:
        assert warehouse.measure("requests").total("requests") == 1


def test_questions_that_cannot_be_answered(url: str, tmp_path: Path) -> None:
    filled(url, write(tmp_path / "usage", "2026-05", [row(1)]))
    with PostgresWarehouse(url) as warehouse:
        for text in ("SELECT nothing FROM hourly", "SELECT 1 +", "DELETE FROM clean_rows",
                     "SELECT CAST('x' AS integer)"):  # fmt: skip
            with pytest.raises(InputError, match="cannot answer"):
                warehouse.query(text)
        with pytest.raises(NotFoundError, match="requets"):
            warehouse.measure("requets")
        assert (
            warehouse.measure("requests", where={"team": ["x' OR 1=1 --"]}, by=["team"]).rows == ()
        )
        assert warehouse.measure("requests").total("requests") == 1


def test_what_is_settled_is_measured_alike(
    url: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From the gateway's own log, through the setting; business reads the same cells."""
    log = UsageLog()
    start_s = dt.datetime(2026, 10, 3, tzinfo=dt.UTC).timestamp()
    for number in range(60):
        log.settle(UsageRow(
            request_id=f"r{number}", key_id="key_1", user=f"sales-{number % 3}",
            model_asked=f"m{number % 2}", prompt_tokens=number, completion_tokens=2 * number,
            cost_usd=number / 7e6, time_s=start_s + 9000 * number, duration_s=number / 10,
        ))  # fmt: skip
    assert log.close() == 0
    span = {"since": dt.date(2026, 10, 1), "until": dt.date(2026, 11, 1)}
    asked = []
    for address in ("", url):
        monkeypatch.setenv("WORKBENCH_WAREHOUSE_URL", address)
        assert rebuild().rows == 60
        with open_warehouse() as warehouse:
            figures = warehouse.measure("requests", "cost", "tokens", by=["day", "model"]).rows
        use, rollups = read_use(**span), open_rollups(**span)
        by_user = rollups.users(**span, team="sales").cells.to_dict("list")
        asked.append((figures, use.cells.to_dict("list"), use.notes,
                      rollups.use.cells.to_dict("list"), by_user))  # fmt: skip
        assert open_rollups(**span, known=rollups) is rollups
    assert asked[0] == asked[1]
    assert len(asked[0][0]) == 14
    close_all()


def test_another_home_asks_and_does_not_build(
    url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that has no usage, or its own, would put that in the place of everybody's."""
    monkeypatch.setenv("WORKBENCH_WAREHOUSE_URL", url)
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "idle"))
    assert rebuild().rows == 0  # which makes it nobody's yet
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "serves"))
    source = write(tmp_path / "usage", "2026-05", [row(1), row(2)])
    assert rebuild(source=str(source)).rows == 2
    with connect(url) as connection:  # as if that home had another release
        connection.execute("UPDATE made SET version = 'another'")
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "idle"))
    with pytest.raises(ConflictError, match="built by another home, on"):
        rebuild()
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "serves"))
    assert rebuild(source=str(source)).rows == 2
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "idle"))
    span = {"since": dt.date(2026, 5, 1), "until": dt.date(2026, 6, 1)}
    assert read_use(**span).total("requests") == 2
    assert open_rollups(**span).use.total("requests") == 2
    UsageLog().settle(UsageRow(
        request_id="own", key_id="key_1", user="sales-1", model_asked="m",
        time_s=dt.datetime(2026, 5, 3, tzinfo=dt.UTC).timestamp(),
    )).result()  # fmt: skip
    assert read_use(**span).total("requests") == 2
    close_all()


def test_without_its_package_it_names_the_extra(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(DependencyError, match="psycopg") as caught:
        PostgresWarehouse(url)
    assert caught.value.context["extra"] == "postgres"
