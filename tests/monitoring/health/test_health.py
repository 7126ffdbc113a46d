"""Calls as cells and samples on steps: the same figures as from single rows."""

from __future__ import annotations

import datetime as dt
import math
import random
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow.parquet as parquet
import pytest

from workbench.monitoring.alerts.reading import read_rules
from workbench.monitoring.alerts.rules import RuleFile
from workbench.monitoring.health.answers import read_answers
from workbench.monitoring.health.recorded import limits_on, on_steps
from workbench.monitoring.samples.keeping import Samples
from workbench.monitoring.traffic.made_usage import write_usage
from workbench.monitoring.traffic.plan import TrafficPlan
from workbench.monitoring.warehouse import recent
from workbench.monitoring.warehouse.opening import fresh_notes
from workbench.store.database import close_all, open_database
from workbench.store.usage import UsageLog
from workbench.store.usage_rows import UsageRow

SINCE_S, STEP_S, STEPS = 1_764_000_000.0, 600.0, 12
UNTIL_S = SINCE_S + STEP_S * STEPS


def made_rows(count: int = 800, *, seed: int = 3, name: str = "req") -> list[UsageRow]:
    draw = random.Random(seed)
    rows = []
    for number in range(count):
        time_s = SINCE_S - 300 + draw.random() * (STEP_S * STEPS + 600)
        if 3 <= (time_s - SINCE_S) // STEP_S < 5:
            continue  # nobody asked anything for twenty minutes
        rows.append(
            UsageRow(
                f"{name}_{number}", "key", draw.choice(("sales-ada", "sales-bob", "it-eve")), "m",
                model_served=draw.choice(("small", "large", "")),
                status=draw.choices((200, 404, 503), (8, 1, 1))[0], time_s=time_s,
                duration_s=None if draw.random() < 0.1 else draw.lognormvariate(0, 1.5),
            )
        )  # fmt: skip
    return rows


def settle(made: list[UsageRow]) -> list[UsageRow]:
    log = UsageLog()
    for row in made:
        last = log.settle(row)
    last.result(timeout=30)
    log.close()
    return made


@pytest.fixture
def rows(home: Path) -> Iterator[list[UsageRow]]:
    yield settle(made_rows())
    close_all()


def quantile(values: list[float], share: float) -> float:
    if not values:
        return math.nan
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


