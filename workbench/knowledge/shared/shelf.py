"""Where a space is kept: values by their sha256, and its events. The embedded one is SQLite."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Protocol

from workbench.core import settings
from workbench.core.errors import InputError, IntegrityError, NotFoundError
from workbench.store.database import Database
from workbench.store.documents import dump_document, load_document
from workbench.store.migrations import Migration

from .contents import digest_of
from .events import ENDS, Event, EventKind

FOLDER = "shared"
FILE_NAME = "space.sqlite"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")
_TABLES = """
-- Named by the sha256 of its bytes: parts of states, pages, records.
CREATE TABLE objects (sha256 TEXT PRIMARY KEY, content BLOB NOT NULL) STRICT;
CREATE TRIGGER objects_stay BEFORE DELETE ON objects
BEGIN SELECT RAISE(ABORT, 'objects are append-only'); END;
CREATE TRIGGER objects_keep_bytes BEFORE UPDATE ON objects
BEGIN SELECT RAISE(ABORT, 'objects are append-only'); END;
CREATE TABLE events (
    number INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    actor TEXT NOT NULL,
    time_us INTEGER NOT NULL,
    proposal INTEGER,
    record TEXT REFERENCES objects (sha256),
    data TEXT NOT NULL
) STRICT;
CREATE TRIGGER events_keep_entries BEFORE DELETE ON events
BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
CREATE TRIGGER events_keep_words BEFORE UPDATE ON events
BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
CREATE TRIGGER events_grow_at_end BEFORE INSERT ON events
WHEN NEW.number <> (SELECT coalesce(max(number), 0) + 1 FROM events)
BEGIN SELECT RAISE(ABORT, 'events are append-only'); END;
-- How far the audit ledger of the home, another file, has been told.
CREATE TABLE told (one INTEGER PRIMARY KEY CHECK (one = 1), number INTEGER NOT NULL) STRICT;
INSERT INTO told VALUES (1, 0);
"""
_IMPORTED = """
-- Up to which event the space came from another base: what those say was done was not done here.
CREATE TABLE imported (one INTEGER PRIMARY KEY CHECK (one = 1), number INTEGER NOT NULL) STRICT;
INSERT INTO imported VALUES (1, 0);
CREATE TRIGGER imported_stays BEFORE DELETE ON imported
BEGIN SELECT RAISE(ABORT, 'what was imported stays so'); END;
"""
_FOUND_SOONER = """
-- The queue asks for the events of some proposals, and the log for those of some kinds.
CREATE INDEX events_of_proposals ON events (proposal, number) WHERE proposal IS NOT NULL;
CREATE INDEX events_of_kinds ON events (kind, number, proposal);
CREATE INDEX events_of_records ON events (record, number) WHERE record IS NOT NULL;
"""
MIGRATIONS = (
    Migration("objects and events", _TABLES),
    Migration("what was imported", _IMPORTED),
    Migration("events found sooner", _FOUND_SOONER),
)


class Shelf(Protocol):
    """What a store of a space gives. Nothing on it is ever changed or taken away."""

    def transaction(self) -> AbstractContextManager[None]:
        """A block that is kept whole or not at all, and in which nobody else writes."""

    def snapshot(self) -> AbstractContextManager[None]:
        """A block whose reads are all of one moment."""

    def put(self, content: bytes) -> str:
        """Keep a value; its name. Inside a transaction."""

    def get(self, digest: str) -> bytes:
        """A value. Raises NotFoundError, or IntegrityError where its bytes are not its own."""

    def get_many(self, digests: Iterable[str]) -> dict[str, bytes]:
        """Values by their names, in few questions; raises as ``get``."""

    def add(self, event: Event) -> None:
        """Keep an event, whose number is the next. Inside a transaction."""

    def events(
        self,
        *,
        after: int = 0,
        proposal: int | None = None,
        kinds: tuple[EventKind, ...] = (),
        record: str | None = None,
    ) -> list[Event]:
        """The events of greater numbers, in order; of one proposal, some kinds, or a record."""

    def proposals(self, *, ended: bool = False) -> list[int]:
        """The numbers of the proposals that are open, or of those that were ended, in order."""

    def last(self, kinds: tuple[EventKind, ...] = ()) -> Event | None:
        """The last event, of any kind or of some; one row is read for it."""

    def told(self) -> int:
        """The number of the last event that the audit ledger knows."""

    def note_told(self, number: int) -> None:
        """Keep that number."""

    def imported(self) -> int:
        """The number of the last event that an import brought; 0 where none did."""

    def note_imported(self, number: int) -> None:
        """Keep that number. Inside a transaction."""

    def close(self) -> None:
        """Let go of what is open."""


class SqliteShelf:
    """A shelf in a file of its own.

    Args:
        path: The file.
        durable: Whether what was confirmed survives a power cut, too.
    """

    def __init__(self, path: Path, *, durable: bool = True) -> None:
        self.database = Database(path, migrations=MIGRATIONS, durable=durable)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """A block under the file's write lock."""
        with self.database.transaction():
            yield

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """A block whose reads are all of one moment."""
        with self.database.snapshot():
            yield

    def put(self, content: bytes) -> str:
        """Keep a value; its name."""
        digest = digest_of(content)
        with self.database.transaction() as connection:
            connection.execute("INSERT OR IGNORE INTO objects VALUES (?, ?)", (digest, content))
        return digest

    def get(self, digest: str) -> bytes:
        """A value."""
        row = self.database.read_one("SELECT content FROM objects WHERE sha256 = ?", (digest,))
        return checked(digest, None if row is None else row["content"])

    def get_many(self, digests: Iterable[str]) -> dict[str, bytes]:
        """Values by their names."""
        return {digest: self.get(digest) for digest in set(digests)}  # each takes 10 us here

    def add(self, event: Event) -> None:
        """Keep an event."""
        with self.database.transaction() as connection:
            connection.execute(
                "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    *(event.number, event.kind, event.actor, event.time_us),
                    *(event.proposal, event.record, dump_document(event.data, what="an event")),
                ),
            )

    def events(
        self,
        *,
        after: int = 0,
        proposal: int | None = None,
        kinds: tuple[EventKind, ...] = (),
        record: str | None = None,
    ) -> list[Event]:
        """The events of greater numbers."""
        named = {"proposal": proposal, "record": record}
        asked = {name: value for name, value in named.items() if value is not None}
        where = " AND ".join(f"{name} = ?" for name in asked) or "1"
        rows = self.database.read(
            f"SELECT * FROM events WHERE {where} AND number > ? AND {_of_kinds(kinds)} "
            "ORDER BY number",
            (*asked.values(), after),
        )
        return [_event(row) for row in rows]

    def proposals(self, *, ended: bool = False) -> list[int]:
        """The numbers of the proposals that are open, or were ended."""
        all_of_them, gone = (
            f"SELECT proposal FROM events WHERE {_of_kinds(kinds)} AND proposal IS NOT NULL"
            for kinds in (("opened",), ENDS)
        )
        asked = f"{all_of_them} {'INTERSECT' if ended else 'EXCEPT'} {gone} ORDER BY proposal"
        return [int(row["proposal"]) for row in self.database.read(asked)]

    def last(self, kinds: tuple[EventKind, ...] = ()) -> Event | None:
        """The last event."""
        row = self.database.read_one(
            f"SELECT * FROM events WHERE {_of_kinds(kinds)} ORDER BY number DESC LIMIT 1"
        )
        return None if row is None else _event(row)

    def told(self) -> int:
        """The number of the last event that the audit ledger knows."""
        row = self.database.read_one("SELECT number FROM told")
        return int(row["number"]) if row else 0

    def note_told(self, number: int) -> None:
        """Keep that number."""
        with self.database.transaction() as connection:
            connection.execute("UPDATE told SET number = max(number, ?)", (number,))

    def imported(self) -> int:
        """The number of the last event that an import brought."""
        row = self.database.read_one("SELECT number FROM imported")
        return int(row["number"]) if row else 0

    def note_imported(self, number: int) -> None:
        """Keep that number."""
        with self.database.transaction() as connection:
            connection.execute("UPDATE imported SET number = max(number, ?)", (number,))

    def close(self) -> None:
        """Close this thread's connection."""
        self.database.close()


