"""The audit ledger: entries that are only ever added, each holding the hash of the one before.

The database refuses to change or delete an entry. Who writes to the file past it is found by
``verify``: the chain shows a change, and ``<home>/ledger/head.json`` shows a tail that was cut
off. Who can rewrite the chain and the head file as well is found by neither: that needs
signatures, or a head that is kept elsewhere (``verify(head=...)``).
"""

from __future__ import annotations

import datetime as dt
import fcntl
import hashlib
import json
import os
import sqlite3
from collections.abc import Generator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from json.encoder import encode_basestring as _quoted
from pathlib import Path
from typing import Any

from workbench.core.errors import IntegrityError
from workbench.core.viewers import Viewable

from . import files
from .database import Database, open_database
from .documents import check_text, dump_document, load_document
from .sqlite_faults import saying_why

FOLDER = "ledger"
HEAD_NAME = "head.json"
_GENESIS = "0" * 64
_HASHED = ("number", "time", "actor", "action", "subject", "data", "previous")
_FIELDS = (*_HASHED, "hash")
_INSERT = "INSERT INTO ledger VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
# An entry as it is stored: the values of `_FIELDS`, `data` as the text that was hashed.
StoredEntry = tuple[int, str, str, str, str, str, str, str]


@dataclass(frozen=True)
class Entry:
    """One thing that was done. ``time`` is UTC in ISO 8601, ``data`` plain data."""

    number: int
    time: str
    actor: str
    action: str
    subject: str
    data: Any
    previous: str
    hash: str


@dataclass(frozen=True)
class Deed:
    """What is to be entered, one of many: the arguments of ``Ledger.append``."""

    action: str
    subject: str
    actor: str
    data: Any = None


@dataclass(frozen=True)
class Head:
    """The end of the chain at some time; number 0 is the empty ledger."""

    number: int
    hash: str


@dataclass(frozen=True)
class LedgerCheck(Viewable):
    """What a check of the chain found; ``broken_at`` is the first entry that is not as it was."""

    ok: bool
    entries: int
    head: Head
    broken_at: int | None = None
    reason: str = ""


class Ledger:
    """The ledger of one store.

    Args:
        database: The store, by default that of WORKBENCH_HOME.
    """

    def __init__(self, database: Database | None = None) -> None:
        self.database = database or open_database()
        self.head_path = self.database.path.parent / FOLDER / HEAD_NAME

    def append(self, action: str, subject: str, *, actor: str, data: Any = None) -> Entry:
        """Add an entry. When this returns it and the new head are on the disk.

        Inside ``database.transaction()`` the entry is part of that transaction and confirmed at
        its end, so that a deed and its entry are kept together or not at all.

        Args:
            action: What was done, dotted, e.g. ``"adapter.promoted"``.
            subject: What it was done to.
            actor: Who did it.
            data: More about it, as plain data.

        Raises:
            InputError: A field has no text or JSON form.
            StorageError: The disk is full. Unless the head file alone was hit, nothing was added.
        """
        said = _checked(Deed(action, subject, actor, data))
        with self.database.transaction() as connection:
            last = self._begin(connection)
            entry = _chained(said, last, _now())
            connection.execute(_INSERT, entry)
            self._confirm(_head_of(entry), last)
        return _entry(entry)

    def append_many(self, deeds: Iterable[Deed]) -> Head:
        """Add entries, all or none, for one wait for the disk. Otherwise as ``append``.

        They have the time of this call. They are chained in memory and written together: some ten
        times as many a second as one by one, on a disk that takes a millisecond.

        Args:
            deeds: What was done, in order; some thousands at a time, for they are held in memory.

        Returns:
            The end of the chain after them.

        Raises:
            InputError: A field has no text or JSON form; none of them was added.
            StorageError: The disk is full. Unless the head file alone was hit, nothing was added.
        """
        said = [_checked(deed) for deed in deeds]
        with self.database.transaction() as connection:
            before, time = self._begin(connection), _now()
            last, chained = before, []
            for each in said:
                chained.append(_chained(each, last, time))
                last = _head_of(chained[-1])
            if chained:
                connection.executemany(_INSERT, chained)
                self._confirm(last, before)
        return last

    def entries(
        self, *, action: str | None = None, subject: str | None = None, limit: int = 100
    ) -> tuple[Entry, ...]:
        """The newest entries, the newest first.

        Args:
            action: Only those of this action.
            subject: Only those on this subject.
            limit: At most so many.
        """
        rows = self.database.read(
            f"SELECT {', '.join(_FIELDS)} FROM ledger WHERE (?1 IS NULL OR action = ?1) "
            "AND (?2 IS NULL OR subject = ?2) ORDER BY number DESC LIMIT ?3",
            (action, subject, limit),
        )
        return tuple(_entry(tuple(row)) for row in rows)

    def head(self) -> Head:
        """The end of the chain now; keep it elsewhere to find a tail that is cut off later."""
        return self._last(self.database.connection())

    def verify(self, *, head: Head | None = None) -> LedgerCheck:
        """Walk the whole chain and find the first entry that is not as it was written.

        An entry that was confirmed is covered; one that a crash left between the database and the
        head file is accepted, for it is part of the chain.

        Args:
            head: An end of the chain that was recorded elsewhere; by default the head file's.
        """
        recorded = head or self._read_head()
        last, hash_at_head = Head(0, _GENESIS), _GENESIS
        with saying_why(self.database.path):
            entries = walk_entries(self.database.connection())
            for row in entries:
                reason = _fault(row, last)
                if reason:
                    entries.close()
                    return LedgerCheck(False, last.number, last, last.number + 1, reason)
                last = _head_of(row)
                if recorded is not None and last.number == recorded.number:
                    hash_at_head = last.hash
        if recorded is None:
            if last.number == 0:
                return LedgerCheck(True, 0, last)
            reason = f"the head file {self.head_path} is missing or damaged"
            return LedgerCheck(False, last.number, last, last.number, reason)
        if last.number < recorded.number:
            reason = f"the head was recorded at entry {recorded.number}; the end was cut off"
            return LedgerCheck(False, last.number, last, last.number + 1, reason)
        if hash_at_head != recorded.hash:
            reason = f"the head was recorded with hash {recorded.hash}: the chain was written anew"
            return LedgerCheck(False, last.number, last, max(1, recorded.number), reason)
        return LedgerCheck(True, last.number, last)

    def check(self) -> None:
        """Raise IntegrityError if ``verify`` finds a fault."""
        found = self.verify()
        if not found.ok:
            raise IntegrityError(
                f"the ledger is broken at entry {found.broken_at}: {found.reason}",
                hint="workbench store verify-ledger",
                broken_at=found.broken_at,
            )

    def walk(self) -> Generator[StoredEntry, None, None]:
        """Every entry as it is stored, the oldest first, all as of one moment.

        Who may leave off before the end closes it (``contextlib.closing``): it holds a snapshot.
        """
        with self.database.snapshot() as connection:
            yield from walk_entries(connection)

    def recorded_head(self) -> Head | None:
        """What the head file says; None if it is missing or damaged."""
        return self._read_head()

    def _begin(self, connection: sqlite3.Connection) -> Head:
        last = self._last(connection)
        if last.number == 0:
            # Before the first entry: no head file then means that it was taken away.
            self._record_head(last)
        return last

    def _confirm(self, head: Head, before: Head) -> None:
        self.database.after_commit(lambda: self._record_head(head, before))

    def _last(self, connection: sqlite3.Connection) -> Head:
        row = connection.execute(
            "SELECT number, hash FROM ledger ORDER BY number DESC LIMIT 1"
        ).fetchone()
        return Head(row["number"], row["hash"]) if row else Head(0, _GENESIS)

    def _read_head(self) -> Head | None:
        return read_head(self.head_path)

    def _record_head(self, head: Head, before: Head | None = None) -> None:
        """Move the head file forward. Of two processes the one that is behind changes nothing.

        It moves on from an end that is still in the chain alone: else a tail that was cut off would
        be forgotten as soon as as many entries came after it. ``before`` was in the chain just now.
        """
        with _locked(self.head_path.with_name(".lock")):
            known = self._read_head()
            if known is None or (
                known.number < head.number and (known == before or self._has(known))
            ):
                files.write_json(self.head_path, {"number": head.number, "hash": head.hash})

    def _has(self, end: Head) -> bool:
        """Whether the chain has this entry, or nothing had been recorded yet."""
        found = self.database.read("SELECT hash FROM ledger WHERE number = ?", (end.number,))
        return end.number == 0 or [row["hash"] for row in found] == [end.hash]


