from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from workbench.core.errors import InputError, IntegrityError
from workbench.store import ledger as module
from workbench.store.database import Database, close_all
from workbench.store.ledger import Deed, Head, Ledger
from workbench.store.migrations import MIGRATIONS

RunScript = Callable[[str], subprocess.CompletedProcess[str]]
ENTRIES = 6


@pytest.fixture
def ledger(database: Database) -> Ledger:
    return Ledger(database)


def fill(ledger: Ledger, entries: int = ENTRIES) -> None:
    for number in range(entries):
        ledger.append("adapter.promoted", f"tone@{number}", actor="ann", data={"number": number})


def tamper(ledger: Ledger, *statements: str, params: tuple[Any, ...] = ()) -> None:
    """Write to the file past the room, as one who may write to it can: without the triggers."""
    with sqlite3.connect(ledger.database.path) as raw:
        for row in raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            raw.execute(f"DROP TRIGGER {row[0]}")
        for statement in statements:
            raw.execute(statement, params)
    raw.close()


def test_entries_are_chained_found_and_sound(ledger: Ledger) -> None:
    fill(ledger)
    ledger.append("user.added", "bob", actor="ann")
    found = ledger.entries()
    assert [entry.number for entry in found] == list(range(ENTRIES + 1, 0, -1))
    assert found[0].previous == found[1].hash
    assert found[-1].previous == "0" * 64
    assert found[1].data == {"number": ENTRIES - 1}
    assert [entry.subject for entry in ledger.entries(action="user.added")] == ["bob"]
    assert len(ledger.entries(subject="tone@2")) == 1
    assert len(ledger.entries(limit=2)) == 2
    check = ledger.verify()
    assert (check.ok, check.entries, check.head) == (True, ENTRIES + 1, ledger.head())
    ledger.check()


def test_an_empty_ledger_is_sound(ledger: Ledger) -> None:
    assert ledger.verify().ok


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE ledger SET actor = 'eve' WHERE number = 1",
        "DELETE FROM ledger",
        "INSERT OR REPLACE INTO ledger SELECT 2, time, 'eve', action, subject, data, previous, "
        "hash || 'x' FROM ledger WHERE number = 2",
        "INSERT INTO ledger SELECT 9, time, actor, action, subject, data, previous, hash || 'x' "
        "FROM ledger WHERE number = 2",
    ],
)
def test_the_database_itself_refuses_all_but_the_next_entry(ledger: Ledger, statement: str) -> None:
    fill(ledger, 3)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        ledger.database.connection().execute(statement)
    assert ledger.verify().ok


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("ledger")
    database = Database(folder / "store.sqlite")
    fill(Ledger(database))
    database.connection().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    return folder


@settings(max_examples=60, deadline=None)
@given(
    number=st.integers(1, ENTRIES),
    field=st.sampled_from(module._FIELDS),
    text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=8),
    shift=st.integers(-10, 10),
)
def test_any_change_of_one_field_is_found_at_its_entry(
    filled: Path, tmp_path_factory: pytest.TempPathFactory, number: int, field: str, text: str,
    shift: int,
) -> None:  # fmt: skip
    folder = tmp_path_factory.mktemp("copy")
    shutil.copytree(filled, folder, dirs_exist_ok=True)
    ledger = Ledger(Database(folder / "store.sqlite"))
    before = ledger.database.read_one(f"SELECT {field} FROM ledger WHERE number = ?", (number,))
    assert before is not None
    value: Any = text if field != "number" else number + shift
    taken = field == "number" and 1 <= value <= ENTRIES
    if before[0] != value and not taken:
        tamper(
            ledger,
            f"UPDATE ledger SET {field} = ?1 WHERE number = ?2",
            params=(value, number),
        )
        check = ledger.verify()
        assert not check.ok
        expected = number if field != "number" or value > number else min(number, 1)
        assert check.broken_at == expected
    else:
        assert ledger.verify().ok
    ledger.database.close()
    shutil.rmtree(folder)


