"""Files that are whole or not there: write beside, fsync, rename."""

from __future__ import annotations

import errno
import hashlib
import json
import os
import re
import secrets
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from workbench.core import settings
from workbench.core.errors import StorageError

_PART = ".part-"
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_REFUSED = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR)


def hash_file(path: Path) -> str:
    """The sha256 of a file; a blob's own name is trusted, for it was checked when it was put."""
    real = path.resolve()
    named = re.fullmatch(r"sha256-([0-9a-f]{64})", real.name)
    if named and real.parent == (settings.home() / "blobs").resolve():
        return named[1]
    with real.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def saying_why(path: Path) -> Iterator[None]:
    """Turn an operating-system fault on ``path`` into a StorageError that says what to do."""
    try:
        yield
    except StorageError:
        raise
    except OSError as error:
        if error.errno in _FULL:
            what = "a file may not grow so large" if error.errno == errno.EFBIG else "no space left"
            raise StorageError(
                f"{what} on the disk for {path}",
                hint="free some space, or " + _elsewhere(path, "another disk"),
                path=str(path),
            ) from error
        # A folder that cannot be made, as below /proc, is told as missing.
        unmakeable = error.errno == errno.ENOENT and not path.parent.exists()
        if error.errno in _REFUSED or unmakeable:
            raise StorageError(
                f"{path} cannot be written: {error.strerror}",
                hint=_elsewhere(path, "a folder of your own"),
                path=str(path),
            ) from error
        raise


def _elsewhere(path: Path, place: str) -> str:
    """What moves a file: the setting for what lies in the home, the caller's choice for others."""
    if path.absolute().is_relative_to(settings.home()):
        return f"set WORKBENCH_HOME to {place}"
    return f"have it written to {place}"


def check_place(path: Path) -> None:
    """Refuse to put a file where something else is: a rename would take a device's place.

    Work that takes long asks this before it begins.

    Raises:
        StorageError: There is a folder, a device, a pipe or a socket.
    """
    if path.is_dir():
        raise StorageError(
            f"{path} is a folder, not a file",
            hint=f"name a file in it, such as {path / 'NAME'}",
            path=str(path),
        )
    # Links such as /dev/stdout lead to what a process has open, and belong to all processes.
    is_handle = path.is_symlink() and str(path.readlink()).startswith(("/dev/", "/proc/"))
    if is_handle or (path.exists() and not path.is_file()):
        raise StorageError(
            f"{path} is no regular file but a device, a pipe or a socket; it is left as it is",
            hint=_elsewhere(path, "a folder of your own"),
            path=str(path),
        )


class Draft:
    """A file that is not there yet: written under another name until it is published."""

    def __init__(self, file: IO[Any], path: Path) -> None:
        self.file, self.path = file, path

    def publish(self, destination: Path) -> None:
        """Give the bytes their name, for good: they are on the disk before the name is."""
        check_place(destination)
        self.file.flush()
        sync_file(self.file.fileno())
        self.path.replace(destination)
        sync_folder(destination.parent)


@contextmanager
def drafting(folder: Path, name: str, *, text: bool = False) -> Iterator[Draft]:
    """Open a draft in ``folder``; unless it is published nothing is left of it.

    For content whose final name is known only when all of it was written.

    Raises:
        StorageError: The disk is full, or the folder cannot be written.
    """
    part = folder / f".{name}{_PART}{os.getpid()}-{secrets.token_hex(4)}"
    with saying_why(folder / name):
        make_folder(folder)
        try:
            with _opened(part, text) as file:
                yield Draft(file, part)
        finally:
            part.unlink(missing_ok=True)


def _opened(part: Path, text: bool) -> IO[Any]:
    try:
        return part.open("w" if text else "wb", encoding="utf-8" if text else None)
    except FileNotFoundError as error:  # a folder that is there and takes no files, as /proc
        raise PermissionError(errno.EACCES, f"no file can be made in {part.parent}") from error


@contextmanager
def replacing(path: Path, *, text: bool = False) -> Iterator[IO[Any]]:
    """Open a file that takes the place of ``path`` only when the block ends well.

    A reader sees the old bytes or the new ones, never a part, also after a crash. If the block
    fails nothing is left behind.

    Raises:
        StorageError: The disk is full, the folder cannot be written, or what is there is no
            regular file.
    """
    path = Path(path)
    check_place(path)
    with drafting(path.parent, path.name, text=text) as draft:
        yield draft.file
        draft.publish(path)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it, and make that last through a power cut."""
    if folder.is_dir():
        return
    missing = [folder]
    while not missing[-1].parent.is_dir():
        missing.append(missing[-1].parent)
    folder.mkdir(parents=True, exist_ok=True)
    for made in reversed(missing):
        sync_folder(made.parent)


def sync_file(handle: int) -> None:
    """Bring a file's bytes to the disk itself.

    On macOS ``fsync`` only hands them to the drive, which may hold them in its cache through a
    power cut; F_FULLFSYNC empties that too. Some network file systems do not know it.
    """
    if sys.platform == "darwin":
        import fcntl

        try:
            fcntl.fcntl(handle, fcntl.F_FULLFSYNC)
            return
        except OSError as error:
            if error.errno not in (errno.ENOTSUP, errno.EINVAL, errno.ENOTTY):
                raise
    os.fsync(handle)


def sync_folder(folder: Path) -> None:
    """Make a rename inside ``folder`` last through a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_bytes(path: Path, content: bytes) -> None:
    """Write ``content`` to ``path``, whole or not at all."""
    with replacing(path) as file:
        file.write(content)


def write_text(path: Path, content: str) -> None:
    """Write UTF-8 text to ``path``, whole or not at all."""
    write_bytes(path, content.encode())


def write_json(path: Path, value: Any) -> None:
    """Write ``value`` as indented JSON with sorted keys, whole or not at all."""
    write_text(
        path,
        json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n",
    )


def remove_parts(folder: Path, *, older_than_s: float = 3600.0) -> list[Path]:
    """Remove files and folders that killed writers left behind. Parts of live ones are young."""
    import shutil
    import time

    removed = []
    for part in folder.glob(f"*{_PART}*"):
        if not part.name.startswith("."):
            continue
        try:
            age_s = time.time() - part.stat().st_mtime
        except FileNotFoundError:  # its writer ended in this moment
            continue
        if age_s >= older_than_s:
            if part.is_dir():
                shutil.rmtree(part, ignore_errors=True)
            else:
                part.unlink(missing_ok=True)
            removed.append(part)
    return removed
