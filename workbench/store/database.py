"""The embedded database: ``store.sqlite`` in WAL mode, one connection a thread, safe over forks.

A transaction that ended well is on the disk (``synchronous=FULL``). It takes the write lock at
its start, so what it read cannot change before it writes.

Checkpoints are made here, never by SQLite on its own. Before 3.51.3 one that it makes after a
commit can overlook a commit of another process that begins the WAL anew, and lose it
(https://sqlite.org/wal.html#walresetbug); Python 3.11 often comes with 3.40. A TRUNCATE or RESTART
checkpoint holds the write lock, so that no commit can come between.
"""

from __future__ import annotations

import atexit
import contextlib
import logging
import os
import random
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workbench.core import settings
from workbench.core.errors import ConflictError

from . import files
from .migrations import MIGRATIONS, Migration, apply, pending
from .reading_only import is_writable, open_to_read
from .sqlite_faults import saying_why

log = logging.getLogger(__name__)

FILE_NAME = "store.sqlite"
_BUSY_S = 30.0
_WAL_BYTES = 4 << 20  # a checkpoint comes when the WAL is larger than this
_WAL_LEFT_BYTES = 1 << 20  # what a transaction that failed may leave of it
_MOST_KEPT = 2  # so many times that size a WAL that is kept may have
_CHECKPOINT_WAIT_S = 5.0  # for the write lock, and for readers of old pages; then at a later commit
_KEPT_OPEN = 8  # macOS gives a process 256 files, and a connection takes three
_opened: dict[Path, Database] = {}
_abandoned: list[sqlite3.Connection] = []


@dataclass
class _Link:
    """One thread's connection, with what is to be done once its transaction is committed."""

    connection: sqlite3.Connection
    thread: threading.Thread
    read_only: bool = False
    depth: int = 0
    in_snapshot: bool = False
    after_commit: list[Callable[[], None]] = field(default_factory=list)


