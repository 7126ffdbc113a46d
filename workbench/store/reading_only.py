"""A database in a home that cannot be written, such as one on a read-only disk: it can be read."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Sequence
from pathlib import Path

from .migrations import Migration, apply, pending


def is_writable(path: Path) -> bool:
    """Whether SQLite could write a file and lay its WAL beside it, the folder made if need be."""
    folder = path.parent
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    if not folder.is_dir():
        return True  # nothing to read either: the fault is said when it is opened
    if not os.access(folder, os.W_OK | os.X_OK):
        return False
    return not path.exists() or os.access(path, os.W_OK)


def open_to_read(path: Path, migrations: Sequence[Migration]) -> sqlite3.Connection:
    """A connection that reads the file as it is; where there is none yet, its empty tables.

    Raises:
        sqlite3.OperationalError: It cannot be opened, or lacks steps that cannot be taken here.
    """
    if not path.is_file():
        connection = _connect(":memory:")
        apply(connection, migrations, path)
    else:
        connection = _open_file(path)
        if pending(connection, migrations, path):
            connection.close()
            raise _refused("it was made by an older workbench, and must be brought up to date")
    connection.execute("PRAGMA query_only = ON")
    return connection


def _open_file(path: Path) -> sqlite3.Connection:
    place = path.absolute().as_uri()
    connection = _connect(f"{place}?mode=ro")
    try:
        connection.execute("SELECT 1 FROM sqlite_master").fetchone()
    except sqlite3.OperationalError:
        # Without a -shm file, which it cannot make here, SQLite does not open a file in WAL mode,
        # unless it is told that nobody writes it. That is so only where the WAL holds nothing.
        connection.close()
        wal = Path(f"{path}-wal")
        if wal.is_file() and wal.stat().st_size:
            raise
        return _connect(f"{place}?immutable=1")
    return connection


def _connect(place: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        place, uri=True, timeout=5.0, isolation_level=None, check_same_thread=False
    )
    connection.row_factory = sqlite3.Row
    return connection


def _refused(said: str) -> sqlite3.OperationalError:
    error = sqlite3.OperationalError(said)
    error.sqlite_errorcode = sqlite3.SQLITE_READONLY
    return error
