"""Key files: made once, whole or not at all, read by their owner alone, and destroyed for good.

A key is on the disk before anything is made with it, so a crash leaves at worst a key that nothing
used. Two processes that make the same key get the same one.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workbench.core import settings
from workbench.core.errors import AccessError, IntegrityError, NotFoundError
from workbench.store import files

_PRIVATE = 0o600


def keys_folder() -> Path:
    """Where the keys are (setting ``ledger_keys``); it is not made here."""
    folder: Path = settings.get("ledger_keys")
    return folder.absolute()


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """The only one, of all processes, that makes or drops keys in ``folder``."""
    path = folder / ".lock"
    with files.saying_why(path):
        files.make_folder(folder)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _PRIVATE)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def make_key_file(path: Path, content: bytes) -> bytes:
    """Keep ``content`` as a key, readable by its owner alone, unless there is one already.

    Returns:
        The key that is kept there now: ``content``, or that of who was first.
    """
    part = path.with_name(f".{path.name}.part-{os.getpid()}-{secrets.token_hex(4)}")
    with files.saying_why(path):
        files.make_folder(path.parent)
        path.parent.chmod(stat.S_IRWXU)
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _PRIVATE)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                files.sync_file(file.fileno())
            with contextlib.suppress(FileExistsError):
                os.link(part, path)  # unlike a rename it never takes the place of a key
        finally:
            part.unlink(missing_ok=True)
        files.sync_folder(path.parent)
    kept = read_key_file(path)
    if kept is None:
        raise NotFoundError(f"the key {path} was taken away while it was made", hint="try again")
    return kept


def read_key_file(path: Path, *, size_bytes: int | None = None) -> bytes | None:
    """A key; None where there is none.

    Args:
        path: Its file.
        size_bytes: How long it must be.

    Raises:
        AccessError: Others than its owner may read it.
        IntegrityError: It has not that many bytes.
    """
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            content = file.read()
    except FileNotFoundError:
        return None
    except PermissionError:
        raise AccessError(f"the key {path} may not be read", hint="ask its owner") from None
    if mode & 0o077:
        raise AccessError(
            f"others may read the key {path}: its mode is {mode:o}, and must be 600",
            hint=f"chmod 600 {path}; what was made with it may be known to others",
        )
    if size_bytes is not None and len(content) != size_bytes:
        raise IntegrityError(
            f"the key {path} is damaged: {len(content)} bytes, not {size_bytes}",
            hint="restore it from a backup",
        )
    return content


def destroy_key_file(path: Path) -> None:
    """Overwrite a key and take its name away.

    The disk may keep old bytes all the same (a solid-state drive, a snapshot, a backup): those are
    out of reach from here.
    """
    with contextlib.suppress(FileNotFoundError), files.saying_why(path):
        with path.open("r+b") as file:
            file.write(bytes(os.fstat(file.fileno()).st_size))
            file.flush()
            files.sync_file(file.fileno())
        path.unlink()
        files.sync_folder(path.parent)
