"""Cells of usage: exact sums, and what cannot be right is set aside and told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as arrow
import pyarrow.parquet as parquet
import pytest

from workbench.core import settings
from workbench.core.errors import InputError, NotFoundError
from workbench.monitoring.business.made_log import MadeUsage
from workbench.monitoring.business.use import Use, _cells, month_span, read_use
from workbench.monitoring.warehouse.asking import Warehouse
from workbench.monitoring.warehouse.building import refresh
from workbench.monitoring.warehouse.rows import told_aside

Read = Callable[..., Use]


def test_totals_are_those_of_the_rows(made: MadeUsage, made_use: Use) -> None:
    rows = made.table.to_pylist()
    exact = sum(round(Decimal(repr(row["cost_usd"])), 9) for row in rows)
    assert round(Decimal(made_use.cost_usd), 6) == round(exact, 6)
    assert made_use.total("requests") == len(rows)
    assert made_use.total("answered") == sum(row["status"] < 400 for row in rows)
    assert made_use.total("prompt_tokens") == sum(row["prompt_tokens"] for row in rows)
    assert made_use.total("rated") == sum(row["feedback_score"] is not None for row in rows)
    assert made_use.notes == ()


def test_a_row_that_comes_twice_counts_once(use_of: Read) -> None:
    use = use_of([{"settlement_id": "a"}, {"settlement_id": "a"}, {"settlement_id": "b"}])
    assert (use.total("requests"), use.cost_usd) == (2, pytest.approx(0.02))
    assert use.notes == ("1 row is set aside: settled twice",)


def test_a_settlement_of_another_month_counts_once_though_that_month_is_not_asked(
    log_of: Callable[..., Any], tmp_path: Path
) -> None:
    """The file of September has it as well: October alone is read, and does not count it again."""
    september = dt.datetime(2026, 9, 30, 12, tzinfo=dt.UTC)
    paths = [tmp_path / "2026-09.parquet", tmp_path / "2026-10.parquet"]
    parquet.write_table(log_of([{"settlement_id": "a", "time": september}]), paths[0])
    parquet.write_table(log_of([{"settlement_id": "a"}, {"settlement_id": "b"}]), paths[1])
    span = {"since": dt.date(2026, 10, 1), "until": dt.date(2026, 11, 1)}
    use = read_use(paths, **span)
    assert use.total("requests") == 1
    assert use.notes == ("1 row is set aside: settled twice",)
    assert read_use(paths[1], **span).total("requests") == 2, "the broken variant: one file alone"


def test_files_and_this_home_go_by_the_same_rules(log_of: Callable[..., Any], home: Path) -> None:
    """Every kind of bad row, read as somebody's file and through the warehouse: the same cells."""
    rows = [
        {}, {"prompt_tokens": -1}, {"cost_usd": None}, {"settlement_id": "set_0"},
        {"settlement_id": ""}, {"completion_tokens": None}, {"model_served": "", "task": None},
        {"time": dt.datetime(2026, 9, 30, tzinfo=dt.UTC)}, {"status": 503}, {"user": ""},
    ]  # fmt: skip
    settings.home().mkdir(parents=True, exist_ok=True)
    path = settings.home() / "usage" / "2026-10.parquet"
    path.parent.mkdir()
    parquet.write_table(log_of(rows), path)
    span = {"since": dt.date(2026, 9, 1), "until": dt.date(2026, 11, 1)}
    told = refresh()
    with Warehouse() as warehouse:
        through = _cells(warehouse.frame, "clean_rows", **span)
    use = read_use(path, **span)
    assert use.cells.equals(through)
    assert (len(use.cells), use.total("requests"), use.total("answered")) == (3, 4, 3)
    assert set(use.notes) == {told_aside(count, why) for why, count in told.quarantined.items()} | {
        "1 calls of an unknown model"
    }
    assert len(told.quarantined) == 6


@pytest.mark.parametrize(
    ("fault", "why"),
    [({"prompt_tokens": -1}, "negative tokens"), ({"completion_tokens": -5}, "negative tokens"),
     ({"cost_usd": -0.5}, "negative cost"), ({"cost_usd": float("nan")}, "cost is no number"),
     ({"cost_usd": float("inf")}, "cost is no number"), ({"cost_usd": None}, "cost is no number")],
)  # fmt: skip
def test_what_cannot_be_is_set_aside(use_of: Read, fault: dict[str, Any], why: str) -> None:
    use = use_of([{}, fault, {}])
    assert (use.total("requests"), use.total("prompt_tokens")) == (2, 200)
    assert use.cost_usd == pytest.approx(0.02)
    assert use.notes == (f"1 row is set aside: {why}",)


def test_an_unknown_model_and_a_user_without_team_are_counted_and_told(use_of: Read) -> None:
    use = use_of([{"model_served": ""}, {"user": "bob"}, {}], teams={"ada": "research"})
    assert use.cost_usd == pytest.approx(0.03)
    assert set(use.cells["model"]) == {"small", "unknown"}
    assert set(use.cells["team"]) == {"research", "(no team)"}
    assert any("1 calls of an unknown model" in note for note in use.notes)
    assert any("1 calls are of users in no team" in note for note in use.notes)


def test_a_currency_without_a_rate_is_set_aside_and_one_with_a_rate_is_converted(
    log_of: Callable[..., Any], home: Path
) -> None:
    table = log_of([{}, {}, {}])
    mixed = table.append_column("currency", arrow.array(["USD", "EUR", "USD"]))
    span = {"since": dt.date(2026, 10, 1), "until": dt.date(2026, 11, 1)}
    use = read_use(mixed, **span)
    assert (use.total("requests"), use.cost_usd) == (2, pytest.approx(0.02))
    assert use.notes == ("1 row is set aside: a currency without a rate",)
    settings.home().mkdir(parents=True, exist_ok=True)
    (settings.home() / "metrics.yaml").write_text("rates: {EUR: 2.0}\n")
    assert read_use(mixed, **span).cost_usd == pytest.approx(0.04)


def test_days_are_days_of_utc_and_the_last_is_not_in_it(use_of: Read) -> None:
    times = ["2026-09-30T23:59:59", "2026-10-01T00:00:00", "2026-10-31T23:59:59", "2026-11-01"]
    rows = [{"time": dt.datetime.fromisoformat(each).replace(tzinfo=dt.UTC)} for each in times]
    use = use_of(rows)
    assert use.total("requests") == 2
    assert use.between(dt.date(2026, 10, 31), dt.date(2026, 11, 1)).total("requests") == 1


def test_an_empty_span_is_told(use_of: Read) -> None:
    use = use_of([], teams={})
    assert (use.total("requests"), use.cost_usd, use.days) == (0, 0.0, 31)
    assert use.notes == ("there is no usage from 2026-10-01 to 2026-10-31",)


def test_names_that_are_not_there_and_spans_that_are_none(use_of: Read) -> None:
    with pytest.raises(NotFoundError, match="did you mean 'small'"):
        use_of([{}]).only(model="smal")
    with pytest.raises(InputError):
        use_of([{}], until=dt.date(2026, 10, 1))
    assert month_span("2026-12") == (dt.date(2026, 12, 1), dt.date(2027, 1, 1))
    with pytest.raises(InputError, match="no month"):
        month_span("2026-13")
