"""A space in Postgres: the same values and events as in SQLite, for several machines.

Writers of a space follow one another by an advisory lock of their transactions; a client that is
killed leaves nothing, for the server ends what it began. Users and roles stay those of each home.
"""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.core.errors import ConflictError
from workbench.core.optional import require
from workbench.store.documents import dump_document, load_document
from workbench.store.postgres_link import EXTRA, connect_postgres, place_of, saying_why

from .contents import digest_of
from .events import ENDS, Event, EventKind
from .shelf import checked

if TYPE_CHECKING:
    import psycopg

SCHEMA = "workbench_shared"
_FORM, _FORM_BEFORE = "workbench shared knowledge 2", "workbench shared knowledge 1"
_COLUMNS = ("number", "kind", "actor", "time_us", "proposal", "record", "data")
_LOCK_WAIT = "60s"
_AT_ONCE = 1000
_TABLES = f"""
CREATE SCHEMA IF NOT EXISTS {SCHEMA};
CREATE TABLE {SCHEMA}.objects (sha256 text COLLATE "C" PRIMARY KEY, content bytea NOT NULL);
CREATE TABLE {SCHEMA}.events (
    space text COLLATE "C" NOT NULL,
    number bigint NOT NULL,
    kind text NOT NULL,
    actor text NOT NULL,
    time_us bigint NOT NULL,
    proposal bigint,
    record text COLLATE "C" REFERENCES {SCHEMA}.objects (sha256),
    data text NOT NULL,
    PRIMARY KEY (space, number)
);
CREATE TABLE {SCHEMA}.told (space text COLLATE "C" PRIMARY KEY, number bigint NOT NULL);
CREATE FUNCTION {SCHEMA}.refuse() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '% are append-only', TG_TABLE_NAME; END $$;
CREATE FUNCTION {SCHEMA}.next_event() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN
IF NEW.number <> (SELECT coalesce(max(number), 0) + 1 FROM {SCHEMA}.events WHERE space = NEW.space)
THEN RAISE EXCEPTION 'events are append-only'; END IF;
RETURN NEW; END $$;
CREATE TRIGGER stay BEFORE UPDATE OR DELETE ON {SCHEMA}.objects
FOR EACH ROW EXECUTE FUNCTION {SCHEMA}.refuse();
CREATE TRIGGER stay BEFORE UPDATE OR DELETE ON {SCHEMA}.events
FOR EACH ROW EXECUTE FUNCTION {SCHEMA}.refuse();
CREATE TRIGGER grow_at_end BEFORE INSERT ON {SCHEMA}.events
FOR EACH ROW EXECUTE FUNCTION {SCHEMA}.next_event();
"""
_IMPORTED = f"""
CREATE TABLE {SCHEMA}.imported (space text COLLATE "C" PRIMARY KEY, number bigint NOT NULL);
COMMENT ON SCHEMA {SCHEMA} IS '{_FORM}';
"""


@dataclass
class _Link:
    """One thread's connection in one process."""

    connection: psycopg.Connection[Any]
    pid: int
    depth: int = 0


