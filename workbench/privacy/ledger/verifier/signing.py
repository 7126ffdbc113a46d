"""Signed checkpoints: reading them, and holding them against a public key (Ed25519, RFC 8032)."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

CHECKPOINT_FORMAT = "workbench-ledger-checkpoint/1"


class CannotCheckError(Exception):
    """What was given is no ledger, checkpoint, proof or key, so nothing can be said of it."""


@dataclass(frozen=True)
class Checkpoint:
    """What was signed: the root of the tree over the first ``size`` entries, at a time (UTC)."""

    origin: str
    size: int
    root: str
    time: str

    def signed_bytes(self) -> bytes:
        """The bytes under the signature: the format's name, and RFC 8785's form of the rest."""
        body = json.dumps(asdict(self), sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return f"{CHECKPOINT_FORMAT}\n{body}".encode()


@dataclass(frozen=True)
class Signed:
    """A checkpoint with its signature; ``key`` names the key, ``name`` the file."""

    checkpoint: Checkpoint
    key: str
    signature: bytes
    name: str = ""


def read_checkpoint(text: bytes, name: str = "") -> Signed:
    """A signed checkpoint from its file. Raises CannotCheckError if it is none."""
    try:
        return signed_of(json.loads(text), name)
    except (ValueError, RecursionError) as error:
        raise CannotCheckError(f"{name or 'this'} is no checkpoint: {error}") from None


def signed_of(value: Any, name: str) -> Signed:
    """A signed checkpoint from plain data. Raises CannotCheckError if it is none."""
    try:
        said = value["checkpoint"]
        texts = (said["origin"], said["root"], said["time"], value["key"], value["signature"])
        known = set(said) == {"origin", "root", "size", "time"} and all(
            isinstance(text, str) for text in texts
        )
        known = known and type(said["size"]) is int and said["size"] > 0
        if value["format"] != CHECKPOINT_FORMAT or not known:
            raise ValueError(f"it is not of the form {CHECKPOINT_FORMAT}")
        signature = base64.b64decode(value["signature"], validate=True)
        checkpoint = Checkpoint(said["origin"], said["size"], said["root"], said["time"])
    except (KeyError, TypeError, ValueError) as error:
        raise CannotCheckError(f"{name or 'this'} is no checkpoint: {error!r}") from None
    return Signed(checkpoint, value["key"], signature, name)


def load_public_key(pem: bytes) -> Any:
    """An Ed25519 public key. Raises CannotCheckError if it is another thing."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    if b"PRIVATE" in pem:
        raise CannotCheckError(
            "this is a private key: whoever has it can sign; give the public one"
        )
    try:
        key = load_pem_public_key(pem)
    except (ValueError, UnsupportedAlgorithm):
        raise CannotCheckError("the public key is no PEM") from None
    if not isinstance(key, Ed25519PublicKey):
        raise CannotCheckError("the public key is not of Ed25519")
    return key


def name_key(key: Any) -> str:
    """The name of a public key: the beginning of its sha256."""
    return hashlib.sha256(key.public_bytes_raw()).hexdigest()[:16]


def signature_fault(signed: Signed, key: Any) -> str:
    """What is wrong with a checkpoint's signature; empty if nothing is."""
    from cryptography.exceptions import InvalidSignature

    what = f"checkpoint {signed.checkpoint.size} ({signed.name})"
    if signed.key != name_key(key):
        return f"{what} is signed with the key {signed.key}, not with yours, {name_key(key)}"
    try:
        key.verify(signed.signature, signed.checkpoint.signed_bytes())
    except InvalidSignature:
        return f"{what} does not match its signature"
    return ""


def first_signature_fault(checkpoints: Sequence[Signed], public_key: bytes | None) -> str:
    """What is wrong with the first checkpoint that is not rightly signed; empty if all are.

    Raises:
        CannotCheckError: There is no key, or it is no public key of Ed25519.
    """
    if not checkpoints:
        return ""
    if public_key is None:
        raise CannotCheckError("checkpoints are worth nothing without the public key of the signer")
    key = load_public_key(public_key)
    return next((said for each in checkpoints if (said := signature_fault(each, key))), "")
