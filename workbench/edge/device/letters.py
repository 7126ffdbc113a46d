"""Letters with records and the receipts for them, as both sides write and read them.

A letter names its device and is authenticated with a secret that both sides have (HMAC-SHA256), and
so is a receipt. Records are known by device and name: a letter that comes twice, late or out of
order changes nothing.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from . import canonical
from .faults import Fault
from .outbox import Record

LETTER, RECEIPT = "workbench-records/1", "workbench-receipt/1"
MOST_BYTES = 64 * 1024 * 1024


@dataclass(frozen=True)
class Letter:
    """Records of one device. ``digest`` is of the letter's own bytes."""

    device: str
    records: tuple[Record, ...]
    digest: str


@dataclass(frozen=True)
class Receipt:
    """What became of a letter's records, by name: now or before taken, or refused and why."""

    device: str
    letter: str
    taken: tuple[str, ...]
    refused: dict[str, str] = field(default_factory=dict)


def seal(said: dict[str, Any], secret: bytes) -> bytes:
    """A statement with its authentication behind it."""
    body = canonical.dump(said)
    return body + b"\n" + hmac.new(secret, body, hashlib.sha256).hexdigest().encode()


def unseal(data: bytes, secret: bytes, form: str) -> dict[str, Any]:
    """A statement, if it is whole and of who has the secret.

    Raises:
        Fault: ``access``: it is not. ``input``: it is of another form.
    """
    body, _, mark = data.rpartition(b"\n")
    if not hmac.compare_digest(hmac.new(secret, body, hashlib.sha256).hexdigest().encode(), mark):
        raise Fault(
            "access",
            "a letter is damaged, or not of who it says: its mark does not fit",
            hint="enrol the device again",
        )
    value = canonical.load(body, "a letter")
    if not isinstance(value, dict) or value.get("format") != form:
        raise Fault("input", f"a letter is not of the form {form}")
    return value


def sender(data: bytes) -> str:
    """Which device a letter says that it is of, before that is known to be so."""
    value = canonical.load(data.rpartition(b"\n")[0], "a letter")
    if not isinstance(value, dict) or not isinstance(value.get("device"), str):
        raise Fault("input", f"this is no letter of the form {LETTER}")
    return str(value["device"])


def write_letter(device: str, records: Sequence[Record], secret: bytes) -> bytes:
    """A letter's bytes."""
    said = {
        "format": LETTER,
        "device": device,
        "records": [
            {
                "body": base64.b64encode(each.body).decode(),
                "id": each.id,
                "kind": each.kind,
                "put_ms": round(each.put_s * 1000),
                "sha256": each.sha256,
            }
            for each in records
        ],
    }
    return seal(said, secret)


def read_letter(data: bytes, secret: bytes) -> Letter:
    """A letter from its bytes.

    Raises:
        Fault: ``access`` or ``input``: see ``unseal``.
    """
    said = unseal(data, secret, LETTER)
    try:
        records = tuple(
            Record(
                str(each["id"]),
                str(each["kind"]),
                base64.b64decode(each["body"], validate=True),
                str(each["sha256"]),
                int(each["put_ms"]) / 1000,
            )
            for each in said["records"]
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Fault("input", f"a letter is not of the form {LETTER}: {error!r}") from None
    return Letter(str(said["device"]), records, hashlib.sha256(data).hexdigest())


def write_receipt(receipt: Receipt, secret: bytes) -> bytes:
    """A receipt's bytes."""
    said = {
        "format": RECEIPT,
        "device": receipt.device,
        "letter": receipt.letter,
        "refused": dict(receipt.refused),
        "taken": list(receipt.taken),
    }
    return seal(said, secret)


def read_receipt(data: bytes, secret: bytes) -> Receipt:
    """A receipt from its bytes. Raises Fault ``access`` or ``input``."""
    said = unseal(data, secret, RECEIPT)
    try:
        return Receipt(
            str(said["device"]),
            str(said["letter"]),
            tuple(str(each) for each in said["taken"]),
            {str(id): str(reason) for id, reason in said["refused"].items()},
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise Fault("input", f"a receipt is not of the form {RECEIPT}: {error!r}") from None
