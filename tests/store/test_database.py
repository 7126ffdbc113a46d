from __future__ import annotations

import json
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from workbench.core.errors import ConflictError, IntegrityError, StorageError
from workbench.store import database as module
from workbench.store.database import Database, close_all, open_database
from workbench.store.migrations import MIGRATIONS, Migration
from workbench.store.records import Records

needs_bubblewrap = pytest.mark.skipif(
    shutil.which("bwrap") is None, reason="needs bubblewrap: apt install bubblewrap"
)
RunScript = Callable[[str], subprocess.CompletedProcess[str]]
COUNTER = (
    Migration("counter", "CREATE TABLE counter (value INTEGER);\nINSERT INTO counter VALUES (0);"),
)


@pytest.fixture
def counter(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "counter.sqlite", migrations=COUNTER)
    yield database
    database.close()


def value(database: Database) -> int:
    row = database.read_one("SELECT value FROM counter")
    assert row is not None
    return int(row["value"])


def add_one(database: Database) -> None:
    with database.transaction() as connection:
        before = connection.execute("SELECT value FROM counter").fetchone()[0]
        connection.execute("UPDATE counter SET value = ?", (before + 1,))


def test_a_confirmed_transaction_is_synced_and_in_wal(counter: Database) -> None:
    pragma = {
        name: counter.connection().execute(f"PRAGMA {name}").fetchone()[0]
        for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
    }
    assert pragma == {
        "journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 30000
    }  # fmt: skip


def test_its_files_are_the_users_alone(counter: Database) -> None:
    add_one(counter)
    files = sorted(counter.path.parent.glob(f"{counter.path.name}*"))
    assert len(files) > 1
    assert {file.stat().st_mode & 0o777 for file in files} == {0o600}


def test_checkpoints_are_only_made_under_the_write_lock(counter: Database) -> None:
    # SQLite's own come after a commit without it, which loses commits before 3.51.3.
    wal = counter.path.with_name("counter.sqlite-wal")
    add_one(counter)
    assert counter.connection().execute("PRAGMA wal_autocheckpoint").fetchone()[0] == 0
    said: list[str] = []
    counter.connection().set_trace_callback(said.append)
    largest_bytes = 0
    with counter.transaction() as connection:
        connection.execute("CREATE TABLE filler (x BLOB)")
    for _ in range(12):
        with counter.transaction() as connection:
            connection.execute("INSERT INTO filler VALUES (zeroblob(1000000))")
        largest_bytes = max(largest_bytes, wal.stat().st_size)
    counter.connection().set_trace_callback(None)
    checkpoints = [sql for sql in said if "checkpoint" in sql]
    assert set(checkpoints) == {"PRAGMA wal_checkpoint(TRUNCATE)"}
    assert len(checkpoints) == 2
    assert largest_bytes < 6_000_000
    assert counter.connection().execute("PRAGMA busy_timeout").fetchone()[0] == 30000


