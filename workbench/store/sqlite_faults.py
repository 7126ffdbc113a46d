"""What SQLite says of the disk and of other processes, as errors that say what to do."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workbench.core.errors import IntegrityError, StorageError


@contextmanager
def saying_why(path: Path) -> Iterator[None]:
    """Turn a fault of SQLite that the user can mend into an error that says how."""
    try:
        yield
    except (sqlite3.OperationalError, sqlite3.DatabaseError) as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
            raise StorageError(
                f"{path} cannot be written: {error}; the disk is full or faulty",
                hint="free some space, or set WORKBENCH_HOME to another disk",
                path=str(path),
            ) from error
        if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
            raise StorageError(
                f"{path} cannot be written: {error}",
                hint="set WORKBENCH_HOME to a folder of your own",
                path=str(path),
            ) from error
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise StorageError(
                f"{path} is held by another process that does not let go",
                hint="look for a stopped workbench process and end it",
                path=str(path),
            ) from error
        if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            raise IntegrityError(
                f"{path} is damaged: {error}",
                hint="restore it from a backup, or move it away to begin anew",
                path=str(path),
            ) from error
        raise
