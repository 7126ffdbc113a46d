"""Costs of this home and the warehouse's measures are one and the same."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.core import settings
from workbench.core.errors import NotFoundError
from workbench.monitoring.business.costs import costs_by
from workbench.monitoring.business.operations import advice, costs, report
from workbench.monitoring.business.use import read_use
from workbench.monitoring.drift.reading import period_ends
from workbench.monitoring.drift.usage import read_usage
from workbench.monitoring.warehouse.asking import Warehouse
from workbench.monitoring.warehouse.operations import rebuild
from workbench.store.usage import UsageLog
from workbench.store.usage_rows import UsageRow

SPAN = {"since": dt.date(2026, 10, 1), "until": dt.date(2026, 11, 1)}
TEAMS = 'teams: {"ada": research, "bob": sales}\n'


@pytest.fixture
def used_home(tmp_path: Path) -> Iterator[Path]:
    """A home whose log has 40 calls of October; two teams are named, one user is in none."""
    start_s = dt.datetime(2026, 10, 5, 9, tzinfo=dt.UTC).timestamp()
    with settings.override(home=tmp_path):
        (tmp_path / "metrics.yaml").write_text(TEAMS)
        log = UsageLog()
        for number in range(40):
            row = UsageRow(
                f"req_{number}", "key", ("ada", "bob", "eve", "ada")[number % 4], "m",
                model_served=("small", "large", "")[number % 3], prompt_tokens=100 + number,
                completion_tokens=50, cost_usd=0.1 + number / 1e9, task=("chat", None)[number % 2],
                status=500 if number == 7 else 200, time_s=start_s + 3600 * number,
            )  # fmt: skip
            log.settle(row).result(timeout=30)
        log.close()
        yield tmp_path


@pytest.mark.parametrize("by", ["team", "model", "task", "day"])
def test_lines_are_the_warehouses_measures(used_home: Path, by: str) -> None:
    lines = costs_by(read_use(**SPAN), by)  # type: ignore[arg-type]
    with Warehouse() as warehouse:
        told = warehouse.measure("requests", "answered", "tokens", "cost", by=[by], **SPAN)  # type: ignore[list-item,arg-type]
    rows = {
        str(name)[:10] if by == "day" else name: (requests, answered, tokens, pytest.approx(cost))
        for name, requests, answered, tokens, cost in told.rows
    }
    assert len(rows) > 1
    assert {
        each.name: (each.requests, each.answers, each.tokens, each.cost_usd) for each in lines
    } == rows


def test_teams_are_those_of_metrics_yaml_unless_a_file_says_otherwise(used_home: Path) -> None:
    assert {line.name for line in costs(period="2026-10").lines} == {"research", "sales", "other"}
    own = used_home / "own.yaml"
    own.write_text("lab: [ada]\n")
    assert {line.name for line in costs(period="2026-10", teams=own).lines} == {"lab", "(no team)"}


def test_a_report_of_the_home_is_written(used_home: Path, tmp_path: Path) -> None:
    written = report(period="2026-10", html=tmp_path / "october.html")
    assert written.requests == 40
    assert written.cost_usd == pytest.approx(40 * 0.1 + sum(range(40)) / 1e9)
    assert any("rated" in each for each in written.missing)
    page = (tmp_path / "october.html").read_text("utf-8")
    assert "4.00 USD" in page


def test_a_home_that_has_only_a_built_warehouse_answers_all_that_it_can(
    used_home: Path, tmp_path: Path
) -> None:
    rebuild()  # writes the months that the other home is built from
    with settings.override(home=tmp_path / "other"):
        rebuild(source=str(used_home / "usage"))
        written = report(period="2026-10", html=tmp_path / "october.html")
        assert written.requests == 40
        found = advice(period="2026-10")
        assert [each.kind for each in found.advice] == ["failures"]
        assert any("built from elsewhere" in each for each in found.notes)
        compared = read_usage("october", *period_ends("2026-10-01..2026-11-01"))
        assert compared.count == 40
        assert "task" in compared.names


def test_a_home_without_usage_says_so(tmp_path: Path) -> None:
    with settings.override(home=tmp_path), pytest.raises(NotFoundError, match="no usage yet"):
        read_use(**SPAN)
