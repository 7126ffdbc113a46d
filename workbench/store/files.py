"""Files that are whole or not there: write beside, fsync, rename."""

from __future__ import annotations

import errno
import json
import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from workbench.core.errors import StorageError

_PART = ".part-"


@contextmanager
def saying_why(path: Path) -> Iterator[None]:
    """Turn an operating-system fault on ``path`` into a StorageError that says what to do."""
    try:
        yield
    except StorageError:
        raise
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise StorageError(
                f"no space left on the disk for {path}",
                hint="free some space, or set WORKBENCH_HOME to another disk",
                path=str(path),
            ) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise StorageError(
                f"{path} cannot be written: {error.strerror}",
                hint="set WORKBENCH_HOME to a folder of your own",
                path=str(path),
            ) from error
        raise


@contextmanager
def replacing(path: Path, *, text: bool = False) -> Iterator[IO[Any]]:
    """Open a file that takes the place of ``path`` only when the block ends well.

    A reader sees the old bytes or the new ones, never a part, also after a crash. If the block
    fails nothing is left behind.

    Raises:
        StorageError: The disk is full, or the folder cannot be written.
    """
    path = Path(path)
    part = path.with_name(f".{path.name}{_PART}{os.getpid()}-{secrets.token_hex(4)}")
    with saying_why(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with part.open("w" if text else "wb", encoding="utf-8" if text else None) as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            part.replace(path)
            sync_folder(path.parent)
        finally:
            part.unlink(missing_ok=True)


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
    """Remove what writers that were killed left behind. Parts of live writers are young."""
    import time

    removed = []
    for part in folder.glob(f".*{_PART}*"):
        if time.time() - part.stat().st_mtime > older_than_s:
            part.unlink(missing_ok=True)
            removed.append(part)
    return removed
