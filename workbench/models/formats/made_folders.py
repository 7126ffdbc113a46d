"""Folders that were made from other files and are kept: named once whole, and used only if sound.

What an engine reads from here is not what was fetched and checked. A byte that changed in it gives
answers without sense, and no error; so each folder says the sha256 of its files, and one that does
not hold to it is made again. A file found sound is not read again in this process while its inode,
size and times stay the same: the rule of ``store.artifacts``.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workbench.store.files import hash_file, saying_why, sync_folder, write_json

log = logging.getLogger(__name__)

LIST = "complete.json"
_PART = ".part-"
_OLD_S = 6 * 3600.0

_State = tuple[int, int, int, int]
_sound: dict[str, tuple[_State, str]] = {}


@contextmanager
def making(folder: Path) -> Iterator[Path]:
    """A folder to write into, which takes its name when the block ends well.

    Raises:
        StorageError: There is no room.
    """
    with saying_why(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        _remove_old_parts(folder.parent)
        part = folder.parent / f"{_PART}{os.getpid()}-{secrets.token_hex(4)}"
        part.mkdir()
        try:
            yield part
            _put_in_place(part, folder)
        finally:
            shutil.rmtree(part, ignore_errors=True)


def is_sound(folder: Path) -> bool:
    """Whether all files of a folder are there, byte for byte as they were made."""
    try:
        listed = json.loads((folder / LIST).read_text())
        if any(isinstance(told, int) for told in listed.values()):
            return False  # of before this rule: it says sizes, by which nothing can be told
        wrong = [name for name, sha256 in listed.items() if _sha256(folder / name) != sha256]
    except (FileNotFoundError, NotADirectoryError):
        return False
    except (ValueError, AttributeError):
        wrong = [LIST]
    if wrong:
        log.warning("%s is not as it was made (%s): made again", folder, ", ".join(wrong))
    return not wrong


def _sha256(path: Path) -> str:
    found = path.stat()
    state = (found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns)
    known = _sound.get(str(path))
    if known is None or known[0] != state:
        known = _sound[str(path)] = (state, hash_file(path))
    return known[1]


def _put_in_place(part: Path, folder: Path) -> None:
    """Give a folder its name, with a list of its files; a sound one that is there already stays."""
    files = sorted(file for file in part.rglob("*") if file.is_file())
    write_json(part / LIST, {str(file.relative_to(part)): hash_file(file) for file in files})
    sync_folder(part)
    try:
        part.rename(folder)
    except OSError:
        if is_sound(folder):
            return  # another process was first; its folder is the same
        shutil.rmtree(folder)  # someone deleted or changed a file of it
        part.rename(folder)
    sync_folder(folder.parent)


def _remove_old_parts(parent: Path) -> None:
    """Remove what killed processes left behind; those still running are young."""
    for part in parent.glob(f"{_PART}*"):
        if time.time() - part.stat().st_mtime > _OLD_S:
            log.info("removing %s, left by a conversion that was killed", part)
            shutil.rmtree(part, ignore_errors=True)
