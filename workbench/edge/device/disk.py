"""Everything that is changed on the device's disk goes through here, one small deed at a time.

So a test can cut the power before and after each, and lose what was not brought to the disk yet.
"""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from .faults import Fault

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Disk:
    """The deeds. What was written lasts once ``sync`` was called, a name once its folder was."""

    def make_folder(self, path: Path) -> None:
        """Make one folder; no harm if it is there."""
        path.mkdir(exist_ok=True)

    def open(self, path: Path) -> int:
        """Open a file for writing; it is made, and stays as it is where it was there."""
        return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)

    def write(self, handle: int, data: bytes, offset: int) -> None:
        """Write at a place."""
        view = memoryview(data)
        while view:
            written = os.pwrite(handle, view, offset)
            view, offset = view[written:], offset + written

    def truncate(self, handle: int, size_bytes: int) -> None:
        """Cut a file off."""
        os.ftruncate(handle, size_bytes)

    def sync(self, handle: int) -> None:
        """Bring a file's bytes to the disk itself."""
        if sys.platform == "darwin":
            import fcntl

            with contextlib.suppress(OSError):  # some network file systems do not know it
                fcntl.fcntl(handle, fcntl.F_FULLFSYNC)
                return
        os.fsync(handle)

    def sync_folder(self, path: Path) -> None:
        """Make the names in a folder last."""
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)

    def rename(self, source: Path, destination: Path) -> None:
        """Give another name, in place of what has it."""
        source.replace(destination)

    def link(self, source: Path, destination: Path) -> None:
        """Give a second name. Raises OSError where there can be none."""
        os.link(source, destination)

    def remove(self, path: Path) -> None:
        """Take a file or a folder with all in it away; no harm if it is not there."""
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


DISK = Disk()


def use(disk: Disk) -> Disk:
    """Take another disk in this process, for tests; returns the one before."""
    global DISK
    before, DISK = DISK, disk
    return before


@contextmanager
def saying_why(path: Path) -> Iterator[None]:
    """Turn the system's faults into one that says what to do."""
    try:
        yield
    except OSError as error:
        if error.errno in _FULL:
            raise Fault("storage", f"no space left for {path}", hint="free some space") from error
        raise Fault("storage", f"{path} cannot be written: {error.strerror or error}") from error


def make_folders(folder: Path) -> None:
    """Make a folder and those above it, for good."""
    missing = []
    while not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    for each in reversed(missing):
        DISK.make_folder(each)
        DISK.sync_folder(each.parent)


def write_file(path: Path, data: bytes, *, mode: int = 0o644) -> None:
    """Write a file, whole or not at all, for good."""
    part = path.with_name(f".{path.name}.part")
    handle = DISK.open(part)
    try:
        os.fchmod(handle, mode)  # before it has words
        DISK.truncate(handle, 0)
        DISK.write(handle, data, 0)
        DISK.sync(handle)
    finally:
        os.close(handle)
    DISK.rename(part, path)
    DISK.sync_folder(path.parent)
