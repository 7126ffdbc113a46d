"""Cells of usage: exact sums, and what cannot be right is set aside and told."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pyarrow as arrow
import pytest

from workbench.core.errors import DataError, InputError, NotFoundError
from workbench.monitoring.business.made_log import MadeUsage
from workbench.monitoring.business.use import Use, month_span, read_use

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
    assert use.notes == ("1 rows are settled twice; each counts once",)


@pytest.mark.parametrize(
    "fault",
    [{"prompt_tokens": -1}, {"completion_tokens": -5}, {"cost_usd": -0.5},
     {"cost_usd": float("nan")}, {"cost_usd": float("inf")}, {"cost_usd": None}],
)  # fmt: skip
def test_what_cannot_be_is_set_aside(use_of: Read, fault: dict[str, Any]) -> None:
    use = use_of([{}, fault, {}])
    assert (use.total("requests"), use.total("prompt_tokens")) == (2, 200)
    assert use.cost_usd == pytest.approx(0.02)
    assert use.notes == ("1 rows have tokens or money that cannot be; they are set aside",)


def test_an_unknown_model_and_a_user_without_team_are_counted_and_told(use_of: Read) -> None:
    use = use_of([{"model_served": ""}, {"user": "bob"}, {}], teams={"ada": "research"})
    assert use.cost_usd == pytest.approx(0.03)
    assert set(use.cells["model"]) == {"small", "(unknown model)"}
    assert set(use.cells["team"]) == {"research", "(no team)"}
    assert any("1 answers name no model" in note for note in use.notes)
    assert any("1 calls are of users in no team" in note for note in use.notes)


def test_mixed_currencies_are_refused_by_name(log_of: Callable[..., Any]) -> None:
    table = log_of([{}, {}, {}])
    mixed = table.append_column("currency", arrow.array(["USD", "EUR", "USD"]))
    span = {"since": dt.date(2026, 10, 1), "until": dt.date(2026, 11, 1)}
    with pytest.raises(DataError, match="2 in USD, 1 in EUR"):
        read_use(mixed, **span)
    one = table.append_column("currency", arrow.array(["USD"] * 3))
    assert read_use(one, **span).total("requests") == 3


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