@pytest.mark.parametrize(
    ("statements", "broken_at", "reason"),
    [
        (["DELETE FROM ledger WHERE number = 3"], 3, "missing"),
        (["DELETE FROM ledger WHERE number = 1"], 1, "missing"),
        (["DELETE FROM ledger WHERE number > 4"], 5, "cut off"),
        (["DELETE FROM ledger"], 1, "cut off"),
        (
            ["DELETE FROM ledger WHERE number = 3", "UPDATE ledger SET number = number - 1 "
             "WHERE number > 3"],
            3,
            "follows another",
        ),
        (
            ["UPDATE ledger SET number = -3 WHERE number = 3", "UPDATE ledger SET number = 3 "
             "WHERE number = 4", "UPDATE ledger SET number = 4 WHERE number = -3"],
            3,
            "follows another",
        ),
        (
            ["UPDATE ledger SET number = number + 100 WHERE number >= 3",
             "INSERT INTO ledger SELECT 3, time, 'eve', action, subject, data, previous, 'x' "
             "FROM ledger WHERE number = 103",
             "UPDATE ledger SET number = number - 99 WHERE number > 100"],
            3,
            "does not match",
        ),
    ],
    ids=["deleted", "first", "truncated", "emptied", "closed up", "swapped", "inserted"],
)  # fmt: skip
def test_each_way_to_tamper_is_found(
    ledger: Ledger, statements: list[str], broken_at: int, reason: str
) -> None:
    fill(ledger)
    tamper(ledger, *statements)
    check = ledger.verify()
    assert (check.ok, check.broken_at) == (False, broken_at)
    assert reason in check.reason
    with pytest.raises(IntegrityError, match=f"entry {broken_at}"):
        ledger.check()


def test_a_chain_that_was_written_anew_differs_from_the_recorded_head(ledger: Ledger) -> None:
    fill(ledger)
    kept_elsewhere = ledger.head()
    tamper(ledger, "DELETE FROM ledger")
    fill(ledger)  # same entries at other times; the head file stays where it is, further on
    assert "anew" in ledger.verify().reason
    ledger.head_path.unlink()
    assert "missing" in ledger.verify().reason
    ledger._record_head(ledger.head())
    assert ledger.verify().ok  # what the file beside it cannot show ...
    assert not ledger.verify(head=kept_elsewhere).ok  # ... a head kept elsewhere does
    assert not ledger.verify(head=Head(99, "0" * 64)).ok


def test_a_tail_that_was_cut_off_is_not_forgotten_when_more_is_added(ledger: Ledger) -> None:
    fill(ledger)
    recorded = ledger.recorded_head()
    tamper(ledger, f"DELETE FROM ledger WHERE number > {ENTRIES - 2}")
    assert "cut off" in ledger.verify().reason
    for _ in range(4):  # past the end that was recorded
        fill(ledger, 1)
        assert not ledger.verify().ok and ledger.recorded_head() == recorded
    ledger.append_many([Deed("did", "happen", "ann", None)] * 3)
    assert "anew" in ledger.verify().reason and ledger.verify().broken_at == ENTRIES


def test_an_entry_is_part_of_the_transaction_it_stands_in(ledger: Ledger) -> None:
    fill(ledger, 1)
    with pytest.raises(RuntimeError), ledger.database.transaction():
        ledger.append("never", "happened", actor="ann")
        raise RuntimeError
    assert ledger.head().number == 1
    assert ledger._read_head() == ledger.head()
    with ledger.database.transaction():
        ledger.append("did", "happen", actor="ann")
        assert ledger._read_head() == Head(1, ledger.entries()[1].hash)  # not confirmed yet
    assert ledger._read_head() == ledger.head()
    assert ledger.verify().ok