def test_a_checkpoint_that_must_wait_for_a_reader_does_not_stop_a_commit(
    counter: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_CHECKPOINT_WAIT_S", 0.01)
    add_one(counter)
    reader = sqlite3.connect(counter.path)
    rows = reader.execute("SELECT value FROM counter UNION ALL SELECT 5")
    assert rows.fetchone() == (1,)  # and it stays in its snapshot
    with counter.transaction() as connection:
        connection.execute("CREATE TABLE filler (x BLOB)")
        connection.execute("INSERT INTO filler VALUES (zeroblob(6000000))")
    add_one(counter)
    assert value(counter) == 2
    rows.close()
    reader.close()


def test_a_block_that_fails_was_never_there(counter: Database) -> None:
    called: list[str] = []
    with pytest.raises(RuntimeError), counter.transaction():
        add_one(counter)
        counter.after_commit(lambda: called.append("never"))
        raise RuntimeError
    assert value(counter) == 0
    add_one(counter)
    assert (value(counter), called) == (1, [])


def test_an_inner_block_that_fails_takes_only_itself_back(counter: Database) -> None:
    called: list[str] = []
    with counter.transaction():
        add_one(counter)
        counter.after_commit(lambda: called.append("outer"))
        with pytest.raises(RuntimeError), counter.transaction():
            add_one(counter)
            counter.after_commit(lambda: called.append("inner"))
            raise RuntimeError
        with counter.transaction():
            add_one(counter)
        assert called == []
    assert (value(counter), called) == (2, ["outer"])


def test_threads_have_their_own_connections_and_lose_no_update(counter: Database) -> None:
    connections = {id(counter.connection())}

    def work() -> None:
        connections.add(id(counter.connection()))
        for _ in range(25):
            add_one(counter)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert value(counter) == 100
    assert len(connections) > 1
    counter.close()
    assert counter._links == {}
    assert value(counter) == 100  # opens again


def test_a_forked_child_opens_its_own_connection(counter: Database) -> None:
    add_one(counter)
    inherited = counter.connection()
    child = os.fork()
    if child == 0:
        status = 1
        try:
            add_one(counter)
            status = 0 if counter.connection() is not inherited else 2
        finally:
            os._exit(status)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    add_one(counter)
    assert counter.connection() is inherited
    assert value(counter) == 3
    assert counter.read_one("PRAGMA integrity_check")[0] == "ok"  # type: ignore[index]


def test_a_transaction_does_not_cross_a_fork(counter: Database) -> None:
    with counter.transaction() as connection:
        connection.execute("UPDATE counter SET value = 7")
        child = os.fork()
        if child == 0:
            status = 1
            try:
                with counter.transaction():
                    pass
            except StorageError:
                status = 0  # the parent holds the lock, and keeps it
            finally:
                os._exit(status)
        counter_pid = child
        os.kill(counter_pid, signal.SIGKILL)
        os.waitpid(counter_pid, 0)
    assert value(counter) == 7


def test_only_so_many_homes_stay_open(tmp_path: Path) -> None:
    opened = []
    for number in range(12):
        opened.append(open_database(tmp_path / str(number)))
        opened[-1].connection()
    assert sum(bool(database._links) for database in opened) == module._KEPT_OPEN
    assert open_database(tmp_path / "11") is opened[11]
    assert opened[0].read("SELECT * FROM records") == []
    for database in opened:
        database.close()
    close_all()


def test_a_fresh_home_has_every_table_once(database: Database) -> None:
    rows = database.read("SELECT number, name, checksum FROM schema_migrations ORDER BY number")
    assert [tuple(row) for row in rows] == [
        (number, step.name, step.checksum) for number, step in enumerate(MIGRATIONS, start=1)
    ]
    assert len({step.name for step in MIGRATIONS}) == len(MIGRATIONS)


def test_processes_that_open_a_fresh_home_at_once_all_succeed(home: Path) -> None:
    source = (
        "import sys; from workbench.store.database import open_database; sys.stdin.read(1)\n"
        "database = open_database()\n"
        "with database.transaction() as connection:\n"
        "    row = ('n', sys.argv[1])\n"
        "    connection.execute('INSERT INTO records VALUES (?, ?, 1, NULL, 0)', row)"
    )
    processes = [
        subprocess.Popen(
            [sys.executable, "-W", "error", "-c", source, str(number)],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env={**os.environ, "WORKBENCH_HOME": str(home)},
        )
        for number in range(4)
    ]
    for process in processes:  # they wait for this, with all imports behind them
        assert process.stdin is not None
        process.stdin.write(b"x")
        process.stdin.flush()
    for process in processes:
        _, said = process.communicate()
        assert process.returncode == 0, said.decode()
    database = open_database()
    assert len(database.read("SELECT * FROM records")) == 4
    assert len(database.read("SELECT * FROM schema_migrations")) == len(MIGRATIONS)
    close_all()


def test_a_new_step_is_taken_and_an_old_database_goes_forward(counter: Database) -> None:
    add_one(counter)
    further = (*COUNTER, Migration("note", "ALTER TABLE counter ADD COLUMN note TEXT;"))
    newer = Database(counter.path, migrations=further)
    assert tuple(newer.read("SELECT value, note FROM counter")[0]) == (1, None)
    newer.close()
    again = Database(counter.path, migrations=COUNTER)
    with pytest.raises(ConflictError, match=r"newer workbench: it has step 2 .*knows 1") as caught:
        again.connection()
    assert caught.value.hint


def test_an_edited_step_is_noticed(counter: Database) -> None:
    add_one(counter)
    edited = (Migration("counter", COUNTER[0].sql + "\n-- a harmless word"),)
    with pytest.raises(IntegrityError, match=r"step 1 \('counter'\)"):
        Database(counter.path, migrations=edited).connection()


def test_a_step_that_fails_leaves_the_database_as_it_was(counter: Database) -> None:
    add_one(counter)
    bad = Migration("bad", "CREATE TABLE half (x INTEGER);\nCREATE TABLE counter (x INTEGER);")
    with pytest.raises(sqlite3.OperationalError, match="already exists"):
        Database(counter.path, migrations=(*COUNTER, bad)).connection()
    assert counter.read("SELECT name FROM sqlite_master WHERE name = 'half'") == []
    assert len(counter.read("SELECT * FROM schema_migrations")) == 1


def test_a_step_may_hold_a_trigger() -> None:
    statements = next(list(step.statements()) for step in MIGRATIONS if step.name == "ledger")
    assert sum("CREATE TRIGGER" in statement for statement in statements) == 3
    with pytest.raises(ValueError, match="ends inside"):
        list(Migration("open", "CREATE TABLE x (y").statements())


def test_a_file_that_is_no_database_is_an_integrity_error(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    path.write_bytes(b"not a database at all" * 100)
    with pytest.raises(IntegrityError, match="damaged"):
        Database(path).connection()


def test_a_lock_that_is_never_let_go_is_a_storage_error(counter: Database) -> None:
    impatient = Database(counter.path, migrations=COUNTER, busy_s=0.05)
    with counter.transaction(), pytest.raises(StorageError, match="held by another process"):
        holder: list[BaseException] = []

        def work() -> None:
            try:
                add_one(impatient)
            except StorageError as error:
                holder.append(error)

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        raise holder[0]
    impatient.close()


def test_a_full_disk_takes_the_transaction_back(run_on_small_disk: RunScript) -> None:
    done = run_on_small_disk(
        """
import json
from workbench.core.errors import StorageError
from workbench.store.database import open_database
database = open_database()
def put(key, size):
    with database.transaction() as connection:
        connection.execute("INSERT INTO records VALUES ('n', ?, 1, ?, 0)", (key, "x" * size))
put("small", 10)
try:
    put("large", 4_000_000)
except StorageError as error:
    told = error.message
put("after", 10)
keys = [row["key"] for row in database.read("SELECT key FROM records ORDER BY key")]
print(json.dumps([told, keys, database.read_one("PRAGMA integrity_check")[0]]))
"""
    )
    assert done.returncode == 0, done.stderr
    told, keys, sound = json.loads(done.stdout)
    assert "full" in told
    assert keys == ["after", "small"]
    assert sound == "ok"


_READ_APART = """
import sys
from workbench.core.errors import StorageError
from workbench.learning.operations import progress
from workbench.store.records import Records
print([record.document for record in Records().list("n", prefix="")], len(progress()) > 0)
try:
    Records().put("n", "other", document=2, expected_revision=0)
except StorageError as error:
    print("cannot be written" in error.message)
print(len(Records().list("n", prefix="")))
"""


@needs_bubblewrap
@pytest.mark.parametrize("state", ["closed", "held open", "empty"])
def test_a_store_on_a_read_only_disk_is_read(home: Path, state: str) -> None:
    home.mkdir(parents=True, exist_ok=True)
    if state != "empty":
        Records().put("n", "key", document=1, expected_revision=0)
    if state == "closed":  # its WAL and the file that shares it go; otherwise the WAL has the row
        close_all()
    assert (home / "store.sqlite-wal").exists() == (state == "held open")
    before = sorted(path.name for path in home.iterdir())
    bound = ["bwrap", "--dev-bind", "/", "/", "--ro-bind", str(home), str(home)]
    done = subprocess.run(
        [*bound, sys.executable, "-c", _READ_APART],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "WORKBENCH_HOME": str(home)},
    )
    rows = 0 if state == "empty" else 1
    assert done.stdout.split("\n")[:3] == [f"{[1] * rows} True", "True", str(rows)], done.stderr
    assert sorted(path.name for path in home.iterdir()) == before
