"""What goes wrong with a Postgres is said in words, without a password, and then it goes on."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.core.errors import (
    AccessError,
    BusyError,
    ConfigError,
    ConflictError,
    DataError,
    FetchError,
    NotFoundError,
    WorkbenchError,
)
from workbench.monitoring.warehouse.metrics import Price, read_metrics
from workbench.monitoring.warehouse.opening import bring_up_to_date, open_warehouse
from workbench.monitoring.warehouse.postgres import building
from workbench.monitoring.warehouse.postgres.asking import PostgresWarehouse
from workbench.monitoring.warehouse.postgres.building import refresh

from .postgres_servers import PostgresServer
from .test_warehouse import LATER_S, row, write

WRONG = "not-the-password"


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with PostgresServer() as started:
        yield started


@pytest.fixture
def url(server: PostgresServer, home: Path) -> str:
    return server.new_database()


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write(tmp_path / "usage", "2026-05", [row(1), row(2)])


def said(error: WorkbenchError) -> str:
    """All that a user could see of it."""
    return json.dumps([error.to_dict(), repr(error), repr(error.context), repr(error.__cause__)])


def requests(url: str) -> int:
    with PostgresWarehouse(url) as warehouse:
        return int(warehouse.measure("requests").total("requests"))


def test_a_password_that_is_wrong_is_in_no_message(
    server: PostgresServer, source: Path, home: Path
) -> None:
    wrong = server.url(password=WRONG)
    for ask in (lambda: PostgresWarehouse(wrong), lambda: refresh(wrong, source=source)):
        with pytest.raises(AccessError, match="refuses this user: password authentication") as told:
            ask()
        assert "PGPASSWORD" in str(told.value.hint)
        assert WRONG not in said(told.value)
    nameless = server.url().replace("lab:", "nobody-known:")
    with pytest.raises(AccessError, match="refuses this user"):
        PostgresWarehouse(nameless)


def test_the_command_line_shows_no_password(server: PostgresServer, home: Path) -> None:
    variables = {
        "WORKBENCH_WAREHOUSE_URL": server.url(password=WRONG), "WORKBENCH_HOME": str(home),
    }  # fmt: skip
    for command in ("monitoring rebuild", "monitoring measure cost --json", "config show"):
        done = subprocess.run(
            [sys.executable, "-c", "from workbench.cli.main import main; main()", *command.split()],
            capture_output=True, text=True, env={**os.environ, **variables}, check=False,
        )  # fmt: skip
        told = done.stdout + done.stderr
        assert (done.returncode == 0) == (command == "config show"), told
        assert WRONG not in told
        assert f"127.0.0.1:{server.port}" in told
        assert "Traceback" not in told


@pytest.mark.parametrize("said_url", [
    "postgresql://lab:a%zzb-secret@127.0.0.1:5432/x", "postgresql://lab:secret@127.0.0.1:port/x",
    "postgres://lab:secret@[::1/x", "mysql://lab:secret@127.0.0.1/x", "lab:secret@127.0.0.1",
])  # fmt: skip
def test_an_address_that_is_none(
    home: Path, monkeypatch: pytest.MonkeyPatch, said_url: str
) -> None:
    """libpq's own words would repeat what it could not read, and that may be the password."""
    monkeypatch.setenv("WORKBENCH_WAREHOUSE_URL", said_url)
    for ask in (open_warehouse, bring_up_to_date):
        with pytest.raises(WorkbenchError) as told:
            ask()
        assert isinstance(told.value, ConfigError | FetchError)
        assert "secret" not in said(told.value)


def test_nobody_answers(home: Path, source: Path) -> None:
    away = "postgresql://lab:secret@127.0.0.1:1/x"
    for ask in (lambda: PostgresWarehouse(away), lambda: refresh(away, source=source)):
        with pytest.raises(FetchError, match=r"127.0.0.1:1/x cannot be reached") as told:
            ask()
        assert "secret" not in said(told.value)


