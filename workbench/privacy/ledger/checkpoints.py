"""Signed checkpoints: what the ledger was at a time, kept where who rewrites it does not reach.

A checkpoint is the root of the Merkle tree over all entries so far, signed with Ed25519 (RFC 8032).
Each is a file of its own in the folder of the setting ``ledger_checkpoints``, named by its size and
never written again, beside the public key. The private key is in ``ledger_keys``: who can write
only one of the two places can neither sign what was not nor take away what was.
"""

from __future__ import annotations

import base64
import datetime as dt
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.core import settings
from workbench.core.errors import ConflictError, InputError, IntegrityError
from workbench.core.progress import progress
from workbench.core.viewers import Viewable
from workbench.store import files
from workbench.store.database import Database, open_database
from workbench.store.ledger import Ledger

from .key_files import keys_folder, locked, make_key_file, read_key_file
from .portable import lines_of
from .verifier import (
    CHECKPOINT_FORMAT,
    CannotCheckError,
    Checkpoint,
    Signed,
    name_key,
    read_folder,
    verify,
)

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

PUBLIC_KEY_NAME = "public.pem"
_SIGNING_NAME = "signing.pem"


@dataclass(frozen=True)
class KeptCheckpoint(Viewable):
    """A checkpoint as it is kept; ``made`` is False where the ledger had not grown since."""

    size: int
    time: str
    root: str
    origin: str
    key: str
    path: Path = field(repr=False)
    public_key: Path = field(repr=False)
    made: bool = True


def checkpoints_folder() -> Path:
    """Where the checkpoints are (setting ``ledger_checkpoints``); it is not made here."""
    folder: Path = settings.get("ledger_checkpoints")
    return folder.absolute()


def make_checkpoint(database: Database | None = None) -> KeptCheckpoint:
    """Sign what the ledger is now, if it goes on from all that was signed before.

    The whole chain is walked: what does not hold is not signed.

    Raises:
        ConflictError: The folder's checkpoints are of another key, or it is the ledger's own.
        InputError: The ledger is empty.
        IntegrityError: The chain is broken, or not what was signed before.
        StorageError: The folder cannot be written.
    """
    ledger = Ledger(database or open_database())
    folder = checkpoints_folder()
    _refuse_same_place(folder, ledger.head_path.parent)
    head = ledger.head()
    if head.number == 0:
        raise InputError("the ledger is empty: there is nothing to sign", hint="record something")
    with locked(folder):
        signer = _load_signer()
        public = _export_public_key(signer, folder)
        before = list_checkpoints()
        with (
            closing(ledger.walk()) as entries,
            progress("Checking the ledger", total=head.number, unit="entries") as task,
        ):
            report = verify(
                lines_of(entries),
                checkpoints=before,
                public_key=public.read_bytes(),
                head=(head.number, head.hash),
                looked=task.update,
            )
        if report.fault is not None:
            raise IntegrityError(
                f"this ledger is not signed, for it is broken: {report.fault.reason}",
                hint="workbench privacy ledger verify",
                broken_at=report.fault.broken_at,
            )
        if report.signed_entries == report.entries:
            return _kept(before[-1], folder, made=False)
        now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
        said = Checkpoint(report.origin, report.entries, report.root, now)
        signed = Signed(
            said, name_key(signer.public_key()), signer.sign(said.signed_bytes()), _name(said)
        )
        files.write_bytes(folder / signed.name, file_of(signed))
    return _kept(signed, folder, made=True)


def list_checkpoints(folder: Path | None = None) -> list[Signed]:
    """The checkpoints of a folder, the oldest first; none if it is not there.

    Raises:
        IntegrityError: A file there is no checkpoint.
    """
    folder = folder or checkpoints_folder()
    if not any(folder.glob("*.json")):
        return []
    try:
        found = read_folder(folder)
    except CannotCheckError as error:
        raise IntegrityError(
            f"the checkpoints in {folder} cannot be read: {error}", hint="restore the file"
        ) from None
    return sorted(found, key=lambda each: each.checkpoint.size)


def kept_checkpoints() -> tuple[KeptCheckpoint, ...]:
    """The checkpoints of this ledger, the newest first."""
    folder = checkpoints_folder()
    return tuple(_kept(each, folder, made=True) for each in reversed(list_checkpoints()))


def plain_of(signed: Signed) -> dict[str, object]:
    """A signed checkpoint as it stands in its file and in proofs."""
    said = signed.checkpoint
    return {
        "checkpoint": {
            "origin": said.origin,
            "root": said.root,
            "size": said.size,
            "time": said.time,
        },
        "format": CHECKPOINT_FORMAT,
        "key": signed.key,
        "signature": base64.b64encode(signed.signature).decode(),
    }


def file_of(signed: Signed) -> bytes:
    """The bytes of a checkpoint's file: RFC 8785's form and a line feed."""
    import rfc8785

    return rfc8785.dumps(plain_of(signed)) + b"\n"  # type: ignore[arg-type]


def _load_signer() -> Ed25519PrivateKey:
    """The signing key, made when it is first needed.

    Raises:
        IntegrityError: The file is no key.
    """
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    path = keys_folder() / _SIGNING_NAME
    pem = read_key_file(path)
    if pem is None:
        made = Ed25519PrivateKey.generate().private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        pem = make_key_file(path, made)
    try:
        key = serialization.load_pem_private_key(pem, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        raise IntegrityError(
            f"the signing key {path} is damaged, or no key of Ed25519",
            hint="restore it from a backup; a new one needs a new folder for its checkpoints",
        )
    return key


def _export_public_key(signer: Ed25519PrivateKey, folder: Path) -> Path:
    from cryptography.hazmat.primitives import serialization

    pem = signer.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    path = folder / PUBLIC_KEY_NAME
    if not path.is_file():
        files.write_bytes(path, pem)
    elif path.read_bytes() != pem:
        raise ConflictError(
            f"the checkpoints in {folder} are signed with another key than {_SIGNING_NAME} in "
            f"{keys_folder()}",
            hint="restore that key, or set WORKBENCH_LEDGER_CHECKPOINTS to a new folder",
        )
    return path


def _refuse_same_place(folder: Path, ledger_folder: Path) -> None:
    if folder.resolve().is_relative_to(ledger_folder.resolve()):
        raise ConflictError(
            f"checkpoints in {folder} would go with the ledger itself, and prove nothing",
            hint="set WORKBENCH_LEDGER_CHECKPOINTS to a folder elsewhere",
        )


def _name(said: Checkpoint) -> str:
    return f"{said.size:012d}.json"


def _kept(signed: Signed, folder: Path, *, made: bool) -> KeptCheckpoint:
    said = signed.checkpoint
    return KeptCheckpoint(
        said.size,
        said.time,
        said.root,
        said.origin,
        signed.key,
        folder / signed.name,
        folder / PUBLIC_KEY_NAME,
        made,
    )
