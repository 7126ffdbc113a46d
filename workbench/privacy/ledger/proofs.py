"""A proof that an entry stood in the ledger when it was signed: small enough to hand over.

It holds the entry, a signed checkpoint, the path from the one to the other, and, if asked for, that
the checkpoint goes on from an older one. Nothing of the other entries can be read off it.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.core.cancellation import check_cancelled
from workbench.core.errors import ConflictError, InputError, IntegrityError, NotFoundError
from workbench.core.viewers import Viewable
from workbench.store import files
from workbench.store.database import Database, open_database
from workbench.store.ledger import Ledger

from .checkpoints import PUBLIC_KEY_NAME, checkpoints_folder, list_checkpoints, plain_of
from .merkle import MerkleTree
from .portable import lines_of
from .verifier import PROOF_FORMAT, Signed, verify_proof


@dataclass(frozen=True)
class EntryProof(Viewable):
    """A proof that was written: of which entry, against which checkpoint."""

    number: int
    size: int
    since: int | None
    steps: int
    path: Path
    public_key: Path


def prove_entry(
    number: int, out: Path, *, since: int | None = None, database: Database | None = None
) -> EntryProof:
    """Write the proof that an entry is in the ledger that the newest checkpoint signed.

    Args:
        number: The entry.
        out: The file to write.
        since: The size of an older checkpoint; the proof then shows that its entries all stayed.
        database: The store, by default that of WORKBENCH_HOME.

    Raises:
        ConflictError: No checkpoint covers the entry yet.
        IntegrityError: The ledger is not what was signed.
        NotFoundError: There is no such entry, or no checkpoint of that size.
    """
    ledger, folder = Ledger(database or open_database()), checkpoints_folder()
    last = ledger.head().number
    if not 1 <= number <= last:
        raise NotFoundError(f"no entry {number}: there are {last}", hint="workbench store ledger")
    kept = {each.checkpoint.size: each for each in list_checkpoints()}
    newest = kept[max(kept)] if kept else None
    if newest is None or newest.checkpoint.size < number:
        raise ConflictError(
            f"no checkpoint covers entry {number} yet", hint="workbench privacy ledger checkpoint"
        )
    older = None if since is None else kept.get(since)
    if since is not None and older is None:
        sizes = ", ".join(map(str, sorted(kept)))
        raise NotFoundError(f"no checkpoint of size {since}; known: {sizes}", hint=f"since={sizes}")
    lines = _first_lines(ledger, newest.checkpoint.size)
    proof = make_proof(MerkleTree(lines), lines[number - 1], number, newest, older)
    public_key = folder / PUBLIC_KEY_NAME
    report = verify_proof(proof, public_key=_read(public_key))
    if report.fault is not None:
        raise IntegrityError(
            f"there is no proof of entry {number}: {report.fault.reason}",
            hint="workbench privacy ledger verify",
        )
    import rfc8785

    files.write_bytes(out, rfc8785.dumps(proof) + b"\n")
    steps = len(proof["inclusion"])
    return EntryProof(number, newest.checkpoint.size, since, steps, out, public_key)


def make_proof(
    tree: MerkleTree, line: bytes, number: int, signed: Signed, older: Signed | None = None
) -> dict[str, Any]:
    """The proof as plain data."""
    size = signed.checkpoint.size
    if tree.size < size:
        raise InputError(f"the tree has {tree.size} leaves, and {size} were signed")
    extends = older and {
        "checkpoint": plain_of(older),
        "path": [n.hex() for n in tree.consistency(older.checkpoint.size, size=size)],
    }
    return {
        "checkpoint": plain_of(signed),
        "entry": line.decode(),
        "extends": extends,
        "format": PROOF_FORMAT,
        "inclusion": [node.hex() for node in tree.inclusion(number - 1, size=size)],
    }


def _first_lines(ledger: Ledger, size: int) -> list[bytes]:
    lines = []
    with closing(ledger.walk()) as entries:
        for line in lines_of(entries):
            lines.append(line[:-1])
            if len(lines) == size:
                return lines
            if not len(lines) & 0x3FFF:
                check_cancelled()
    raise IntegrityError(
        f"the ledger ends at entry {len(lines)}, and {size:,} were signed: the end was cut off",
        hint="workbench privacy ledger verify",
        broken_at=len(lines) + 1,
    )


def _read(public_key: Path) -> bytes:
    try:
        return public_key.read_bytes()
    except FileNotFoundError:
        raise NotFoundError(
            f"the public key {public_key} is gone", hint="workbench privacy ledger checkpoint"
        ) from None