class Database:
    """One SQLite file with its migrations. Cheap to make; it is opened when first used.

    Args:
        path: The file; its folder is made.
        migrations: The ordered steps that make its tables.
        busy_s: Longest wait for another writer.
        durable: Whether a transaction that ended well is on the disk. Otherwise a power cut may
            take the last ones, whole and in order; a crash of the process takes none.
        wal_bytes: How large the WAL may be after a commit; then a checkpoint is made.
        read_anyway: Whether it can be read where it cannot be written.
    """

    def __init__(
        self,
        path: Path,
        *,
        migrations: Sequence[Migration] = MIGRATIONS,
        busy_s: float = _BUSY_S,
        durable: bool = True,
        wal_bytes: int = _WAL_BYTES,
        read_anyway: bool = False,
    ) -> None:
        self.path = path
        self._wal, self._wal_bytes = f"{path}-wal", wal_bytes
        self._wal_kept_bytes = 0
        self.durable, self._read_anyway = durable, read_anyway
        self._migrations = tuple(migrations)
        self._busy_s = busy_s
        self._pid = os.getpid()
        self._lock = threading.Lock()
        self._links: dict[int, _Link] = {}
        self._migrated = False

    def connection(self) -> sqlite3.Connection:
        """This thread's connection in this process.

        Raises:
            ConflictError: The file was written by a newer workbench.
            IntegrityError: The file is damaged, or one of its migrations was edited.
            StorageError: The file cannot be opened.
        """
        return self._link().connection

    def read(self, sql: str, params: Sequence[Any] = ()) -> list[sqlite3.Row]:
        """The rows of one query; inside a transaction it sees what that has written."""
        with saying_why(self.path):
            return self.connection().execute(sql, params).fetchall()

    def read_one(self, sql: str, params: Sequence[Any] = ()) -> sqlite3.Row | None:
        """The first row of one query."""
        with saying_why(self.path):
            row: sqlite3.Row | None = self.connection().execute(sql, params).fetchone()
            return row

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """A block that is written whole, and is on the disk when it ends, or not at all.

        A transaction inside another is part of it: it is on the disk when the outer one ends.

        Raises:
            StorageError: The disk is full or read-only, or another writer did not let go in time.
        """
        link = self._link(writing=True)
        if link.depth:
            with saying_why(self.path), _nested(link):
                yield link.connection
            return
        try:
            self._begin(link.connection)
            link.depth = 1
            try:
                yield link.connection
                self._refuse_fork()
                link.connection.execute("COMMIT")
            except BaseException as error:
                link.after_commit.clear()
                if self._pid == os.getpid():
                    self._roll_back(link.connection, error)
                raise
            finally:
                link.depth = 0
            self._checkpoint(link.connection, over_bytes=self._wal_bytes)
        except sqlite3.Error as error:  # not by `saying_why`: it stands in the way of each call
            with saying_why(self.path):
                raise error
        calls, link.after_commit = link.after_commit, []
        for call in calls:
            call()

    @contextmanager
    def snapshot(self) -> Iterator[sqlite3.Connection]:
        """A block whose reads all see the database as it was at one moment: that of its first read.

        A snapshot inside another is part of it.
        """
        link = self._link()
        with saying_why(self.path):
            # A transaction sees one moment anyway, and what it wrote itself.
            if link.depth or link.in_snapshot:
                yield link.connection
                return
            link.connection.execute("BEGIN DEFERRED")
            link.in_snapshot = True
            try:
                yield link.connection
            finally:
                link.in_snapshot = False
                link.connection.execute("COMMIT")

    def after_commit(self, call: Callable[[], None]) -> None:
        """Run ``call`` once this thread's transaction is on the disk; at once outside of one."""
        link = self._link()
        if link.depth:
            link.after_commit.append(call)
        else:
            call()

    def keep_wal(self) -> None:
        """Let the WAL be written over from its start after a checkpoint, rather than cut off.

        For who commits all day: a sync of bytes that lie within a file is a third cheaper than one
        of bytes that make it longer, which has to wait for the file system's own journal as well.
        """
        self._wal_kept_bytes = self._wal_bytes

    def close(self) -> None:
        """Close the connections of this thread and of threads that ended.

        Other threads keep theirs; the next use opens a new one.
        """
        self._leave_parent()
        with self._lock:
            for ident, link in list(self._links.items()):
                mine = link.thread is threading.current_thread()
                if not link.depth and (mine or not link.thread.is_alive()):
                    del self._links[ident]
                    link.connection.close()

    def _link(self, *, writing: bool = False) -> _Link:
        self._leave_parent()
        thread = threading.current_thread()
        link = self._links.get(threading.get_ident())
        if link is None or (writing and link.read_only):
            reads = self._read_anyway and not writing and not is_writable(self.path)
            connection = self._open(only_read=reads)  # to write, it says why that cannot be
            with self._lock:
                self._drop_dead_threads()
                if link is not None:
                    link.connection.close()
                link = self._links[threading.get_ident()] = _Link(connection, thread, reads)
        link.thread = thread  # idents are used again; the dead thread's connection serves as well
        return link

    def _drop_dead_threads(self) -> None:
        for ident, link in list(self._links.items()):
            if not link.thread.is_alive():
                del self._links[ident]
                link.connection.close()

    def _leave_parent(self) -> None:
        """After a fork, forget the parent's connections without closing them.

        Closing one in the child could checkpoint and remove files under the parent. The lock may
        have been held by a thread that does not exist here.
        """
        if self._pid != os.getpid():
            _abandoned.extend(link.connection for link in self._links.values())
            self._links, self._lock, self._pid = {}, threading.Lock(), os.getpid()

    def _refuse_fork(self) -> None:
        if self._pid != os.getpid() or threading.get_ident() not in self._links:
            raise ConflictError(
                "a transaction cannot go on in a forked process",
                hint="fork before the transaction, or after it",
            )

    def _open(self, *, only_read: bool = False) -> sqlite3.Connection:
        with files.saying_why(self.path), saying_why(self.path):
            if only_read:
                return open_to_read(self.path, self._migrations)
            files.make_folder(self.path.parent)
            # Usage and hashes of keys are the user's alone; SQLite's files beside it do likewise.
            self.path.touch(mode=0o600, exist_ok=True)
            connection = sqlite3.connect(
                self.path,
                timeout=self._busy_s,
                isolation_level=None,
                check_same_thread=False,  # a dead thread's connection is closed by another
            )
            try:
                self._prepare(connection)
            except BaseException:
                connection.close()
                raise
            return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        connection.row_factory = sqlite3.Row
        # Switching a new file to WAL does not wait for others who do the same: try again.
        self._retry(lambda: connection.execute("PRAGMA journal_mode = WAL"))
        connection.execute(f"PRAGMA synchronous = {'FULL' if self.durable else 'NORMAL'}")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA wal_autocheckpoint = 0")
        if sys.platform == "darwin":  # there fsync alone leaves bytes in the drive's cache
            connection.execute("PRAGMA fullfsync = ON")
            connection.execute("PRAGMA checkpoint_fullfsync = ON")
        if self._migrated:
            return
        if pending(connection, self._migrations, self.path):
            self._begin(connection)
            try:
                # Asked again under the lock: another process may have been first.
                taken = apply(connection, self._migrations, self.path)
                connection.execute("COMMIT")
                # The tables get their room in the main file now: a disk that fills up later must
                # not keep the WAL from being brought over and cut back.
                self._checkpoint(connection, over_bytes=0, cut=True)
                log.info("%s: took %d migrations", self.path, taken)
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
        self._migrated = True

    def _begin(self, connection: sqlite3.Connection) -> None:
        try:
            connection.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError:
            self._retry(lambda: connection.execute("BEGIN IMMEDIATE"))

    def _roll_back(self, connection: sqlite3.Connection, error: BaseException) -> None:
        # A full disk may have ended the transaction already. Its pages stay in the WAL, and keep
        # the disk full until that is cut back.
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        if isinstance(error, sqlite3.Error) or not self._wal_kept_bytes:
            self._checkpoint(connection, over_bytes=_WAL_LEFT_BYTES, cut=True)

    def _checkpoint(
        self, connection: sqlite3.Connection, *, over_bytes: int, cut: bool = False
    ) -> None:
        """Bring the WAL over into the main file, if it is larger than that, and begin it anew.

        It is emptied then, unless it is kept; with ``cut`` also then.

        What cannot be done now is done after a later commit: no commit depends on it.
        """
        if over_bytes == sys.maxsize:
            return
        with contextlib.suppress(FileNotFoundError, sqlite3.Error):
            size_bytes = os.stat(self._wal).st_size  # noqa: PTH116 - at each commit
            kept_bytes = 0 if cut else self._wal_kept_bytes
            if size_bytes <= max(over_bytes, kept_bytes):
                return
            # What is kept is written over until it is full, and so gets longer by one commit.
            keep = bool(kept_bytes) and size_bytes <= _MOST_KEPT * self._wal_bytes
            wait_s = min(_CHECKPOINT_WAIT_S, self._busy_s)
            connection.execute(f"PRAGMA busy_timeout = {int(wait_s * 1000)}")
            try:
                mode = "RESTART" if keep else "TRUNCATE"
                busy = connection.execute(f"PRAGMA wal_checkpoint({mode})").fetchone()[0]
                if self._wal_kept_bytes and not busy:
                    self._wal_kept_bytes = size_bytes if keep else self._wal_bytes
            finally:
                connection.execute(f"PRAGMA busy_timeout = {int(self._busy_s * 1000)}")

    def _retry(self, call: Callable[[], object]) -> None:
        """Call until it is not refused because of a lock, at most ``busy_s`` long."""
        end_s = time.monotonic() + self._busy_s
        while True:
            try:
                call()
                return
            except sqlite3.OperationalError as error:
                code = error.sqlite_errorcode & 0xFF
                if code not in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
                    raise
                if time.monotonic() >= end_s:
                    raise
            time.sleep(random.uniform(0.002, 0.02))


@contextmanager
def _nested(link: _Link) -> Iterator[None]:
    """A savepoint: if the block fails, and the outer one goes on, the block never was."""
    name, kept = f"inner_{link.depth}", len(link.after_commit)
    link.connection.execute(f"SAVEPOINT {name}")
    link.depth += 1
    try:
        yield
    except BaseException:
        del link.after_commit[kept:]
        if link.connection.in_transaction:  # a full disk may have ended all of it already
            link.connection.execute(f"ROLLBACK TO {name}")
            link.connection.execute(f"RELEASE {name}")
        raise
    else:
        link.connection.execute(f"RELEASE {name}")
    finally:
        link.depth -= 1


def open_database(home: Path | None = None) -> Database:
    """The store of a home, by default of the home that is set; one object a file and process."""
    path = (home or settings.home()) / FILE_NAME
    found = _opened.pop(path, None) or Database(path, read_anyway=True)
    _opened[path] = found  # at the end: the first are those not used for longest
    for idle in list(_opened.values())[:-_KEPT_OPEN]:
        _opened.pop(idle.path, None)
        idle.close()
    return found


def close_all() -> None:
    """Close what this thread holds open; the next use opens it again."""
    for database in list(_opened.values()):
        database.close()


atexit.register(close_all)
