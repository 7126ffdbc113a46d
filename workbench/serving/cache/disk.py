"""Answers in ``cache.sqlite`` of the home: a restart keeps them. One thread writes, in batches.

The file may be deleted at any time. It holds answers in plain form, so only its owner can read it;
of requests it holds their sha256, and their text only where ``semantic_cache_disk`` says so. What
is cleared is overwritten.
"""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import sqlite3
import threading
from collections import deque
from pathlib import Path

from workbench.core import settings
from workbench.core.errors import IntegrityError, StorageError
from workbench.store.database import Database
from workbench.store.files import make_folder
from workbench.store.migrations import Migration

from .entries import Entry
from .twins import Clearing, TwinFigures

log = logging.getLogger(__name__)

FILE_NAME = "cache.sqlite"
_LOOP_WAIT_S = 0.004
_THREAD_WAIT_S = 5.0
_MOST_WAITING = 2000
_CLEARINGS_KEPT = 1000
_ROOM_SHARE = 0.9  # what is left when room had to be made
_COLUMNS = "key, tenant, model, made_s, expires_s, cost_s, body"

MIGRATIONS = (
    Migration(
        "answers",
        """
CREATE TABLE answers (
    key BLOB PRIMARY KEY,
    tenant TEXT NOT NULL,
    model TEXT NOT NULL,
    made_s REAL NOT NULL,
    expires_s REAL NOT NULL,
    cost_s REAL NOT NULL,
    used_s REAL NOT NULL,
    size_bytes INTEGER NOT NULL,
    body BLOB NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX answers_by_use ON answers (used_s, size_bytes);
CREATE TABLE clearings (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    before_s REAL NOT NULL,
    tenant TEXT,
    model TEXT
) STRICT;
""",
    ),
    Migration(
        "meanings",
        """
CREATE TABLE meanings (
    id INTEGER PRIMARY KEY,
    key BLOB NOT NULL,
    class BLOB NOT NULL,
    tenant TEXT NOT NULL,
    model TEXT NOT NULL,
    made_s REAL NOT NULL,
    expires_s REAL NOT NULL,
    text TEXT NOT NULL,
    vector BLOB NOT NULL
) STRICT;
""",
    ),
)


class DiskTwin:
    """Answers in a SQLite file.

    Args:
        path: The file, by default ``cache.sqlite`` of the home.
        most_bytes: What the answers in it may take.
        texts: Whether the texts of requests may stay in it; otherwise they are removed now.
    """

    kind = "sqlite"

    def __init__(
        self, path: Path | None = None, *, most_bytes: int = 512 << 20, texts: bool = False
    ) -> None:
        self.path = path or settings.home() / FILE_NAME
        self.most_bytes = most_bytes
        _make_private(self.path)
        self._fast = _open(self.path, busy_s=_LOOP_WAIT_S)
        self._slow = Database(
            self.path, migrations=MIGRATIONS, busy_s=_THREAD_WAIT_S, durable=False
        )
        self._waiting: deque[Entry | tuple[bytes, float]] = deque()
        self._wake = threading.Condition()
        self._idle = threading.Event()
        self._idle.set()
        self._closing = False
        self._failing = False
        self._thread: threading.Thread | None = None
        self._seen = self._last_clearing()
        if not texts and self._fast.read_one("SELECT id FROM meanings LIMIT 1") is not None:
            self._remove_texts()

    async def get(self, key: bytes, tenant: str, model: str, now_s: float) -> Entry | None:
        """See ``Twin.get``; reading one row takes some tens of microseconds."""
        try:
            row = self._fast.read_one(
                f"SELECT {_COLUMNS} FROM answers WHERE key = ? AND expires_s > ?", (key, now_s)
            )
        except StorageError as error:
            log.warning("the cache on the disk was not read: %s", error)
            return None
        if row is None:
            return None
        self._add((key, now_s))
        return Entry(*row)

    def put(self, entry: Entry) -> None:
        """See ``Twin.put``."""
        if entry.size_bytes <= self.most_bytes // 8:
            self._add(entry)

    async def clear(self, clearing: Clearing) -> int:
        """See ``Twin.clear``."""
        import asyncio

        return await asyncio.to_thread(self.clear_now, clearing)

    def clear_now(self, clearing: Clearing) -> int:
        """Forget; from any thread.

        Raises:
            StorageError: The file cannot be written.
        """
        with self._slow.transaction() as connection:
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute(
                "INSERT INTO clearings (before_s, tenant, model) VALUES (?, ?, ?)",
                (clearing.before_s, clearing.tenant, clearing.model),
            )
            connection.execute(
                "DELETE FROM clearings WHERE id <= (SELECT max(id) FROM clearings) - ?",
                (_CLEARINGS_KEPT,),
            )
            _delete(connection, "meanings", clearing)
            found = _delete(connection, "answers", clearing)
        remove_graphs(self.path)
        with contextlib.suppress(sqlite3.Error):  # otherwise at a later commit
            self._slow.connection().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return found

    async def new_clearings(self) -> list[Clearing]:
        """See ``Twin.new_clearings``."""
        try:
            rows = self._fast.read(
                "SELECT id, before_s, tenant, model FROM clearings WHERE id > ? ORDER BY id",
                (self._seen,),
            )
        except StorageError as error:
            log.warning("whether the cache was cleared is not known: %s", error)
            return []
        if rows:
            self._seen = rows[-1]["id"]
        return [Clearing(row["before_s"], row["tenant"], row["model"]) for row in rows]

    async def figures(self) -> TwinFigures:
        """See ``Twin.figures``."""
        return self.figures_now()

    def figures_now(self) -> TwinFigures:
        """How much there is; from any thread."""
        row = self._fast.read_one(
            "SELECT count(*) AS entries, coalesce(sum(size_bytes), 0) AS size FROM answers"
        )
        assert row is not None
        return TwinFigures(self.kind, row["entries"], row["size"])

    async def flush(self) -> None:
        """See ``Twin.flush``."""
        import asyncio

        await asyncio.to_thread(self._idle.wait)

    async def close(self) -> None:
        """See ``Twin.close``."""
        import asyncio

        await asyncio.to_thread(self.close_now)
        self._fast.close()

    def close_now(self) -> None:
        """Write what waits and let go; from any thread."""
        with self._wake:
            self._closing = True
            self._wake.notify()
        if self._thread is not None:
            self._thread.join()
        self._slow.close()
        self._fast.close()

    def _remove_texts(self) -> None:
        """What the settings allowed once is not kept once they do not."""
        with self._slow.transaction() as connection:
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute("DELETE FROM meanings")
        remove_graphs(self.path)
        with contextlib.suppress(sqlite3.Error):
            self._slow.connection().execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()

    def _last_clearing(self) -> int:
        row = self._fast.read_one("SELECT coalesce(max(id), 0) AS last FROM clearings")
        return 0 if row is None else int(row["last"])

    def _add(self, item: Entry | tuple[bytes, float]) -> None:
        with self._wake:
            if self._closing or len(self._waiting) >= _MOST_WAITING:
                return  # a cache may forget
            self._waiting.append(item)
            self._idle.clear()
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(
                    target=self._write_all, name="cache-writer", daemon=True
                )
                self._thread.start()
            self._wake.notify()

    def _write_all(self) -> None:
        while True:
            with self._wake:
                while not self._waiting and not self._closing:
                    self._idle.set()
                    self._wake.wait()
                batch = list(self._waiting)
                self._waiting.clear()
                if not batch:
                    break
            try:
                self._write(batch)
                self._failing = False
            except StorageError as error:
                if not self._failing:  # once, and not for each batch while the disk is full
                    log.warning("answers are not kept on the disk: %s", error)
                self._failing = True
        self._slow.close()
        self._idle.set()

    def _write(self, batch: list[Entry | tuple[bytes, float]]) -> None:
        uses = [(item[1], item[0]) for item in batch if isinstance(item, tuple)]
        with self._slow.transaction() as connection:
            cleared = [
                Clearing(*row)
                for row in connection.execute("SELECT before_s, tenant, model FROM clearings")
            ]
            entries = [
                item
                for item in batch
                if isinstance(item, Entry) and not any(each.covers(item) for each in cleared)
            ]
            connection.executemany(
                f"INSERT OR REPLACE INTO answers ({_COLUMNS}, used_s, size_bytes) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [(*_values(each), each.made_s, each.size_bytes) for each in entries],
            )
            connection.executemany("UPDATE answers SET used_s = ? WHERE key = ?", uses)
            if entries:
                _make_room(connection, self.most_bytes, max(each.made_s for each in entries))