class PostgresShelf:
    """A space of a database.

    Args:
        url: ``postgresql://USER@HOST:PORT/DATABASE``; what it lacks libpq finds in PGPASSWORD,
            ``~/.pgpass`` and the like.
        name: The space.
    """

    def __init__(self, url: str, name: str) -> None:
        self.url, self.name = url, name
        self._local = threading.local()
        key = hashlib.sha256(f"{SCHEMA} {name}".encode()).digest()[:8]
        self._lock = int.from_bytes(key, "big", signed=True)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """A block under the space's lock."""
        link = self._link()
        if link.depth:
            yield
            return
        # Whatever the server's default is: a later one would read what was before the lock.
        with self._block(link, "BEGIN ISOLATION LEVEL READ COMMITTED"):
            link.connection.execute(f"SET LOCAL lock_timeout = '{_LOCK_WAIT}'")
            link.connection.execute("SELECT pg_advisory_xact_lock(%s)", (self._lock,))
            yield

    @contextmanager
    def snapshot(self) -> Iterator[None]:
        """A block whose reads are all of one moment."""
        link = self._link()
        if link.depth:
            yield
            return
        with self._block(link, "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"):
            yield

    def put(self, content: bytes) -> str:
        """Keep a value; its name."""
        digest = digest_of(content)
        self._run(
            f"INSERT INTO {SCHEMA}.objects VALUES (%s, %s) ON CONFLICT DO NOTHING",
            (digest, content),
        )
        return digest

    def get(self, digest: str) -> bytes:
        """A value."""
        rows = self._rows(f"SELECT content FROM {SCHEMA}.objects WHERE sha256 = %s", (digest,))
        return checked(digest, rows[0][0] if rows else None)

    def get_many(self, digests: Iterable[str]) -> dict[str, bytes]:
        """Values by their names, a thousand at a time."""
        wanted = sorted(set(digests))
        found: dict[str, bytes] = {}
        for at in range(0, len(wanted), _AT_ONCE):
            rows = self._rows(
                f"SELECT sha256, content FROM {SCHEMA}.objects WHERE sha256 = ANY(%s)",
                (wanted[at : at + _AT_ONCE],),
            )
            found |= {row[0]: bytes(row[1]) for row in rows}
        return {digest: checked(digest, found.get(digest)) for digest in wanted}

    def add(self, event: Event) -> None:
        """Keep an event."""
        self._run(
            f"INSERT INTO {SCHEMA}.events VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
            (
                *(self.name, event.number, event.kind, event.actor, event.time_us),
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
        return self._events(
            "AND number > %s AND (%s::bigint IS NULL OR proposal = %s) AND (%s OR kind = ANY(%s)) "
            "AND (%s::text IS NULL OR record = %s) ORDER BY number",
            (after, proposal, proposal, not kinds, [*kinds], record, record),
        )

    def proposals(self, *, ended: bool = False) -> list[int]:
        """The numbers of the proposals that are open, or were ended."""
        which = f"SELECT proposal FROM {SCHEMA}.events WHERE space = %s AND kind = ANY(%s)"
        asked = f"{which} {'INTERSECT' if ended else 'EXCEPT'} {which} ORDER BY 1"
        rows = self._rows(asked, (self.name, ["opened"], self.name, [*ENDS]))
        return [int(row[0]) for row in rows]

    def last(self, kinds: tuple[EventKind, ...] = ()) -> Event | None:
        """The last event."""
        which = "AND (%s OR kind = ANY(%s)) ORDER BY number DESC LIMIT 1"
        found = self._events(which, (not kinds, [*kinds]))
        return found[0] if found else None

    def _events(self, which: str, values: tuple[Any, ...]) -> list[Event]:
        asked = f"SELECT {', '.join(_COLUMNS)} FROM {SCHEMA}.events WHERE space = %s {which}"
        rows = self._rows(asked, (self.name, *values))
        named = (dict(zip(_COLUMNS, row, strict=True)) for row in rows)
        return [Event(**{**each, "data": load_document(each["data"])}) for each in named]

    def told(self) -> int:
        """The number of the last event that some home's audit ledger knows."""
        rows = self._rows(f"SELECT number FROM {SCHEMA}.told WHERE space = %s", (self.name,))
        return int(rows[0][0]) if rows else 0

    def note_told(self, number: int) -> None:
        """Keep that number."""
        self._run(
            f"INSERT INTO {SCHEMA}.told VALUES (%s, %s) ON CONFLICT (space) "
            "DO UPDATE SET number = greatest(told.number, excluded.number)",
            (self.name, number),
        )

    def imported(self) -> int:
        """The number of the last event that an import brought."""
        rows = self._rows(f"SELECT number FROM {SCHEMA}.imported WHERE space = %s", (self.name,))
        return int(rows[0][0]) if rows else 0

    def note_imported(self, number: int) -> None:
        """Keep that number."""
        self._run(
            f"INSERT INTO {SCHEMA}.imported VALUES (%s, %s) ON CONFLICT (space) "
            "DO UPDATE SET number = greatest(imported.number, excluded.number)",
            (self.name, number),
        )

    def close(self) -> None:
        """Close this thread's connection."""
        link: _Link | None = getattr(self._local, "link", None)
        if link is not None and link.pid == os.getpid():
            link.connection.close()
        self._local.link = None

    @contextmanager
    def _block(self, link: _Link, begin: str) -> Iterator[None]:
        with _saying_why(self.url):
            link.connection.execute(begin)
            link.depth = 1
            try:
                yield
                link.connection.execute("COMMIT")
            except BaseException:
                with suppress(require("psycopg", extra=EXTRA).Error):  # the first fault is told
                    link.connection.execute("ROLLBACK")
                raise
            finally:
                link.depth = 0

    def _run(self, text: str, values: tuple[Any, ...]) -> None:
        with _saying_why(self.url):
            self._link().connection.execute(text, values)

    def _rows(self, text: str, values: tuple[Any, ...]) -> list[tuple[Any, ...]]:
        with _saying_why(self.url):
            return self._link().connection.execute(text, values).fetchall()

    def _link(self) -> _Link:
        link: _Link | None = getattr(self._local, "link", None)
        # A fork shares the parent's connection, and must leave it alone.
        if link is None or link.pid != os.getpid() or (link.connection.closed and not link.depth):
            link = self._local.link = _Link(_connect(self.url), os.getpid())
        return link


def list_postgres_spaces(url: str) -> list[str]:
    """The names of the spaces of a database."""
    with _connect(url) as connection, _saying_why(url):
        rows = connection.execute(f"SELECT DISTINCT space FROM {SCHEMA}.events").fetchall()
    return sorted(row[0] for row in rows)


def _connect(url: str) -> psycopg.Connection[Any]:
    connection = connect_postgres(url, setting="shared_url")
    try:
        with _saying_why(url):
            _make_tables(connection, url)
    except BaseException:
        connection.close()
        raise
    return connection


def _saying_why(url: str) -> AbstractContextManager[None]:
    return saying_why(url, what="the spaces")


def _make_tables(connection: psycopg.Connection[Any], url: str) -> None:
    """Make what is missing; whoever comes at the same time waits."""
    found = _form(connection)
    if found in (None, _FORM_BEFORE):
        with connection.transaction():
            connection.execute("SELECT pg_advisory_xact_lock(%s)", (0x776F726B73706163,))
            found = _form(connection)
            if found in (None, _FORM_BEFORE):
                made = _TABLES + _IMPORTED if found is None else _IMPORTED
                connection.execute(made.encode())
                found = _FORM
    if found != _FORM:
        raise ConflictError(
            f"the spaces at {place_of(url)} are of another release: {found!r:.80}",
            hint="use the release that made them, or another database",
        )


def _form(connection: psycopg.Connection[Any]) -> str | None:
    row = connection.execute(
        "SELECT obj_description(oid, 'pg_namespace') FROM pg_namespace WHERE nspname = %s",
        (SCHEMA,),
    ).fetchone()
    return None if row is None else str(row[0])