@pytest.mark.parametrize("through", ["log", "warehouse", "both"])
@pytest.mark.parametrize(
    ("model", "team"), [(None, None), ("small", None), (None, "sales"), ("m", "it"), ("gone", None)]
)
def test_cells_give_what_single_rows_give(
    rows: list[UsageRow], through: str, model: str | None, team: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    if through == "warehouse":
        monkeypatch.setattr(recent, "MOST_ROWS", 10)
    if through == "both":  # some rows were settled after the warehouse was built
        fresh_notes()
        rows = rows + settle(made_rows(300, seed=4, name="later"))
    cells = read_answers(SINCE_S, UNTIL_S, step_s=STEP_S)
    assert (cells.models, cells.teams, cells.steps) == (
        ("large", "m", "small"),
        ("it", "sales"),
        12,
    )
    found = cells.by_step(model=model, team=team)
    for step in range(STEPS):
        first_s = SINCE_S + step * STEP_S
        here = [
            row for row in rows
            if first_s <= row.time_s < first_s + STEP_S
            and model in (None, row.model_served or row.model_asked)
            and team in (None, row.user.partition("-")[0])
        ]  # fmt: skip
        took = [r.duration_s for r in here if r.status < 400 and r.duration_s is not None]
        assert found.calls[step] == len(here)
        assert found.refused[step] == sum(row.status == 404 for row in here)
        assert found.failed[step] == sum(row.status == 503 for row in here)
        for share, told in ((0.5, found.median_s), (0.95, found.slow_s)):
            assert told[step] == pytest.approx(quantile(took, share), rel=0.023, nan_ok=True)
    if model != "gone":
        assert found.calls[3] == 0 and math.isnan(found.median_s[3])


def test_the_warehouse_is_made_for_much_alone_and_then_asked(
    rows: list[UsageRow], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = home / "warehouse" / "manifest.json"
    read_answers(SINCE_S, UNTIL_S, step_s=STEP_S)
    assert not manifest.exists()
    monkeypatch.setattr(recent, "MOST_ROWS", 500)
    read_answers(SINCE_S, UNTIL_S, step_s=STEP_S)
    built = manifest.stat().st_mtime_ns
    settle(made_rows(300, seed=4, name="later"))
    total = read_answers(SINCE_S, UNTIL_S, step_s=STEP_S).total
    assert total > 800 and manifest.stat().st_mtime_ns == built, "few rows are read from the log"
    settle(made_rows(400, seed=5, name="last"))
    assert read_answers(SINCE_S, UNTIL_S, step_s=STEP_S).total > total
    assert manifest.stat().st_mtime_ns > built


def test_rules_and_teams_are_the_warehouse_s(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A row of a file that is not good counts nowhere, and whose a call is says metrics.yaml."""
    folder = home / "usage"
    folder.mkdir(parents=True)
    plan = TrafficPlan(dt.date(2025, 11, 1), days=28, calls=3000, users=9, seed=1)
    (path,) = write_usage(plan, folder)
    table = parquet.read_table(path)
    tokens = table["prompt_tokens"].to_pylist()
    tokens[:40] = [-1] * 40
    place = table.column_names.index("prompt_tokens")
    parquet.write_table(table.set_column(place, "prompt_tokens", [tokens]), path)
    span = dt.datetime(2025, 11, 1, tzinfo=dt.UTC).timestamp(), 30 * 86_400
    cells = read_answers(span[0], span[0] + span[1], step_s=3600.0)
    assert cells.total == len(table) - 40 and len(cells.teams) > 1
    (home / "metrics.yaml").write_text('teams: {"*": everybody}\n')
    cells = read_answers(span[0], span[0] + span[1], step_s=3600.0)
    assert cells.total == len(table) - 40 and cells.teams == ("everybody",)


def test_a_home_without_calls_has_no_cells(home: Path) -> None:
    cells = read_answers(SINCE_S, UNTIL_S, step_s=STEP_S)
    assert (cells.total, cells.models) == (0, ())
    found = cells.by_step()
    assert found.calls.sum() == 0 and np.isnan(found.slow_s).all()
    close_all()


def test_samples_lie_on_the_steps_of_the_span(home: Path) -> None:
    now = {"s": SINCE_S}
    kept = Samples(open_database(), clock=lambda: now["s"])
    for minute in range(120):
        now["s"] = SINCE_S + minute * 60
        if not 30 <= minute < 50:
            kept.add({"requests_queued": float(minute)})
    found = on_steps(["requests_queued", "cpu_share"], SINCE_S, UNTIL_S, step_s=STEP_S)
    queue = found["requests_queued"]
    assert queue.mean[0] == pytest.approx(4.5)
    assert (queue.low[1], queue.high[1]) == (10, 19)
    assert np.isnan(queue.mean[3:5]).all() and not np.isnan(queue.mean[5:]).any()
    assert np.isnan(found["cpu_share"].mean).all()
    now["s"] = SINCE_S + 5 * 86_400
    kept.thin()  # to hours, of which each counts in all steps that it covers
    hours = on_steps(["requests_queued"], SINCE_S, UNTIL_S, step_s=STEP_S)["requests_queued"]
    assert not np.isnan(hours.mean).any()
    assert len(set(hours.mean.round(6))) == 3 - (SINCE_S % 3600 == 0)
    assert (np.nanmin(hours.low), np.nanmax(hours.high)) == (0, 119)
    close_all()


def test_a_chart_has_the_levels_of_the_rules_on_it() -> None:
    rules = read_rules()
    free, total = "samples.disk_free_bytes", "samples.disk_total_bytes"
    found = {each.rule: each for each in limits_on(rules, free, of=total, whole=1e11)}
    assert (found["disk"].level, found["disk_full"].level) == (pytest.approx(1e10), 1e9)
    assert not found["disk"].above
    assert [each.rule for each in limits_on(rules, free)] == ["disk_full"]
    assert limits_on(None, free) == ()
    of_one = {
        "title": "T",
        "metric": "usage.calls",
        "window": "1h",
        "above": 1,
        "where": {"model": "a"},
    }
    assert limits_on(RuleFile.model_validate({"rules": {"a": of_one}}), "usage.calls") == ()