def _of_kinds(kinds: tuple[EventKind, ...]) -> str:
    """A condition in SQL; the kinds are a few words of our own."""
    return f"kind IN ({', '.join(map(repr, kinds))})" if kinds else "1"


def _event(row: sqlite3.Row) -> Event:
    return Event(**{**dict(row), "data": load_document(row["data"])})


def checked(digest: str, content: bytes | None) -> bytes:
    """The bytes, if they are those of the name."""
    if content is None:
        raise NotFoundError(f"the space holds nothing named {digest[:12]}")
    if digest_of(content) != digest:
        raise IntegrityError(
            f"what the space holds as {digest[:12]} has other bytes",
            hint="restore the space from a backup, or from its export",
        )
    return bytes(content)


def place_of(name: str, home: Path | None = None) -> Path:
    """The file of a space. Raises InputError if it cannot be a name."""
    if not _NAME.fullmatch(name):
        raise InputError(
            f"a space cannot be named {name!r:.80}: letters, digits, dots, dashes and underscores "
            "are allowed, 64 at most"
        )
    return (home or settings.home()) / FOLDER / name / FILE_NAME


def open_shelf(name: str, home: Path | None = None) -> Shelf:
    """The shelf of a space: a file of the home, or Postgres where the setting ``shared_url`` says.

    Args:
        name: The space.
        home: A file of this home, whatever the setting says.

    Raises:
        InputError: It cannot be a name.
    """
    place, url = place_of(name, home), "" if home is not None else settings.get("shared_url")
    if url:
        from .postgres_shelf import PostgresShelf

        return PostgresShelf(url, name)
    return SqliteShelf(place)


def list_spaces(home: Path | None = None) -> list[str]:
    """The names of the spaces of a home, or of the database that the setting names."""
    if home is None and (url := settings.get("shared_url")):
        from .postgres_shelf import list_postgres_spaces

        return list_postgres_spaces(url)
    folder = (home or settings.home()) / FOLDER
    return sorted(path.parent.name for path in folder.glob(f"*/{FILE_NAME}") if _is_begun(path))


def _is_begun(path: Path) -> bool:
    """Whether a file has a space in it: an import that was refused leaves one without."""
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as found:
            return found.execute("SELECT 1 FROM events LIMIT 1").fetchone() is not None
    except sqlite3.OperationalError as error:
        return "no such table" not in str(error)  # busy, or not to be opened: it is told later
    except sqlite3.DatabaseError:
        return True  # that it is damaged is told where it is opened
