"""Files and folders that are given to be checked."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from .chain import Report, read_lines, verify
from .proof import verify_proof
from .signing import CannotCheckError, Signed, read_checkpoint

_NO_LEDGER = re.compile(rb'\s*\{\s*"(?:checkpoint|format)"')  # how a proof begins, and no entry


def read_folder(folder: Path) -> list[Signed]:
    """The checkpoints of a folder, or of one file."""
    paths = sorted(folder.glob("*.json")) if folder.is_dir() else [folder]
    if not paths:
        raise CannotCheckError(f"no checkpoint in {folder}")
    return [read_checkpoint(path.read_bytes(), path.name) for path in paths]


def check_file(
    path: Path,
    checkpoints: Sequence[Signed] = (),
    public_key: bytes | None = None,
    *,
    looked: Callable[[int], None] | None = None,
) -> Report:
    """Check an exported ledger or a proof, whichever the file is."""
    with path.open("rb") as file:
        if _NO_LEDGER.match(file.read(256)):
            if public_key is None:
                raise CannotCheckError("a proof is worth nothing without the signer's public key")
            file.seek(0)
            try:
                proof = json.loads(file.read())
            except (ValueError, RecursionError) as error:
                raise CannotCheckError(f"the proof is cut off or damaged: {error}") from None
            return verify_proof(proof, public_key=public_key)
        file.seek(0)
        return verify(
            read_lines(file), checkpoints=checkpoints, public_key=public_key, looked=looked
        )
