"""Named versions with parents, and labels that move from one version to another.

A version is never changed. ``name@3`` is one, ``name@latest`` the newest, ``name@production`` the
one that the label stands on now; each move of a label is kept.
"""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from workbench.core.errors import ConflictError, InputError, NotFoundError

from .database import Database, open_database
from .documents import check_text, dump_document, load_document

LATEST = "latest"
_SHA256 = re.compile(r"[0-9a-f]{64}")
_LABEL = re.compile(r"(?!\d+$)[A-Za-z0-9][A-Za-z0-9._-]*")


@dataclass(frozen=True)
class Version:
    """One version of a named thing. ``reference`` finds it again among its kind."""

    id: int
    kind: str
    name: str
    number: int
    artifact_sha256: str | None
    record: Any
    metadata: dict[str, Any]
    created_s: float

    @property
    def reference(self) -> str:
        """Its name and number, ``name@3``."""
        return f"{self.name}@{self.number}"


@dataclass(frozen=True)
class LabelMove:
    """One move of a label. A number is None where the label was not set before, or is not after."""

    kind: str
    name: str
    label: str
    from_number: int | None
    to_number: int | None
    actor: str
    reason: str
    moved_s: float


class Versions:
    """The versions of one store.

    Args:
        database: The store, by default that of WORKBENCH_HOME.
    """

    def __init__(self, database: Database | None = None) -> None:
        self.database = database or open_database()

    def create(
        self,
        kind: str,
        name: str,
        *,
        artifact_sha256: str | None = None,
        record: Any = None,
        parents: Sequence[Version] = (),
        metadata: dict[str, Any] | None = None,
    ) -> Version:
        """Add the next version of a name. Numbers begin at 1 and have no gaps.

        Args:
            kind: What it is, e.g. ``"adapter"``. Names are counted apart for each kind.
            name: Its name; it has no ``@``.
            artifact_sha256: The blob that it is. Put it into the artifacts first.
            record: Or plain data that says what it is.
            parents: The versions that it was made from, of any kind.
            metadata: More about it, as plain data.

        Raises:
            InputError: A name, the sha256 or the data is bad, or there is nothing in the version.
        """
        _check(kind, name, artifact_sha256)
        if artifact_sha256 is None and record is None:
            raise InputError(
                f"a version of {name!r} needs an artifact or a record", hint="give one of them"
            )
        what = f"version of {kind} {name!r}"
        texts = (
            None if record is None else dump_document(record, what=what),
            dump_document(metadata or {}, what=what),
        )
        with self.database.transaction() as connection:
            row = connection.execute(
                "INSERT INTO versions "
                "(kind, name, number, artifact_sha256, record, metadata, created_s) "
                "SELECT ?1, ?2, coalesce(max(number), 0) + 1, ?3, ?4, ?5, ?6 FROM versions "
                "WHERE kind = ?1 AND name = ?2 RETURNING *",
                (kind, name, artifact_sha256, *texts, time.time()),
            ).fetchone()
            connection.executemany(
                "INSERT INTO version_parents VALUES (?, ?)",
                {(row["id"], parent.id) for parent in parents},
            )
        return _version(row)

    def resolve(self, kind: str, reference: str) -> Version:
        """Find ``name@3``, ``name@latest``, ``name@LABEL``; a bare name is the latest.

        Raises:
            NotFoundError: There is none; near matches are named.
        """
        name, at, which = reference.rpartition("@")
        if not at:
            name, which = reference, LATEST
        if which.isdecimal():
            chosen, params = "number = ?3", (kind, name, int(which))
        elif which == LATEST:
            chosen, params = "?3 = ?3 ORDER BY number DESC LIMIT 1", (kind, name, 0)
        else:
            chosen, params = "number = ?3", (kind, name, self._labelled(kind, name, which) or 0)
        row = self.database.read_one(
            f"SELECT * FROM versions WHERE kind = ?1 AND name = ?2 AND {chosen}", params
        )
        if row is None:
            raise self._unknown(kind, name, which)
        return _version(row)

    def list(self, kind: str | None = None, name: str | None = None) -> tuple[Version, ...]:
        """The versions, by kind, name and number."""
        rows = self.database.read(
            "SELECT * FROM versions WHERE (?1 IS NULL OR kind = ?1) AND (?2 IS NULL OR name = ?2) "
            "ORDER BY kind, name, number",
            (kind, name),
        )
        return tuple(_version(row) for row in rows)

    def holding(self, artifact_sha256: str) -> tuple[Version, ...]:
        """The versions that are this blob: what would be lost with it."""
        rows = self.database.read(
            "SELECT * FROM versions WHERE artifact_sha256 = ? ORDER BY id", (artifact_sha256,)
        )
        return tuple(_version(row) for row in rows)

    def parents(self, version: Version) -> tuple[Version, ...]:
        """The versions that this one was made from."""
        rows = self.database.read(
            "SELECT v.* FROM versions v JOIN version_parents p ON p.parent_id = v.id "
            "WHERE p.version_id = ? ORDER BY v.id",
            (version.id,),
        )
        return tuple(_version(row) for row in rows)

    def lineage(self, version: Version) -> tuple[Version, ...]:
        """Every ancestor once, the nearest first."""
        return self._walk(version, step="parent_id", of="version_id")

    def descendants(self, version: Version) -> tuple[Version, ...]:
        """Every version made from this one, also through others, the nearest first."""
        return self._walk(version, step="version_id", of="parent_id")

    def move_label(
        self,
        kind: str,
        reference: str,
        *,
        label: str,
        actor: str,
        reason: str = "",
        expected_number: int | None = None,
    ) -> LabelMove:
        """Set a label on a version; it leaves the one where it stood.

        Args:
            kind: The version's kind.
            reference: The version, as for ``resolve``.
            label: E.g. ``"production"``. Not ``latest``, and not a number.
            actor: Who moves it.
            reason: Why.
            expected_number: Where it must stand now, 0 for nowhere; None moves it in any case.

        Raises:
            ConflictError: It stands elsewhere.
            NotFoundError: There is no such version.
        """
        _check_label(label)
        with self.database.transaction():
            version = self.resolve(kind, reference)
            return self._move(
                kind,
                version.name,
                label,
                version.number,
                actor=actor,
                reason=reason,
                expected_number=expected_number,
            )

    def remove_label(
        self, kind: str, name: str, *, label: str, actor: str, reason: str = ""
    ) -> LabelMove:
        """Take a label off. Raises NotFoundError if it stands nowhere."""
        with self.database.transaction():
            if self._labelled(kind, name, label) is None:
                raise NotFoundError.among("label", label, self.labels(kind, name))
            return self._move(kind, name, label, None, actor=actor, reason=reason)

    def labels(self, kind: str, name: str) -> dict[str, int]:
        """The labels of a name, and the number of the version that each stands on."""
        rows = self.database.read(
            "SELECT label, to_number FROM label_moves WHERE id IN (SELECT max(id) FROM "
            "label_moves WHERE kind = ? AND name = ? GROUP BY label) AND to_number IS NOT NULL "
            "ORDER BY label",
            (kind, name),
        )
        return {row["label"]: row["to_number"] for row in rows}

    def label_history(self, kind: str, name: str, *, label: str) -> tuple[LabelMove, ...]:
        """Every move of a label, the first one first."""
        rows = self.database.read(
            "SELECT kind, name, label, from_number, to_number, actor, reason, moved_s "
            "FROM label_moves WHERE kind = ? AND name = ? AND label = ? ORDER BY id",
            (kind, name, label),
        )
        return tuple(LabelMove(*row) for row in rows)

    def _labelled(self, kind: str, name: str, label: str) -> int | None:
        row = self.database.read_one(
            "SELECT to_number FROM label_moves WHERE kind = ? AND name = ? AND label = ? "
            "ORDER BY id DESC LIMIT 1",
            (kind, name, label),
        )
        return row["to_number"] if row else None

    def _move(
        self,
        kind: str,
        name: str,
        label: str,
        to_number: int | None,
        *,
        actor: str,
        reason: str,
        expected_number: int | None = None,
    ) -> LabelMove:
        check_text(actor, what="actor")
        stands = self._labelled(kind, name, label)
        if expected_number is not None and expected_number != (stands or 0):
            raise ConflictError(
                f"label {label!r} of {kind} {name!r} stands on {stands or 'none'}, "
                f"not on {expected_number}",
                hint="look at it again and repeat the move",
                found=stands,
            )
        move = LabelMove(kind, name, label, stands, to_number, actor, reason, time.time())
        with self.database.transaction() as connection:
            connection.execute(
                "INSERT INTO label_moves (kind, name, label, from_number, to_number, actor, "
                "reason, moved_s) VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (kind, name, label, stands, to_number, actor, reason, move.moved_s),
            )
        return move

    def _walk(self, version: Version, *, step: str, of: str) -> tuple[Version, ...]:
        # A version's parents are there before it, so this ends. UNION drops what is found twice
        # at one depth; the grouping takes what is found at several once, at the nearest.
        rows = self.database.read(
            "WITH RECURSIVE found (id, depth) AS (SELECT ?1, 0 UNION "
            f"SELECT p.{step}, depth + 1 FROM found JOIN version_parents p ON p.{of} = found.id) "
            "SELECT v.*, min(depth) AS nearest FROM found JOIN versions v ON v.id = found.id "
            "WHERE v.id <> ?1 GROUP BY v.id ORDER BY nearest, v.id",
            (version.id,),
        )
        return tuple(_version(row) for row in rows)

    def _unknown(self, kind: str, name: str, which: str) -> NotFoundError:
        numbers = [version.number for version in self.list(kind, name)]
        if not numbers:
            return NotFoundError.among(kind, name, {found.name for found in self.list(kind)})
        known = [str(number) for number in numbers] + [LATEST, *self.labels(kind, name)]
        return NotFoundError.among(f"version of {kind} {name!r}", which, known)


def _check(kind: str, name: str, artifact_sha256: str | None) -> None:
    check_text(kind, what="kind")
    check_text(name, what="name")
    if "@" in name:
        raise InputError(f"the name {name!r} has an @ in it", hint="that sets off the version")
    if artifact_sha256 is not None and not _SHA256.fullmatch(artifact_sha256):
        raise InputError(
            f"{artifact_sha256!r} is not a sha256", hint="put the file into the artifacts first"
        )


def _check_label(label: str) -> None:
    if label == LATEST or not _LABEL.fullmatch(label):
        raise InputError(
            f"{label!r} cannot be a label: it has letters, digits, dots, dashes and lines, is no "
            f"number and not {LATEST!r}",
            hint="e.g. production",
        )


def _version(row: sqlite3.Row) -> Version:
    return Version(
        row["id"],
        row["kind"],
        row["name"],
        row["number"],
        row["artifact_sha256"],
        load_document(row["record"]),
        load_document(row["metadata"]),
        row["created_s"],
    )