def graphs_folder(path: Path) -> Path:
    """Where the graphs of vectors lie that are derived from a cache's file."""
    return path.with_name(f"{path.name}-vectors")


def remove_graphs(path: Path) -> None:
    """Remove them: a vector of a short text gives the text away."""
    shutil.rmtree(graphs_folder(path), ignore_errors=True)


def _values(entry: Entry) -> tuple[object, ...]:
    return (
        entry.key,
        entry.tenant,
        entry.model,
        entry.made_s,
        entry.expires_s,
        entry.cost_s,
        entry.body,
    )


def _delete(connection: sqlite3.Connection, table: str, clearing: Clearing) -> int:
    return connection.execute(
        f"DELETE FROM {table} WHERE made_s < ?1 AND (?2 IS NULL OR tenant = ?2) "
        "AND (?3 IS NULL OR model = ?3 "
        "OR substr(model, 1, length(?3) + 1) IN (?3 || ':', ?3 || '@'))",
        (clearing.before_s, clearing.tenant, clearing.model),
    ).rowcount


def _make_room(connection: sqlite3.Connection, most_bytes: int, now_s: float) -> None:
    """Delete what has expired, then what was not used for longest, if there is too much."""
    total = "SELECT coalesce(sum(size_bytes), 0) FROM answers"
    over = connection.execute(total).fetchone()[0] - most_bytes
    if over <= 0:
        return
    connection.execute("DELETE FROM answers WHERE expires_s <= ?", (now_s,))
    over = connection.execute(total).fetchone()[0] - most_bytes * _ROOM_SHARE
    if over > 0:
        connection.execute(
            "DELETE FROM answers WHERE key IN (SELECT key FROM (SELECT key, sum(size_bytes) OVER "
            "(ORDER BY used_s, key) - size_bytes AS before FROM answers) WHERE before < ?)",
            (over,),
        )


def _make_private(path: Path) -> None:
    """Make the file its owner's alone; SQLite gives the files beside it the same mode."""
    make_folder(path.parent)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    if path.stat().st_mode & 0o077:
        path.chmod(0o600)


def _open(path: Path, *, busy_s: float) -> Database:
    """The database; one that is damaged is begun anew, for all of it is derived."""
    database = Database(path, migrations=MIGRATIONS, busy_s=_THREAD_WAIT_S, durable=False)
    try:
        database.read("SELECT key FROM answers LIMIT 1")
    except IntegrityError as error:
        log.warning("the cache on the disk is begun anew: %s", error)
        database.close()
        for name in (path.name, f"{path.name}-wal", f"{path.name}-shm"):
            path.with_name(name).unlink(missing_ok=True)
        _make_private(path)
    database.close()
    return Database(path, migrations=MIGRATIONS, busy_s=busy_s, durable=False)
