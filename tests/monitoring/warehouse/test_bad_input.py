"""What issue 8 names as bad input, at the command line, in files and in a real Postgres: it is said
plainly and set aside, and the totals are right."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as parquet
import pytest

from workbench.cli.main import main
from workbench.core import settings
from workbench.store.database import close_all

from .postgres_servers import PostgresServer
from .test_warehouse import row, write

MAY = dt.datetime(2026, 5, 4, 9, tzinfo=dt.UTC)
GOOD = [
    row(1), row(2, user="it-2"), row(3, model_asked="", user="it-2"),
    row(4, currency="EUR", cost_usd=1.0), row(5, time=MAY.replace(hour=3)),
]  # fmt: skip
# By what is said of it: a clock set ahead and one set back, a row twice, and the others.
BAD: dict[str, list[dict[str, Any]]] = {
    "ahead of the clock": [row(6, time=MAY.replace(year=2099))],
    "not of its month": [row(7, time=dt.datetime(1970, 1, 1, 0, 5, tzinfo=dt.UTC))],
    "settled twice": [row(2, user="it-2"), row(1)],
    "negative tokens": [row(8, prompt_tokens=-4), row(9, completion_tokens=-1)],
    "negative cost": [row(10, cost_usd=-5.0)],
    "a currency without a rate": [row(11, currency="XXX", cost_usd=9.0)],
}


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with PostgresServer() as started:
        yield started


@pytest.fixture(params=["files", "postgres"])
def source(
    request: pytest.FixtureRequest, home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """Good and bad rows of May, nothing of June, a July without a row, August."""
    if request.param == "postgres":
        started = request.getfixturevalue("server")
        monkeypatch.setenv("WORKBENCH_WAREHOUSE_URL", started.new_database())
    settings.home().mkdir(parents=True, exist_ok=True)
    (settings.home() / "metrics.yaml").write_text("rates: {EUR: 2.0}\n")
    folder = write(
        tmp_path / "usage", "2026-05", [*GOOD, *(r for rows in BAD.values() for r in rows)]
    )
    write(folder, "2026-07", [row(20, time=MAY.replace(month=7))])
    july = folder / "2026-07.parquet"
    parquet.write_table(parquet.read_table(july).slice(0, 0), july)
    write(folder, "2026-08", [row(21, time=MAY.replace(month=8), currency=None)])
    yield folder
    close_all()


def run(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    with pytest.raises(SystemExit) as ended:
        main(["monitoring", *words])
    said = capsys.readouterr()
    assert not ended.value.code, said.err
    return said.out if "--json" in words else said.out + said.err


def test_it_is_said_and_set_aside_and_totals_are_right(
    source: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = run(capsys, "rebuild", "--source", str(source))
    for reason, rows in BAD.items():
        count = "1 row" if len(rows) == 1 else f"{len(rows)} rows"
        assert f"set aside: {count}: {reason}\n" in told
    assert "2026-06" in told and "2026-07" in told, "months without a row are named"
    assert "unknown model" in told
    found = json.loads(
        run(capsys, "measure", "requests", "cost", "tokens", "--by", "team", "--json")
    )
    assert found["rows"] == [["it", 2, 0.5, 300], ["sales", 4, 0.25 * 3 + 2.0, 600]]
    models = json.loads(run(capsys, "measure", "requests", "--by", "model", "--json"))
    assert models["rows"] == [["m", 5], ["unknown", 1]]
    again = json.loads(run(capsys, "rebuild", "--source", str(source), "--json"))
    assert again["written"] == [] and again["rows"] == 6
    assert again["quarantined"] == {reason: len(rows) for reason, rows in BAD.items()}
    assert again["gaps"] == ["2026-06", "2026-07"]
