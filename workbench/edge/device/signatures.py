"""Signed statements: bytes, who signed them, and the signature."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Collection

from . import canonical, ed25519
from .faults import Fault
from .manifest import SIGNATURE_FORMAT

_KEY = re.compile(r"[0-9a-f]{64}")
_SIGNATURE = re.compile(r"[0-9a-f]{128}")


def name_key(public_key: str) -> str:
    """The name of a public key (hexadecimal): the beginning of its sha256, as the ledger's are."""
    return hashlib.sha256(bytes.fromhex(public_key)).hexdigest()[:16]


def signed_bytes(form: str, said: bytes) -> bytes:
    """What is signed: the form's name, so that no statement passes for one of another kind."""
    return form.encode() + b"\n" + said


def dump_signature(key: str, signature: bytes) -> bytes:
    """A signature's file, with the public key (hexadecimal) that it is by."""
    return canonical.dump({"format": SIGNATURE_FORMAT, "key": key, "signature": signature.hex()})


def check_signature(form: str, said: bytes, data: bytes, keys: Collection[str] | None) -> str:
    """Hold a statement against its signature.

    Args:
        form: The statement's form.
        said: Its bytes.
        data: The signature's file.
        keys: The public keys that may sign it, hexadecimal. With None it is held against the key
            that it names itself, which shows that it is whole and not whose it is.

    Returns:
        The key that signed it.

    Raises:
        Fault: ``integrity``: the signature is damaged or of something else. ``two-masters``: it is
            by a key that is not among ``keys``.
    """
    value = canonical.load(data, "the signature")
    known = isinstance(value, dict) and set(value) == {"format", "key", "signature"}
    if not known or value["format"] != SIGNATURE_FORMAT:
        raise Fault("integrity", f"the signature is not of the form {SIGNATURE_FORMAT}")
    key, signature = str(value["key"]), str(value["signature"])
    if not _KEY.fullmatch(key) or not _SIGNATURE.fullmatch(signature):
        raise Fault("integrity", "the signature is damaged", hint="get it again")
    if keys is not None and key not in keys:
        trusted = ", ".join(sorted(map(name_key, keys))) or "none"
        raise Fault(
            "two-masters",
            f"it is signed with the key {name_key(key)}; trusted here: {trusted}",
            hint="find out who signed it; a key that is to be trusted is named with --key",
        )
    if not ed25519.verify(bytes.fromhex(key), signed_bytes(form, said), bytes.fromhex(signature)):
        raise Fault(
            "integrity",
            f"it does not match its signature by {name_key(key)}",
            hint="get it again; if it stays so, somebody has changed it",
        )
    return key