def test_nothing_is_there_yet(server: PostgresServer, url: str, tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match="does not exist"):
        PostgresWarehouse(server.url("no_such"))
    with pytest.raises(NotFoundError, match="no warehouse yet") as told:
        PostgresWarehouse(url)
    assert told.value.hint == "workbench monitoring rebuild"
    assert refresh(url, source=tmp_path / "none").months == 0
    with pytest.raises(NotFoundError, match="is empty"):
        PostgresWarehouse(url)


def test_files_that_are_none_of_ours(url: str, source: Path) -> None:
    refresh(url, source=source, latest_s=LATER_S)
    dear = read_metrics().model_copy(update={"prices": {"m": Price(prompt=1e16)}})
    (source / "2026-06.parquet").write_text("no")
    with pytest.raises(DataError, match="no Parquet file"):
        refresh(url, source=source, latest_s=LATER_S)
    for bad, word in (({}, "lacks"), (row(3, prompt_tokens="many"), "prompt_tokens"),
                      (row(3, cost_usd=0.0), "bigint out of range")):  # fmt: skip
        write(source, "2026-06", [{**bad, "time": dt.datetime(2026, 6, 1, tzinfo=dt.UTC)}])
        with pytest.raises(DataError, match=word):
            refresh(url, source=source, latest_s=LATER_S, metrics=dear)
    assert requests(url) == 2


def test_one_writes_and_the_other_is_told_which(
    url: str, source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    refresh(url, source=source, latest_s=LATER_S)
    inside, go_on = threading.Event(), threading.Event()

    def waiting(connection: object) -> None:
        inside.set()
        assert go_on.wait(60)

    monkeypatch.setattr(building, "_find_first_days", waiting)
    writer = threading.Thread(
        target=lambda: refresh(url, source=source, latest_s=LATER_S, again=True)
    )
    writer.start()
    try:
        assert inside.wait(60)
        with pytest.raises(BusyError, match=r"being written by workbench \S+ \d+"):
            refresh(url, source=source, latest_s=LATER_S)
        assert requests(url) == 2
    finally:
        go_on.set()
        writer.join()


def test_who_may_only_read_can_ask_and_not_build(
    server: PostgresServer, url: str, source: Path
) -> None:
    refresh(url, source=source, latest_s=LATER_S)
    server.do(
        "CREATE ROLE looker LOGIN PASSWORD 'looks'; GRANT USAGE ON SCHEMA workbench TO looker", url
    )
    reader = url.replace(url.split("//")[1].split("@")[0], "looker:looks")
    with pytest.raises(AccessError, match="permission denied"):
        PostgresWarehouse(reader)
    server.do("GRANT SELECT ON ALL TABLES IN SCHEMA workbench TO looker", url)
    assert requests(reader) == 2
    with pytest.raises(AccessError, match="permission denied"):
        refresh(reader, source=source, latest_s=LATER_S)
    server.do("UPDATE workbench.made SET version = 'of an earlier release'", url)
    with pytest.raises(NotFoundError, match="no warehouse yet"):
        requests(reader)
    refresh(url, source=source, latest_s=LATER_S)
    assert requests(reader) == requests(url) == 2


def test_a_schema_that_is_somebody_elses_is_left_alone(
    server: PostgresServer, url: str, source: Path
) -> None:
    server.do("CREATE SCHEMA workbench; CREATE TABLE workbench.wages (paid integer)", url)
    with pytest.raises(ConflictError, match="not the warehouse's"):
        refresh(url, source=source, latest_s=LATER_S)
    assert server.do("SELECT count(*) FROM workbench.wages", url) == [(0,)]


def test_a_server_that_ends_and_comes_back(server: PostgresServer, url: str, source: Path) -> None:
    refresh(url, source=source, latest_s=LATER_S)
    with PostgresWarehouse(url) as warehouse:
        server.stop()
        with pytest.raises(FetchError, match=r"connection to 127\.0\.0\.1"):
            warehouse.measure("requests")
        with pytest.raises(FetchError, match="cannot be reached"):
            refresh(url, source=source, latest_s=LATER_S)
    server.start()
    assert requests(url) == 2
    assert refresh(url, source=source, latest_s=LATER_S).written == ()
