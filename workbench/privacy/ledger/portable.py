"""The ledger's portable form: a line an entry, as RFC 8785 lays down JSON, for any reader.

    {"action":...,"actor":...,"data":...,"hash":...,"number":...,"previous":...,"subject":...,
    "time":...}

``data`` is the text that is stored (JSON itself): each byte of it is hashed, and no two readers can
differ on how a number is written. ``hash`` is the sha256 of the line without it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from json.encoder import encode_basestring as _quoted
from pathlib import Path

from workbench.core.errors import IntegrityError, NotFoundError
from workbench.store.database import FILE_NAME
from workbench.store.ledger import FOLDER, HEAD_NAME, Head, StoredEntry, read_head, walk_entries
from workbench.store.migrations import MIGRATIONS
from workbench.store.reading_only import open_to_read
from workbench.store.sqlite_faults import saying_why


def line_of(entry: StoredEntry) -> bytes:
    """An entry's line, with its line feed.

    The bytes are those of ``rfc8785.dumps``, put together by hand: an export is a million of them.
    """
    number, time, actor, action, subject, data, previous, written = map(str, entry)
    return (
        f'{{"action":{_quoted(action)},"actor":{_quoted(actor)},"data":{_quoted(data)},'
        f'"hash":{_quoted(written)},"number":{number},"previous":{_quoted(previous)},'
        f'"subject":{_quoted(subject)},"time":{_quoted(time)}}}\n'
    ).encode(errors="surrogateescape")


def lines_of(entries: Iterable[StoredEntry]) -> Iterator[bytes]:
    """The lines of entries."""
    return map(line_of, entries)


@contextmanager
def reading_home(folder: Path) -> Iterator[tuple[Iterator[bytes], Head | None]]:
    """The lines of a home's ledger, and what its head file says; nothing there is written.

    Raises:
        NotFoundError: There is no store in that folder.
        IntegrityError: The store is damaged, or has no ledger.
        StorageError: It was made by an older workbench, or may not be read.
    """
    path = folder / FILE_NAME
    if not path.is_file():
        raise NotFoundError(
            f"no store in {folder}: there is no {FILE_NAME}",
            hint="name a home, or a file that workbench privacy ledger export made",
        )
    with saying_why(path):
        connection = open_to_read(path, MIGRATIONS)
    # What is no UTF-8 must come out as it is, and be found to be no entry.
    connection.text_factory = lambda raw: raw.decode(errors="surrogateescape")
    try:
        connection.execute("BEGIN")
        with closing(walk_entries(connection)) as entries:
            yield lines_of(entries), read_head(folder / FOLDER / HEAD_NAME)
    except sqlite3.Error as error:
        with saying_why(path):
            if getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_ERROR:
                raise IntegrityError(
                    f"the ledger in {path} cannot be read: {error}",
                    hint="restore it from a backup",
                ) from error
            raise
    finally:
        connection.close()
