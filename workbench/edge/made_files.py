"""What a made form of a model is by its files: which ones count, their size and one digest."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.models.formats.made_folders import LIST
from workbench.store.files import hash_file

if TYPE_CHECKING:
    from workbench.models.protocol import ModelFiles

RECORD = "compressed.json"


def source_sha256(files: ModelFiles) -> str:
    """The sha256 of a GGUF; of a folder, that of the names and digests of its files."""
    if files.gguf is not None:
        return hash_file(files.gguf)
    assert files.folder is not None
    return folder_sha256(files.folder)


def folder_sha256(folder: Path) -> str:
    """One digest of a folder's files and their names, without what was noted beside them."""
    told = hashlib.sha256()
    for path in _kept(folder):
        told.update(f"{path.relative_to(folder).as_posix()} {hash_file(path)}\n".encode())
    return told.hexdigest()


def folder_bytes(folder: Path) -> int:
    """The size of those files."""
    return sum(path.stat().st_size for path in _kept(folder))


def _kept(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*") if p.is_file() and p.name not in (LIST, RECORD))
