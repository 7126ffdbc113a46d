"""Small JSON documents by namespace and key, changed only by who has read the last revision."""

from __future__ import annotations

import sqlite3
import time
from dataclasses import dataclass
from typing import Any

from workbench.core.errors import ConflictError, NotFoundError

from .database import Database, open_database
from .documents import check_text, dump_document, load_document


@dataclass(frozen=True)
class Record:
    """One document. ``revision`` grows by one with each change and never starts again."""

    namespace: str
    key: str
    revision: int
    document: Any
    updated_s: float


class Records:
    """The documents of one store.

    Args:
        database: The store, by default that of WORKBENCH_HOME.
    """

    def __init__(self, database: Database | None = None) -> None:
        self.database = database or open_database()

    def put(
        self, namespace: str, key: str, *, document: Any, expected_revision: int | None = None
    ) -> Record:
        """Write a document. When this returns it is on the disk.

        Args:
            namespace: The room or plugin that it belongs to, e.g. ``"models"``.
            key: Its name there.
            document: Plain data.
            expected_revision: The revision that it replaces, 0 if there must be none; None writes
                over whatever is there.

        Raises:
            ConflictError: Someone else was faster; read it again.
            InputError: The document has no JSON form.
        """
        check_text(namespace, what="namespace")
        check_text(key, what="key")
        text, now_s = dump_document(document, what=f"record {namespace}/{key}"), time.time()
        with self.database.transaction() as connection:
            revision = self._claim(connection, namespace, key, expected=expected_revision)
            connection.execute(
                "INSERT INTO records VALUES (?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
                "revision = excluded.revision, document = excluded.document, "
                "updated_s = excluded.updated_s",
                (namespace, key, revision, text, now_s),
            )
        return Record(namespace, key, revision, load_document(text), now_s)

    def get(self, namespace: str, key: str) -> Record:
        """Read a document. Raises NotFoundError with near matches."""
        found = self.find(namespace, key)
        if found is None:
            known = [record.key for record in self.list(namespace)]
            raise NotFoundError.among(f"record in {namespace!r}", key, known)
        return found

    def find(self, namespace: str, key: str) -> Record | None:
        """Read a document; None if there is none."""
        row = self.database.read_one(
            "SELECT * FROM records WHERE namespace = ? AND key = ? AND document IS NOT NULL",
            (namespace, key),
        )
        return _record(row) if row else None

    def list(self, namespace: str, *, prefix: str = "") -> tuple[Record, ...]:
        """The documents of a namespace whose keys begin with ``prefix``, by key."""
        rows = self.database.read(
            "SELECT * FROM records WHERE namespace = ? AND document IS NOT NULL "
            "AND substr(key, 1, length(?)) = ? ORDER BY key",
            (namespace, prefix, prefix),
        )
        return tuple(_record(row) for row in rows)

    def delete(self, namespace: str, key: str, *, expected_revision: int | None = None) -> bool:
        """Remove a document; whether it was there. Raises ConflictError as ``put`` does."""
        with self.database.transaction() as connection:
            if self.find(namespace, key) is None and not expected_revision:
                return False
            revision = self._claim(connection, namespace, key, expected=expected_revision)
            # The row stays: were revisions to start again at 1, a reader of the old first
            # revision could write over the new one.
            connection.execute(
                "UPDATE records SET document = NULL, revision = ?, updated_s = ? "
                "WHERE namespace = ? AND key = ?",
                (revision, time.time(), namespace, key),
            )
        return True

    def _claim(
        self, connection: sqlite3.Connection, namespace: str, key: str, *, expected: int | None
    ) -> int:
        row = connection.execute(
            "SELECT revision, document IS NULL AS gone FROM records "
            "WHERE namespace = ? AND key = ?",
            (namespace, key),
        ).fetchone()
        last = row["revision"] if row else 0
        there = 0 if row is None or row["gone"] else last
        if expected is not None and expected != there:
            raise ConflictError(
                f"record {namespace}/{key} is at revision {there}, not {expected}",
                hint="read it again and repeat the change",
                found=there,
                expected=expected,
            )
        return int(last) + 1


def _record(row: sqlite3.Row) -> Record:
    return Record(
        row["namespace"],
        row["key"],
        row["revision"],
        load_document(row["document"]),
        row["updated_s"],
    )