def read_head(path: Path) -> Head | None:
    """What a head file says; None if it is missing or damaged."""
    try:
        written = json.loads(path.read_text(encoding="utf-8"))
        return Head(int(written["number"]), str(written["hash"]))
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None


def walk_entries(connection: sqlite3.Connection) -> Generator[StoredEntry, None, None]:
    """Every entry of a store as it is stored, the oldest first."""
    rows = connection.execute(f"SELECT {', '.join(_FIELDS)} FROM ledger ORDER BY number")
    try:
        for row in rows:
            yield tuple(row)
    finally:
        rows.close()


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with files.saying_why(path):
        files.make_folder(path.parent)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def _entry(row: tuple[Any, ...]) -> Entry:
    number, time, actor, action, subject, data, previous, written = row
    return Entry(number, time, actor, action, subject, load_document(data), previous, written)


def _now() -> str:
    return dt.datetime.now(dt.UTC).isoformat(timespec="microseconds")


def _checked(deed: Deed) -> tuple[str, str, str, str]:
    """Actor, action, subject and data as they are stored."""
    said = (("actor", deed.actor), ("action", deed.action), ("subject", deed.subject))
    actor, action, subject = (check_text(value, what=name) for name, value in said)
    return actor, action, subject, dump_document(deed.data, what=f"data of {deed.action}")


def _chained(said: tuple[str, str, str, str], last: Head, time: str) -> StoredEntry:
    actor, action, subject, data = said
    values = (last.number + 1, time, actor, action, subject, data, last.hash)
    return (*values, _hash(values))


def _head_of(entry: StoredEntry) -> Head:
    return Head(entry[0], entry[7])


def _hash(values: tuple[Any, ...]) -> str:
    # `data` is hashed as the text that is stored: each byte of it is covered, and no reader has to
    # agree with this one on how numbers are written. Put together by hand, as RFC 8785 (and
    # `json.dumps` with sorted keys) would: it is what an append and a check spend their time on.
    number, time, actor, action, subject, data, previous = values
    canonical = (
        f'{{"action":{_quoted(action)},"actor":{_quoted(actor)},"data":{_quoted(data)},'
        f'"number":{number:d},"previous":{_quoted(previous)},"subject":{_quoted(subject)},'
        f'"time":{_quoted(time)}}}'
    )
    return hashlib.sha256(canonical.encode()).hexdigest()


def _fault(row: tuple[Any, ...], last: Head) -> str:
    """What is wrong with an entry that should follow ``last``; empty if nothing is."""
    number, previous, written = row[0], row[6], row[7]
    if number != last.number + 1:
        return f"entry {last.number + 1} is missing; the next one is {number}"
    if previous != last.hash:
        return f"entry {number} follows another entry than {last.number}"
    if written != _hash(row[:7]):
        return f"entry {number} does not match its hash"
    return ""
