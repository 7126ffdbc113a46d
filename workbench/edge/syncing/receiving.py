"""Taking records in: a letter's are on the disk, all of them, before its receipt is written.

A record is known by its device and the name that the device drew when it wrote it down. So one that
comes again, because its receipt was lost, is found to be there and receipted again.
"""

from __future__ import annotations

import hashlib
import secrets
import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from workbench.core.cancellation import check_cancelled
from workbench.core.errors import (
    AccessError,
    ConflictError,
    InputError,
    IntegrityError,
    NotFoundError,
)
from workbench.core.viewers import Viewable
from workbench.edge.bundles.faults import as_errors
from workbench.edge.device import letters
from workbench.edge.device.letters import Receipt
from workbench.edge.device.outbox import Record
from workbench.store import files
from workbench.store.database import Database, open_database

_NAME_MOST = 64


@dataclass(frozen=True)
class Enrolled(Viewable):
    """A device that may send records; ``file`` is to be brought to it, and to nobody else."""

    device: str
    name: str
    file: Path


@dataclass(frozen=True)
class Received(Viewable):
    """What came of letters: records that are new, known ones, and refused ones."""

    letters: int
    new: int
    known: int
    refused: int
    reasons: tuple[str, ...] = ()


class Desk:
    """Where records come in.

    Args:
        database: The store, by default that of WORKBENCH_HOME.
    """

    def __init__(self, database: Database | None = None) -> None:
        self.database = database or open_database()
        self.clock: Callable[[], float] = time.time

    def enrol(self, name: str) -> tuple[str, bytes]:
        """Let a device in under a name; its id and its secret.

        Raises:
            ConflictError: Another one has that name.
            InputError: The name is empty or too long.
        """
        if not name.strip() or len(name) > _NAME_MOST:
            raise InputError(f"a device's name has 1 to {_NAME_MOST} letters, found {name!r}")
        device, secret = secrets.token_hex(8), secrets.token_bytes(32)
        with self.database.transaction() as connection:
            try:
                connection.execute(
                    "INSERT INTO edge_devices VALUES (?, ?, ?, ?, NULL)",
                    (device, name, secret, self.clock()),
                )
            except sqlite3.IntegrityError:
                raise ConflictError(
                    f"a device is called {name!r} already", hint="workbench edge devices"
                ) from None
        return device, secret

    def forget(self, device: str) -> None:
        """Take back an enrolment of which nothing ever came."""
        with self.database.transaction() as connection:
            connection.execute("DELETE FROM edge_devices WHERE device = ?", (device,))

    def revoke(self, name: str) -> None:
        """Take nothing from a device any more. Raises NotFoundError if there is none."""
        with self.database.transaction() as connection:
            changed = connection.execute(
                "UPDATE edge_devices SET revoked_s = coalesce(revoked_s, ?) WHERE name = ?",
                (self.clock(), name),
            ).rowcount
        if not changed:
            rows = self.database.read("SELECT name FROM edge_devices")
            known = [row["name"] for row in rows]
            raise NotFoundError.among("device", name, known, hint="workbench edge devices")

    def take(self, data: bytes) -> tuple[bytes, Received]:
        """Take a letter in. When this returns its records are on the disk.

        Returns:
            The receipt's bytes, and what came of it.

        Raises:
            AccessError: It is of no device that is enrolled, or not of who it says.
            InputError: It is no letter.
            StorageError: The disk takes nothing; nothing of the letter was taken.
        """
        with as_errors():
            secret = self._secret_of(letters.sender(data))
            letter = letters.read_letter(data, secret)
        refused: dict[str, str] = {}
        taken: list[str] = []
        with self.database.transaction() as connection:
            new = sum(
                self._take_one(connection, letter.device, record, taken, refused)
                for record in letter.records
            )
        receipt = Receipt(letter.device, letter.digest, tuple(taken), refused)
        reasons = tuple(sorted(set(refused.values())))
        told = Received(1, new, len(taken) - new, len(refused), reasons)
        return letters.write_receipt(receipt, secret), told

    def _take_one(
        self,
        connection: sqlite3.Connection,
        device: str,
        record: Record,
        taken: list[str],
        refused: dict[str, str],
    ) -> bool:
        """Take one record, unless it is there; whether it is new."""
        if hashlib.sha256(record.body).hexdigest() != record.sha256:
            refused[record.id] = "its bytes are not those that it was written down with"
            return False
        known = connection.execute(
            "SELECT sha256, kind FROM edge_records WHERE device = ? AND id = ?",
            (device, record.id),
        ).fetchone()
        if known is not None and (known["sha256"], known["kind"]) != (record.sha256, record.kind):
            refused[record.id] = (
                "another record of that name is there: two devices are enrolled as one"
            )
            return False
        taken.append(record.id)
        if known is None:
            self._insert(connection, device, record)
        return known is None

    def _insert(self, connection: sqlite3.Connection, device: str, record: Record) -> None:
        connection.execute(
            "INSERT INTO edge_records (device, id, kind, sha256, body, put_s, taken_s) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)",
            (
                device,
                record.id,
                record.kind,
                record.sha256,
                record.body,
                record.put_s,
                self.clock(),
            ),
        )

    def _secret_of(self, device: str) -> bytes:
        row = self.database.read_one(
            "SELECT secret, revoked_s FROM edge_devices WHERE device = ?", (device,)
        )
        if row is None or row["revoked_s"] is not None:
            said = "was taken off the list" if row is not None else "is not enrolled here"
            raise AccessError(f"the device {device[:32]} {said}", hint="workbench edge enrol NAME")
        return bytes(row["secret"])


def take_folder(folder: Path, desk: Desk) -> Received:
    """Take the letters of a folder that was carried here, and leave their receipts in it.

    A letter goes once its receipt is there; one that cannot be read is left, and told.

    Raises:
        NotFoundError: There is no such folder.
    """
    if not folder.is_dir():
        raise NotFoundError(f"there is no folder {folder}", hint="mount it")
    total = Received(0, 0, 0, 0)
    for path in sorted(folder.glob("from-*/*.letter")):
        check_cancelled()
        data = path.read_bytes()
        try:
            receipt, told = desk.take(data)
        except (AccessError, InputError, IntegrityError) as error:  # the others are sound
            reasons = tuple(sorted({*total.reasons, f"{path.name}: {error.message}"}))
            total = Received(total.letters, total.new, total.known, total.refused, reasons)
            continue
        device = path.parent.name.removeprefix("from-")
        name = hashlib.sha256(data).hexdigest()
        files.write_bytes(folder / f"to-{device}" / f"{name}.receipt", receipt)
        path.unlink()
        total = Received(
            total.letters + 1,
            total.new + told.new,
            total.known + told.known,
            total.refused + told.refused,
            tuple(sorted({*total.reasons, *told.reasons})),
        )
    return total