def test_a_crash_between_database_and_head_file_is_no_alarm(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = ledger._record_head

    def crash(head: Head, before: Head | None = None) -> None:
        if head.number:
            raise KeyboardInterrupt
        real(head, before)

    monkeypatch.setattr(ledger, "_record_head", crash)
    with pytest.raises(KeyboardInterrupt):
        ledger.append("a", "b", actor="ann")
    monkeypatch.undo()
    assert ledger.verify().ok
    fill(ledger, 1)
    assert (ledger._read_head(), ledger.verify().ok) == (ledger.head(), True)


def test_many_entries_are_one_chain_with_those_before_and_after(ledger: Ledger) -> None:
    fill(ledger, 2)
    head = ledger.append_many(Deed("row.read", f"row {n}", "ann", {"n": n}) for n in range(300))
    assert head == ledger.head() == ledger.recorded_head()
    fill(ledger, 1)
    found = ledger.entries(limit=400)
    assert [entry.number for entry in found] == list(range(303, 0, -1))
    assert found[1].data == {"n": 299}
    assert ledger.verify().entries == 303
    assert ledger.append_many([]) == ledger.head()


def test_of_many_entries_none_is_kept_if_one_cannot_be(ledger: Ledger) -> None:
    fill(ledger, 1)
    with pytest.raises(InputError, match="subject"):
        ledger.append_many([Deed("a", "b", "ann"), Deed("a", "", "ann")])
    with pytest.raises(RuntimeError), ledger.database.transaction():
        ledger.append_many([Deed("a", "b", "ann")] * 3)
        raise RuntimeError
    assert ledger.head() == ledger.recorded_head() == Head(1, ledger.entries()[0].hash)
    assert ledger.verify().ok


@given(
    texts=st.lists(
        st.text(st.characters(exclude_categories=["Cs"]), max_size=9), min_size=6, max_size=6
    ),
    number=st.integers(1, 2**50),
)
def test_an_entry_is_hashed_as_json_with_sorted_keys(texts: list[str], number: int) -> None:
    values = (number, *texts)
    pairs = dict(zip(module._HASHED, values, strict=True))
    text = json.dumps(pairs, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert module._hash(values) == hashlib.sha256(text.encode()).hexdigest()


def test_a_ledger_of_before_is_carried_over_as_it_is(tmp_path: Path) -> None:
    step = next(n for n, each in enumerate(MIGRATIONS) if "grows at its end" in each.name)
    path = tmp_path / "old.sqlite"
    old = Ledger(Database(path, migrations=MIGRATIONS[:step]))
    fill(old)
    rows, indexes = list(old.walk()), "SELECT name FROM sqlite_master WHERE tbl_name = 'ledger'"
    assert any("autoindex" in row[0] for row in old.database.read(indexes))
    old.database.close()
    new = Ledger(Database(path))
    assert list(new.walk()) == rows
    assert not any("autoindex" in row[0] for row in new.database.read(indexes))
    fill(new, 1)
    check = new.verify()
    assert (check.ok, check.entries) == (True, ENTRIES + 1)
    for statement in ("DELETE FROM ledger", "UPDATE ledger SET actor = 'eve'"):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            new.database.connection().execute(statement)
    new.database.close()


def test_threads_append_one_chain(ledger: Ledger) -> None:
    threads = [threading.Thread(target=fill, args=(ledger, 10)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    check = ledger.verify()
    assert (check.ok, check.entries) == (True, 30)
    assert ledger._read_head() == check.head


def test_a_field_without_text_or_data_without_json_is_refused(ledger: Ledger) -> None:
    for action, subject, data in (("", "s", 1), ("a", "\ud800", 1), ("a", "s", object())):
        with pytest.raises(InputError):
            ledger.append(action, subject, actor="ann", data=data)
    assert ledger.verify().entries == 0


def test_a_full_disk_confirms_nothing_and_breaks_nothing(run_on_small_disk: RunScript) -> None:
    done = run_on_small_disk(
        """
from workbench.core.errors import StorageError
from workbench.store.ledger import Ledger
ledger = Ledger()
ledger.append("first", "x", actor="ann")
try:
    ledger.append("large", "x", actor="ann", data="y" * 4_000_000)
except StorageError:
    print("refused")
ledger.append("last", "x", actor="ann")
print(ledger.verify().ok, [entry.action for entry in ledger.entries()])
"""
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n")[:2] == ["refused", "True ['last', 'first']"]
    close_all()
