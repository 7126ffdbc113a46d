"""Proofs of single entries: the entry, a signed checkpoint, and the path between them."""

from __future__ import annotations

import hashlib
from typing import Any

from .chain import ENTRY, Fault, Report
from .signing import (
    CannotCheckError,
    Checkpoint,
    Signed,
    load_public_key,
    signature_fault,
    signed_of,
)
from .tree import extends, hash_leaf, includes

PROOF_FORMAT = "workbench-ledger-proof/1"


def verify_proof(proof: Any, *, public_key: bytes) -> Report:
    """Check that an entry is in the ledger that was signed, from its proof and the key alone."""
    key = load_public_key(public_key)
    try:
        if proof["format"] != PROOF_FORMAT:
            raise CannotCheckError(f"this is not of the form {PROOF_FORMAT}")
        line = proof["entry"].encode()
        signed = signed_of(proof["checkpoint"], "in the proof")
        path = [bytes.fromhex(node) for node in proof["inclusion"]]
        older = proof.get("extends")
        first = None if older is None else signed_of(older["checkpoint"], "that it extends")
        added = [] if older is None else [bytes.fromhex(node) for node in older["path"]]
        fault = signature_fault(signed, key) or (signature_fault(first, key) if first else "")
        number, reason = _proved(line, signed.checkpoint, path)
        reason = fault or reason or (_grown(first, signed, added) if first else "")
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise CannotCheckError(f"this is no proof: {error!r}") from None
    said = signed.checkpoint
    checked = (1 if first is None else 2) if not reason else 0
    bad = Fault(reason, number, number) if reason else None
    covered = 0 if reason else said.size
    return Report(not reason, 1, said.root, said.origin, checked, covered, bad)


def _proved(line: bytes, said: Checkpoint, path: list[bytes]) -> tuple[int | None, str]:
    found = ENTRY.fullmatch(line)
    if found is None:
        return None, "the entry is not in the form of RFC 8785"
    before, written, after, number_text, _ = found.groups()
    number = int(number_text)
    if hashlib.sha256(before + after).hexdigest().encode() != written:
        return number, f"entry {number} does not match its hash"
    root = bytes.fromhex(said.root)
    if not includes(hash_leaf(line), number - 1, size=said.size, path=path, root=root):
        return number, f"entry {number} is not among the {said.size:,} that were signed"
    return number, ""


def _grown(first: Signed, signed: Signed, path: list[bytes]) -> str:
    old, new = first.checkpoint, signed.checkpoint
    roots = bytes.fromhex(old.root), bytes.fromhex(new.root)
    if old.origin == new.origin and extends(
        *roots, older_size=old.size, newer_size=new.size, path=path
    ):
        return ""
    return f"the {new.size} entries of {new.time} do not begin with the {old.size} of {old.time}"
