"""Bringing records to the other side, over loopback or a line, or by a folder that is carried.

A record is forgotten here when a receipt for it has come, and not before. Whatever breaks off in
between, the record is sent again, and the other side knows it by its name.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from . import disk, letters, state
from .faults import Fault
from .outbox import Outbox, Record
from .sources import HttpSource, is_address

ENROLMENT = "enrolment.json"
ROUTE = "edge/v1/records"


@dataclass(frozen=True)
class Enrolment:
    """Under what name a device is known to the other side, and the secret that shows it."""

    device: str
    secret: bytes


@dataclass(frozen=True)
class Sync:
    """What a synchronisation did: records the other side has now, refused ones, waiting ones."""

    taken: int
    refused: int
    waiting: int
    letters: int
    note: str = ""


def enrol(root: Path, enrolment: Path) -> Enrolment:
    """Keep what ``workbench edge enrol`` wrote for this device.

    Raises:
        Fault: ``input``: it is no enrolment, or another one is there already.
    """
    made = _read_enrolment(enrolment)
    kept = root / ENROLMENT
    if kept.exists() and _read_enrolment(kept) != made:
        raise Fault(
            "two-masters",
            f"{root} is enrolled as {_read_enrolment(kept).device} already",
            hint=f"take {kept} away first, if its records are sent",
        )
    with disk.saying_why(kept):
        disk.write_file(kept, enrolment.read_bytes(), mode=0o600)
    return made


def sync(root: Path, place: str, *, most: int = 500) -> Sync:
    """Bring what waits to the other side, and let go of what it says it has.

    Args:
        root: The device's folder.
        place: An address, or a folder that is carried between the two.
        most: Records in one letter.

    Raises:
        Fault: ``not-found``: the device is not enrolled. ``fetch``: the other side cannot be
            reached; everything waits on. ``access``: it does not know this device.
    """
    with state.locked(root):
        path = root / ENROLMENT
        if not path.exists():
            raise Fault(
                "not-found",
                f"{root} is not enrolled",
                hint="workbench edge enrol NAME, then: enrol FILE",
            )
        known = _read_enrolment(path)
        with Outbox(root) as outbox:
            carry = _by_address if is_address(place) else _by_folder
            return carry(outbox, known, place, most)


def _by_address(outbox: Outbox, known: Enrolment, place: str, most: int) -> Sync:
    taken = refused = sent = 0
    source = HttpSource(place.rstrip("/") + "/" + ROUTE)
    try:
        while records := outbox.waiting(most=most):
            data = letters.write_letter(known.device, records, known.secret)
            headers = {"Content-Type": "application/octet-stream"}
            status, answer = source.request("POST", headers, data)
            if status != 200:
                raise _refusal(status, answer, place)
            receipt = letters.read_receipt(answer, known.secret)
            gone, aside = _settle(outbox, receipt)
            taken, refused, sent = taken + gone, refused + aside, sent + 1
            if not gone and not aside:
                raise Fault("fetch", f"{place} took none of {len(records)} records", hint="ask it")
    finally:
        source.close()
    return Sync(taken, refused, outbox.count()[0], sent)


def _by_folder(outbox: Outbox, known: Enrolment, place: str, most: int) -> Sync:
    """Take the receipts that came, and leave letters with all that waits."""
    folder = Path(place)
    if not folder.is_dir():
        raise Fault("not-found", f"there is no folder {folder}", hint="mount it, or make it")
    taken = refused = sent = 0
    here, there = folder / f"to-{known.device}", folder / f"from-{known.device}"
    with disk.saying_why(folder):
        disk.make_folders(here)
        disk.make_folders(there)
        damaged = 0
        for path in sorted(here.glob("*.receipt")):
            try:
                receipt = letters.read_receipt(path.read_bytes(), known.secret)
            except Fault:  # cut off on its way, or of a stick for another: its letter goes again
                damaged += 1
                continue
            gone, aside = _settle(outbox, receipt)
            taken, refused = taken + gone, refused + aside
            path.unlink()
        left = outbox.waiting(most=1_000_000, most_bytes=1 << 60)
        size = 0
        batch: list[Record] = []
        for record in left:
            if len(batch) >= most or (batch and size + len(record.body) > letters.MOST_BYTES // 4):
                sent += _leave(there, known, batch)
                batch, size = [], 0
            batch.append(record)
            size += len(record.body)
        sent += _leave(there, known, batch) if batch else 0
    notes = [f"bring {folder} to the other side, and back for its receipts"] if sent else []
    if damaged:
        told = "1 receipt in {} is" if damaged == 1 else f"{damaged} receipts in {{}} are"
        notes.append(f"{told.format(here)} damaged, or not of this device's secret")
    return Sync(taken, refused, outbox.count()[0], sent, "; ".join(notes))


def _leave(folder: Path, known: Enrolment, batch: list[Record]) -> int:
    data = letters.write_letter(known.device, batch, known.secret)
    disk.write_file(folder / f"{batch[0].id}-{len(batch)}.letter", data)
    return 1


def _settle(outbox: Outbox, receipt: letters.Receipt) -> tuple[int, int]:
    outbox.set_aside(receipt.refused)
    return outbox.forget(receipt.taken), len(receipt.refused)


def _refusal(status: int, answer: bytes, place: str) -> Fault:
    try:
        said = json.loads(answer)
        return Fault(said["code"], said["message"], hint=said.get("hint", ""))
    except (ValueError, KeyError, TypeError, AssertionError):
        return Fault("fetch", f"{place} answered {status}", hint="try again later")


def _read_enrolment(path: Path) -> Enrolment:
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        return Enrolment(str(said["device"]), bytes.fromhex(said["secret"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Fault(
            "input", f"{path} is no enrolment: {error}", hint="workbench edge enrol NAME"
        ) from None
