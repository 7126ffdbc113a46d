"""What a user can ask of records: let a device send them, send them, take them in, see them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import annotated_types as limits

from workbench.core.operations import operation
from workbench.core.viewers import Viewable
from workbench.edge.bundles.faults import as_errors

from .receiving import Enrolled, Received


@dataclass(frozen=True)
class EdgeSync(Viewable):
    """What a synchronisation did: records that are there now, refused ones, what still waits."""

    taken: int
    refused: int
    waiting: int
    letters: int
    note: str = ""


@dataclass(frozen=True)
class RecordRow(Viewable):
    """One record that a device sent."""

    number: int
    device: str
    kind: str
    id: str
    sha256: str
    size_bytes: int
    put_s: float
    taken_s: float


@operation("edge.enrol", title="Let a device send records", produces="enrolment")
def enrol(name: str, *, out: Path | None = None) -> Enrolled:
    """Let a device in under a name, and write the file that it is enrolled with.

    The file has a secret that both sides share: bring it to the device (``python edge.py enrol
    FILE``), and to nobody else.

    Args:
        name: What it is called here.
        out: The file, by default NAME.enrolment.json.

    Raises:
        ConflictError: Another device has that name; or the file is there.
        StorageError: The file cannot be written; no device was enrolled.
    """
    from workbench.core.errors import ConflictError
    from workbench.edge.device import disk

    from .receiving import Desk

    place = (out or Path(f"{name}.enrolment.json")).absolute()
    if place.exists():
        raise ConflictError(
            f"{place} is there already, and may be the only copy of a device's secret",
            hint="name another file with --out",
        )
    desk = Desk()
    device, secret = desk.enrol(name)
    said = {"device": device, "name": name, "secret": secret.hex()}
    try:
        with as_errors(), disk.saying_why(place):
            disk.write_file(place, json.dumps(said, indent=1).encode(), mode=0o600)
    except BaseException:  # nobody has the secret: the name is free again
        desk.forget(device)
        raise
    return Enrolled(device, name, place)


@operation("edge.revoke", title="Take nothing from a device any more")
def revoke(name: str) -> None:
    """Take a device off the list: its letters are refused from now on; what it sent stays.

    Args:
        name: What it is called here.

    Raises:
        NotFoundError: There is none of that name.
    """
    from .receiving import Desk

    Desk().revoke(name)


@operation("edge.sync", title="Bring a device's records here", produces="sync")
def sync(root: Path, place: str) -> EdgeSync:
    """Bring what waits on a device to the other side, each record exactly once.

    A record is let go of when its receipt has come. By a folder that is carried it takes two ways:
    letters there, receipts back.

    Args:
        root: The device's folder.
        place: The address of ``workbench edge serve``, or a folder that is carried.

    Raises:
        NotFoundError: The device is not enrolled, or the folder is not there.
        FetchError: The other side cannot be reached; everything waits on.
        AccessError: It does not know this device.
    """
    from workbench.edge.device.reporting import note_status
    from workbench.edge.device.sending import sync as send

    with as_errors():
        note_status(root.absolute())
        done = send(root.absolute(), place)
    return EdgeSync(done.taken, done.refused, done.waiting, done.letters, done.note)


@operation("edge.receive", title="Take records in from a folder", produces="sync")
def receive(folder: Path) -> Received:
    """Take in the letters of a folder that was carried here, and leave receipts in it.

    Args:
        folder: The folder.

    Raises:
        NotFoundError: It is not there.
    """
    from .receiving import Desk, take_folder

    return take_folder(folder, Desk())


@operation("edge.records", title="List records of devices", produces="records")
def records(
    *,
    kind: str | None = None,
    device: str | None = None,
    limit: Annotated[int, limits.Ge(1)] = 50,
) -> tuple[RecordRow, ...]:
    """The records that devices sent, the newest first; what is in them is not shown.

    Args:
        kind: Only of this kind.
        device: Only of the device that is called so.
        limit: At most so many.
    """
    from workbench.store.database import open_database

    rows = open_database().read(
        "SELECT number, name, kind, id, sha256, length(body) AS size_bytes, put_s, taken_s "
        "FROM edge_records JOIN edge_devices USING (device) "
        "WHERE (?1 IS NULL OR kind = ?1) AND (?2 IS NULL OR name = ?2) "
        "ORDER BY number DESC LIMIT ?3",
        (kind, device, limit),
    )
    return tuple(RecordRow(*row) for row in rows)
