"""Health, drift and forecasts ask the warehouse, wherever ``warehouse_url`` says that it is."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from workbench.core import settings
from workbench.core.errors import FetchError, InputError
from workbench.monitoring.drift import usage_places
from workbench.monitoring.drift.tables import compare_tables
from workbench.monitoring.drift.usage import read_usage as read_compared
from workbench.monitoring.forecasting.sources import read_series
from workbench.monitoring.health.answers import read_answers
from workbench.monitoring.maintenance.operations import maintenance
from workbench.monitoring.samples.keeping import Samples
from workbench.monitoring.traffic.made_usage import write_usage
from workbench.monitoring.traffic.plan import Drift, TrafficPlan
from workbench.monitoring.warehouse.operations import rebuild
from workbench.store.database import close_all

from .postgres_servers import PostgresServer

DAY_S = 86_400.0
START = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)
PLAN = TrafficPlan(START.date(), days=30, calls=12_000, users=20, seed=6, drift=Drift(20 * 24))


@pytest.fixture(scope="module")
def server() -> Iterator[PostgresServer]:
    with PostgresServer() as started:
        yield started


@pytest.fixture
def made(home: Path) -> Iterator[Path]:
    """A home with made usage of a month."""
    write_usage(PLAN, settings.home() / "usage")
    yield home
    close_all()


@pytest.fixture
def shared(
    made: Path, server: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> str:
    """The same in a Postgres; from here on an empty home that asks it."""
    url = server.new_database()
    monkeypatch.setenv("WORKBENCH_WAREHOUSE_URL", url)
    rebuild()
    return url


def at(day: float) -> float:
    return START.timestamp() + day * DAY_S


def test_answers_are_the_same_from_files_and_from_postgres(
    made: Path, server: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = read_answers(at(0), at(30), step_s=4 * 3600.0)
    monkeypatch.setenv("WORKBENCH_WAREHOUSE_URL", server.new_database())
    there = read_answers(at(0), at(30), step_s=4 * 3600.0)
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "idle"))  # one that has no usage
    idle = read_answers(at(0), at(30), step_s=4 * 3600.0)
    assert here.total > 11_000
    assert (here.models, here.teams) == (there.models, there.teams) == (idle.models, idle.teams)
    for other in (there, idle):
        for name in ("calls", "refused", "failed", "median_s", "slow_s"):
            known, found = (getattr(each.by_step(), name) for each in (here, other))
            np.testing.assert_array_equal(known, found)


def test_what_was_built_from_another_source_is_asked(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A home without usage of its own, whose warehouse is built from a folder."""
    write_usage(PLAN, tmp_path / "given")
    with pytest.raises(InputError, match="no load"):
        read_series("load", step="day")
    rebuild(source=str(tmp_path / "given"))
    load = read_series("load", step="day").values
    cells = read_answers(at(0), at(30), step_s=DAY_S)
    assert load.sum() == cells.total > 11_000
    np.testing.assert_array_equal(cells.by_step().calls, load)
    close_all()


def test_a_series_is_the_same_and_disk_needs_no_warehouse(
    made: Path, server: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    metrics = ("load", "errors", "latency", "spend")
    here = {name: read_series(name, step="hour").values for name in metrics}
    scores = read_series("score", step="day").values
    monkeypatch.setenv("WORKBENCH_WAREHOUSE_URL", server.new_database())
    rebuild()
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "idle"))
    for name in metrics:
        found = read_series(name, step="hour")
        np.testing.assert_allclose(found.values, here[name], rtol=1e-12)
    np.testing.assert_allclose(read_series("score", step="day").values, scores, rtol=1e-12)
    assert len(scores) >= 29 and scores.min() < scores.max()
    monkeypatch.setenv("WORKBENCH_WAREHOUSE_URL", "postgresql://lab@127.0.0.1:9/nowhere")
    now_s = dt.datetime.now(dt.UTC).timestamp() // 3600 * 3600
    for back in range(30, 0, -1):
        kept = Samples(clock=lambda back=back: now_s - back * 3600 + 60)
        kept.add({"disk_free_bytes": 100e9 + back * 1e9, "disk_total_bytes": 200e9})
    found = maintenance(metric=["disk", "load"])
    assert [each.series for each in found.outlooks] == ["disk"]
    assert "cannot be reached" in found.left_out["load"]
    with pytest.raises(FetchError):
        read_series("load", step="hour")


def test_drift_is_found_in_postgres_whole_and_in_parts(
    shared: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_HOME", str(tmp_path / "idle"))

    def compare(**given: Any) -> Any:
        before = read_compared("before", at(5), at(19), **given)
        now = read_compared("now", at(21), at(28), **given)
        still = read_compared("still", at(12), at(19), **given)
        sides = (read_compared("b", at(5), at(12), **given), still)
        return before, compare_tables(before, now, seed=0), compare_tables(*sides, seed=0)

    before, found, quiet = compare()
    assert before.is_whole and before.count > 4000
    assert {"language", "task", "prompt_tokens"} <= set(found.drifted)
    assert quiet.drifted == ()
    monkeypatch.setattr(usage_places, "PART_ROWS", 500)
    part, again, _ = compare(most=1500)
    assert not part.is_whole and len(part.sample) == 1500 and part.count == before.count
    parts = list(part.parts(["task", "prompt_tokens"]))
    assert len(parts) > 4 and sum(map(len, parts)) == before.count
    assert (
        sum(each["prompt_tokens"].sum() for each in parts) == before.sample["prompt_tokens"].sum()
    )
    assert {"language", "task", "prompt_tokens"} <= set(again.drifted)
    with pytest.raises(InputError, match="no call was settled in then"):
        read_compared("then", at(-9), at(-8))
