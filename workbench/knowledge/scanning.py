"""What files a folder holds that could be documents, and whether they are what they were."""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from workbench.core.errors import InputError, NotFoundError

from .readers.registry import Reader, reader_of

# A file that was changed twice within a tick of the file system's clock looks as it did.
_SETTLED_NS = 2_000_000_000
_LEFT_OUT = {"__pycache__", "node_modules"}


@dataclass(frozen=True)
class Look:
    """What a file looks like from outside. ``path`` is relative to its folder, with slashes."""

    folder_id: int
    path: str
    full: str
    reader: Reader
    size_bytes: int
    mtime_ns: int
    ctime_ns: int
    inode: int

    def is_as(self, row: tuple[int, int, int, int, int]) -> bool:
        """Whether it looks as it did when it was last hashed, long enough after it was changed."""
        size_bytes, mtime_ns, ctime_ns, inode, looked_ns = row
        return (size_bytes, mtime_ns, ctime_ns, inode) == (
            self.size_bytes,
            self.mtime_ns,
            self.ctime_ns,
            self.inode,
        ) and looked_ns - max(mtime_ns, ctime_ns) > _SETTLED_NS


@dataclass
class Passed:
    """What is not a document: endings that no reader knows, and files that cannot be asked for."""

    endings: Counter[str] = field(default_factory=Counter)
    faults: dict[str, str] = field(default_factory=dict)


def find_folder(path: Path) -> Path:
    """A folder as it is kept: absolute, links resolved.

    Raises:
        NotFoundError: It is not there.
        InputError: It is no folder.
    """
    full = path.expanduser().resolve()
    if not full.exists():
        raise NotFoundError(f"there is no folder {path}", hint="name a folder with documents")
    if not full.is_dir():
        raise InputError(f"{path} is a file", hint=f"name its folder: {path.parent}")
    return full


def scan(folder_id: int, root: Path, passed: Passed) -> Iterator[Look]:
    """The documents of a folder and those below it, in the order of their paths.

    Hidden files and folders, and links to folders, are left out.
    """

    def failed(error: OSError) -> None:
        where = os.fsdecode(error.filename or "")
        passed.faults[_shown(os.path.relpath(where, root))] = error.strerror or str(error)

    # Strings rather than paths: with these, half of an update in which nothing changed was parsing.
    cut = len(str(root).rstrip("/")) + 1
    for folder, folders, names in os.walk(root, onerror=failed):
        folders[:] = sorted(
            each for each in folders if not each.startswith(".") and each not in _LEFT_OUT
        )
        for name in sorted(names):
            if not name.startswith("."):
                full = f"{folder.rstrip('/')}/{name}"
                found = _look(folder_id, full, full[cut:], passed)
                if found is not None:
                    yield found


def _look(folder_id: int, full: str, path: str, passed: Passed) -> Look | None:
    name = path.rpartition("/")[2]
    stem, dot, ending = name.rpartition(".")
    ending = (dot + ending).lower() if stem else ""
    reader = reader_of(ending)
    if reader is None:
        passed.endings[ending or name] += 1
        return None
    try:
        path.encode()
        found = os.stat(full)  # noqa: PTH116 - of each file
    except UnicodeEncodeError:
        passed.faults[_shown(path)] = "its name is no text: rename it"
        return None
    except OSError as error:
        passed.faults[path] = error.strerror or str(error)
        return None
    if not stat.S_ISREG(found.st_mode):
        passed.faults[path] = "it is no file"
        return None
    return Look(
        folder_id,
        path,
        full,
        reader,
        found.st_size,
        found.st_mtime_ns,
        found.st_ctime_ns,
        found.st_ino,
    )


def _shown(path: str) -> str:
    return path.encode("utf-8", "backslashreplace").decode()
