"""Records that wait on the device until the other side says that it has them.

A record is a kind and some bytes, whatever they mean. It has a name of its own, drawn when it is
put: sent twice it is the same record, which is how each comes to be there exactly once.
"""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from .faults import Fault

NAME = "outbox.sqlite"
MOST_BYTES = 4 * 1024 * 1024
_SCHEMA = """
CREATE TABLE IF NOT EXISTS records (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    body BLOB NOT NULL,
    sha256 TEXT NOT NULL,
    put_s REAL NOT NULL,
    refused TEXT
)"""


@dataclass(frozen=True)
class Record:
    """One record that waits."""

    id: str
    kind: str
    body: bytes
    sha256: str
    put_s: float


class Outbox:
    """The records of one device's folder."""

    def __init__(self, root: Path) -> None:
        try:
            self._database = sqlite3.connect(root / NAME, isolation_level=None, timeout=30)
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = FULL")
            self._database.execute(_SCHEMA)
        except sqlite3.Error as error:
            raise Fault(
                "storage", f"the records of {root} cannot be opened: {error}", hint="see its disk"
            ) from None

    def put(self, kind: str, body: bytes, *, id: str | None = None) -> str:
        """Keep a record. When this returns it is on the disk.

        Args:
            kind: What it is, e.g. ``usage``.
            body: Its bytes.
            id: Its name, by default drawn. Of two with one name the first stays.

        Raises:
            Fault: ``input``: it is too large. ``storage``: the disk does not take it.
        """
        return self.put_many([(kind, body, id or secrets.token_hex(16))])[0]

    def put_many(self, records: Iterable[tuple[str, bytes, str]]) -> list[str]:
        """Keep records of kind, body and name, all or none, for one wait for the disk."""
        rows, now_s = [], time.time()
        for kind, body, id in records:
            if len(body) > MOST_BYTES:
                raise Fault("input", f"a record has at most {MOST_BYTES:,} bytes; {len(body):,}")
            rows.append((id, kind, body, hashlib.sha256(body).hexdigest(), now_s))
        try:
            self._database.execute("BEGIN IMMEDIATE")
            self._database.executemany(
                "INSERT INTO records (id, kind, body, sha256, put_s) VALUES (?, ?, ?, ?, ?) "
                "ON CONFLICT (id) DO NOTHING",
                rows,
            )
            self._database.execute("COMMIT")
        except sqlite3.Error as error:
            if self._database.in_transaction:
                self._database.execute("ROLLBACK")
            raise Fault("storage", f"a record cannot be kept: {error}", hint="free space") from None
        return [row[0] for row in rows]

    def waiting(self, *, most: int = 500, most_bytes: int = 2 * MOST_BYTES) -> list[Record]:
        """The next records to send, the oldest first."""
        found: list[Record] = []
        size = 0
        rows = self._database.execute(
            "SELECT id, kind, body, sha256, put_s FROM records WHERE refused IS NULL "
            "ORDER BY number LIMIT ?",
            (most,),
        )
        for row in rows:
            size += len(row[2])
            if found and size > most_bytes:
                break
            found.append(Record(*row))
        return found

    def count(self) -> tuple[int, int]:
        """How many wait, and how many the other side refused."""
        row = self._database.execute(
            "SELECT count(*) - count(refused), count(refused) FROM records"
        ).fetchone()
        return int(row[0]), int(row[1])

    def forget(self, ids: Iterable[str]) -> int:
        """Let go of records that the other side has; how many that were."""
        ids = list(ids)
        self._database.execute("BEGIN IMMEDIATE")
        gone = 0
        for id in ids:
            gone += self._database.execute("DELETE FROM records WHERE id = ?", (id,)).rowcount
        self._database.execute("COMMIT")
        return gone

    def set_aside(self, refused: dict[str, str]) -> None:
        """Keep records that the other side does not take, with its reason; they are not sent."""
        for id, reason in refused.items():
            self._database.execute("UPDATE records SET refused = ? WHERE id = ?", (reason, id))

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def __enter__(self) -> Outbox:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
