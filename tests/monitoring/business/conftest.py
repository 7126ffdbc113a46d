"""Made logs: small ones by hand, and one with a planted truth."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

import pyarrow as arrow
import pytest

from workbench.monitoring.business.made_log import MadeUsage, made_usage
from workbench.monitoring.business.use import Use, read_use

_KINDS = {
    "time": arrow.timestamp("us", tz="UTC"),
    "status": arrow.int16(),
    "prompt_tokens": arrow.int64(),
    "completion_tokens": arrow.int64(),
    "cost_usd": arrow.float64(),
    "feedback_score": arrow.float64(),
    "sketch": arrow.binary(),
    "prompt_chars": arrow.int64(),
}
_COLUMNS = (
    "settlement_id", "time", "key_id", "user", "model_served", "status", "prompt_tokens",
    "completion_tokens", "cost_usd", "cache", "task", "sketch", "prompt_chars", "feedback_score",
)  # fmt: skip


def table_of(rows: list[dict[str, Any]]) -> Any:
    """A log of rows that say only what matters to them."""
    whole = [
        {
            "settlement_id": f"set_{number}",
            "time": dt.datetime(2026, 10, 5, 12, tzinfo=dt.UTC),
            "key_id": "key",
            "user": "ada",
            "model_served": "small",
            "status": 200,
            "prompt_tokens": 100,
            "completion_tokens": 50,
            "cost_usd": 0.01,
            "task": "chat",
        }
        | row
        for number, row in enumerate(rows)
    ]
    schema = arrow.schema([(name, _KINDS.get(name, arrow.string())) for name in _COLUMNS])
    return arrow.Table.from_pylist(whole, schema=schema)


@pytest.fixture
def use_of() -> Callable[..., Use]:
    """Read rows of October 2026 as cells."""

    def read(rows: list[dict[str, Any]], **more: Any) -> Use:
        span = {"since": dt.date(2026, 10, 1), "until": dt.date(2026, 11, 1)} | more
        return read_use(table_of(rows), **span)

    return read


@pytest.fixture
def log_of() -> Callable[[list[dict[str, Any]]], Any]:
    return table_of


@pytest.fixture(scope="session")
def made() -> MadeUsage:
    return made_usage(requests_per_day=400)


@pytest.fixture(scope="session")
def made_use(made: MadeUsage) -> Use:
    span = {"since": dt.date(2026, 8, 1), "until": dt.date(2026, 11, 1)}
    return read_use(made.table, teams=made.teams, **span)
