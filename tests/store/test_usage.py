"""The usage log: exactly once, and on the disk before it says so."""

from __future__ import annotations

import sqlite3
from typing import Any

import pytest

from workbench.core.errors import InputError, StorageError
from workbench.store.database import Database
from workbench.store.usage import UsageLog
from workbench.store.usage_queries import settlements, totals
from workbench.store.usage_rows import UsageRow, UsageText


def row(**values: Any) -> UsageRow:
    about: dict[str, Any] = {"request_id": "r1", "key_id": "key_1", "user": "ann"}
    return UsageRow(**{**about, "model_asked": "m", "model_served": "m", **values})


def test_a_row_comes_back_as_it_was(database: Database) -> None:
    log = UsageLog(database)
    given = row(
        cost_usd=0.000000123,
        prompt_tokens=3,
        completion_tokens=4,
        fallbacks=("a", "b"),
        stream=True,
        sketch=b"\0\1",
        sketch_kind="hash-1",
        language="de",
        duration_s=0.5,
    )
    assert log.settle(given).result() is True
    assert log.settle(given).result() is False
    assert settlements(database=database) == (given,)
    assert log.close() == 0


def test_what_is_done_is_seen_by_another_connection(database: Database) -> None:
    log = UsageLog(database)
    for number in range(50):
        log.settle(row(settlement_id=str(number))).result()
        with sqlite3.connect(database.path) as other:
            assert other.execute("SELECT count(*) FROM usage").fetchone() == (number + 1,)
        other.close()
    log.close()


def test_words_are_kept_only_where_they_are_to_be(database: Database) -> None:
    text = UsageText("a secret prompt", "an answer")
    assert "secret" not in repr(text)
    for keep in (False, True):
        log = UsageLog(database, keep_text=keep)
        log.settle(row(), text=text).result()
        log.close()
    found = database.read("SELECT prompt, completion FROM usage_text")
    assert [tuple(each) for each in found] == [("a secret prompt", "an answer")]
    assert UsageLog(database).keep_text is False


@pytest.mark.parametrize(
    "bad", [{"prompt_tokens": 2**70}, {"user": "\ud800"}, {"cost_usd": float("inf")}, {"user": {}}]
)
def test_a_row_that_cannot_be_stored_is_refused_alone(
    database: Database, bad: dict[str, Any]
) -> None:
    log = UsageLog(database)
    with pytest.raises(InputError):
        log.settle(row(**bad))
    assert log.settle(row()).result()
    log.close()


def test_a_row_that_the_table_refuses_spoils_no_other(database: Database) -> None:
    log = UsageLog(database)
    futures = [log.settle(row(status="x" if number == 2 else 200)) for number in range(5)]
    with pytest.raises(InputError):
        futures[2].result()
    assert [future.result() for i, future in enumerate(futures) if i != 2] == [True] * 4
    log.close()


def test_after_closing_nothing_is_taken(database: Database) -> None:
    log = UsageLog(database)
    waiting = [log.settle(row()) for _ in range(200)]
    assert log.close() == 0
    assert all(future.done() for future in waiting)
    with pytest.raises(StorageError, match="closed"):
        log.settle(row())


def test_totals(database: Database) -> None:
    log = UsageLog(database)
    day_s = 86_400.0
    rows = [
        row(prompt_tokens=1, completion_tokens=2, cost_usd=0.1, time_s=day_s),
        row(prompt_tokens=10, cost_usd=0.2, time_s=day_s * 2, status=500, cache="exact"),
        row(prompt_tokens=5, time_s=day_s * 2, key_id="key_2", model_served="n"),
    ]
    for each in rows:
        log.settle(each)
    log.close()
    found = totals(by="key", database=database)
    assert [(each.group, each.requests, each.errors) for each in found] == [
        ("key_1", 2, 1),
        ("key_2", 1, 0),
    ]
    assert found[0].cost_usd == 0.3  # exactly: it is counted in whole billionths
    assert (found[0].prompt_tokens, found[0].completion_tokens, found[0].cache_hits) == (11, 2, 1)
    days = totals(by="day", database=database)
    assert [(each.group, each.prompt_tokens) for each in days] == [
        ("1970-01-02", 1),
        ("1970-01-03", 15),
    ]
    assert [each.group for each in totals(by="model", since_s=day_s * 1.5, database=database)] == [
        "m",
        "n",
    ]
    assert totals(key_id="nobody", database=database) == ()
