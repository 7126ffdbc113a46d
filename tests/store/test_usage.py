"""The usage log: exactly once, and on the disk before it says so."""

from __future__ import annotations

import sqlite3
import threading
from typing import Any

import pytest

from workbench.core.errors import BusyError, InputError, StorageError
from workbench.store import usage
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
    text = UsageText("a secret prompt", "an answer\ud800")
    assert "secret" not in repr(text)
    for keep in (False, True):
        log = UsageLog(database, keep_text=keep)
        log.settle(row(), text=text).result()
        log.close()
    found = database.read("SELECT prompt, completion FROM usage_text")
    assert [tuple(each) for each in found] == [("a secret prompt", "an answer?")]
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


def test_a_full_disk_is_told_and_what_was_not_written_comes_later(run_on_small_disk: Any) -> None:
    done = run_on_small_disk(
        """
import time
from workbench.core import settings
from workbench.core.errors import StorageError
from workbench.store.usage import UsageLog
from workbench.store.usage_queries import settlements
from workbench.store.usage_rows import UsageRow
log = UsageLog()
def settle(name, size):
    return log.settle(UsageRow(request_id=name, key_id="k", user="u", model_asked="m",
                               settlement_id=name, sketch=bytes(size)))
confirmed = [f"c{i}" for i in range(20)]
assert all([settle(name, 1).result() for name in confirmed])
filler = (settings.home() / "filler").open("wb", buffering=0)
try:
    while filler.write(b"x" * 4096) == 4096:
        pass
except OSError:
    pass
waiting = [settle(f"w{i}", 9000) for i in range(5)]
try:
    waiting[-1].result(timeout=60)
except StorageError as error:
    print("told:", "disk is full" in str(error), log.waiting())
filler.close()
(settings.home() / "filler").unlink()
late = settle("late", 1)
assert late.result(timeout=60)
print(log.waiting(), log.close())
names = {row.settlement_id for row in settlements(limit=1000)}
print(names == {*confirmed, *(f"w{i}" for i in range(5)), "late"})
rows = settlements(limit=1000)
failed = {row.settlement_id: row.error_code for row in rows if row.status == 503}
print(failed == {f"w{i}": "storage" for i in range(5)})
"""
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["told: True 5", "0 0", "True", "True"]


def test_closing_on_a_full_disk_says_what_is_lost(
    database: Database, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    log = UsageLog(database)
    log.settle(row()).result()

    def full() -> Any:
        raise StorageError("the disk is full")

    monkeypatch.setattr(database, "transaction", full)
    waiting = log.settle(row())
    assert log.close() == 1
    with pytest.raises(StorageError):
        waiting.result()
    assert "1 settlements are lost" in caplog.text


def test_a_call_whose_disk_fails_is_settled_as_failed_unless_it_had_failed_before(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usage, "_RETRY_S", (0.001,))
    monkeypatch.setattr(usage, "_LATER_S", 0.01)
    real, full = database.transaction, threading.Event()

    def transaction() -> Any:
        if full.is_set():
            raise StorageError("the disk is full")
        return real()

    full.set()
    monkeypatch.setattr(database, "transaction", transaction)
    log = UsageLog(database)
    given = [
        row(settlement_id="good", completion_tokens=7, cost_usd=0.25),
        row(settlement_id="gone", status=499, error_code="cancelled"),
    ]
    for waiting in [log.settle(each) for each in given]:
        with pytest.raises(StorageError):
            waiting.result()
    full.clear()
    assert log.settle(row(settlement_id="late")).result() is True
    assert log.close() == 0
    found = {each.settlement_id: each for each in settlements(database=database)}
    good = found.pop("good")
    assert (good.status, good.error_code) == (503, "storage")
    assert (good.completion_tokens, good.cost_usd) == (7, 0.25)
    assert {name: each.status for name, each in found.items()} == {"gone": 499, "late": 200}


def test_more_than_may_wait_is_refused(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    log = UsageLog(database, most_waiting=10)
    gate = threading.Event()
    real = database.transaction

    def slow() -> Any:
        gate.wait()
        return real()

    monkeypatch.setattr(database, "transaction", slow)
    for _ in range(10):
        log.settle(row())
    with pytest.raises(BusyError, match="10 settlements wait"):
        log.settle(row())
    gate.set()
    assert log.close() == 0
    assert len(settlements(limit=100, database=database)) == 10


def test_rows_that_wait_share_one_sync(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    log = UsageLog(database)
    gate, commits = threading.Event(), []
    real = database.transaction

    def counted() -> Any:
        gate.wait()
        commits.append(1)
        return real()

    monkeypatch.setattr(database, "transaction", counted)
    waiting = [log.settle(row()) for _ in range(400)]
    gate.set()
    assert all(each.result() for each in waiting)
    assert len(commits) <= 2
    log.close()


def test_who_stops_waiting_undoes_nothing(database: Database) -> None:
    log = UsageLog(database)
    waiting = log.settle(row(settlement_id="s"))
    assert waiting.cancel() is False
    assert log.close() == 0
    assert [each.settlement_id for each in settlements(database=database)] == ["s"]


def test_threads_that_settle_the_same_write_it_once(database: Database) -> None:
    log, new = UsageLog(database), []

    def settle() -> None:
        new.extend(log.settle(row(settlement_id=str(i))).result() for i in range(50))

    threads = [threading.Thread(target=settle) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    log.close()
    assert (len(new), sum(new)) == (200, 50)
    assert len(settlements(limit=1000, database=database)) == 50


def test_of_rows_that_are_written_together_each_says_whether_it_was_new(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    log, gate = UsageLog(database), threading.Event()
    log.settle(row(settlement_id="7")).result()
    real = database.transaction

    def held() -> Any:
        gate.wait()
        return real()

    monkeypatch.setattr(database, "transaction", held)
    waiting = [log.settle(row(settlement_id=str(n % 30))) for n in range(40)]
    gate.set()
    new = [each.result() for each in waiting]
    assert new == [n != 7 and n < 30 for n in range(40)]
    assert log.close() == 0
    assert len(settlements(limit=100, database=database)) == 30


@pytest.mark.parametrize(("siblings", "waits"), [(0, False), (2, False), (3, True)])
def test_only_who_is_among_many_waits_for_others(
    database: Database, monkeypatch: pytest.MonkeyPatch, siblings: int, waits: bool
) -> None:
    slept: list[float] = []
    monkeypatch.setattr(usage.time, "sleep", slept.append)
    log = UsageLog(database)
    log.siblings = lambda: siblings
    log.settle(row()).result()
    assert not slept  # rows do not come thick and fast yet
    log._gap_s = -1.0  # as after many rows in no time
    log.settle(row()).result()
    assert bool(slept) is waits
    log.close()
