"""What stands between a source and the store: a lock, a look at the space, a check of the bytes."""

from __future__ import annotations

import fcntl
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from workbench.core.cancellation import check_cancelled
from workbench.core.errors import IntegrityError, StorageError
from workbench.core.progress import Progress

from .files import saying_why

_LOCK_TICK_S = 0.1


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Make ``folder`` and hold it alone: two processes never fetch one thing at once.

    The lock is gone with its process, however that ends. An empty folder is removed afterwards,
    and the lock's file with it.
    """
    with saying_why(folder):
        folder.parent.mkdir(parents=True, exist_ok=True)
        # The lock lies beside the folder, so that the folder itself can be removed under it.
        place = folder.with_name(folder.name + ".lock")
        handle = _lock(place)
    with handle:
        with saying_why(folder):
            folder.mkdir(exist_ok=True)
        try:
            yield
        finally:
            if not any(folder.iterdir()):
                folder.rmdir()
                place.unlink(missing_ok=True)


def _lock(place: Path) -> IO[str]:
    """The file, open and held. It may have been removed by who held it before: then anew."""
    while True:
        handle = place.open("w")
        try:
            _wait_for(handle)
            if _is_still(handle, place):
                return handle
        except BaseException:
            handle.close()
            raise
        handle.close()


def _is_still(handle: IO[str], place: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle.fileno()), place.stat())
    except FileNotFoundError:
        return False


def _wait_for(handle: IO[str]) -> None:
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            check_cancelled()
            time.sleep(_LOCK_TICK_S)


def check_space(folder: Path, needed_bytes: int) -> None:
    """Raise StorageError with the figures if the disk of ``folder`` has too little room."""
    existing = next(place for place in (folder, *folder.parents) if place.exists())
    free_bytes = shutil.disk_usage(existing).free
    if free_bytes < needed_bytes:
        raise StorageError(
            f"{format_bytes(needed_bytes)} are needed in {folder}, "
            f"{format_bytes(free_bytes)} are free",
            hint="free some space, or set WORKBENCH_HOME to another disk",
            needed_bytes=needed_bytes,
            free_bytes=free_bytes,
        )


def format_bytes(size_bytes: int) -> str:
    """A size as people read it, in decimal units."""
    size, unit = float(size_bytes), "bytes"
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000 or unit == "GB":
            break
        size /= 1000
    return f"{size:.0f} {unit}" if unit == "bytes" else f"{size:.1f} {unit}"


class MeteredStream:
    """A stream that reports what was read of it and refuses to be longer or shorter than said."""

    def __init__(
        self,
        stream: IO[bytes],
        *,
        label: str,
        size_bytes: int | None,
        hashed: bool,
        task: Progress,
    ) -> None:
        self._stream, self._label, self._task = stream, label, task
        self._hashed = hashed  # a short file then fails on its sha256, which says more
        self._size_bytes = size_bytes
        self._seen_bytes = 0

    def read(self, size: int = -1, /) -> bytes:
        """The next bytes.

        Raises:
            IntegrityError: There are more bytes than expected; it is not read on, so an archive
                that unpacks to far more than it says cannot fill the disk.
            CancelledError: The run was cancelled.
        """
        chunk = self._stream.read(size)
        self._seen_bytes += len(chunk)
        self._task.update(self._seen_bytes)
        if self._size_bytes is None:
            return chunk
        too_short = not chunk and not self._hashed and self._seen_bytes < self._size_bytes
        if self._seen_bytes > self._size_bytes or too_short:
            found = self._seen_bytes if too_short else "more"
            raise IntegrityError(
                f"{self._label}: expected {self._size_bytes} bytes, found {found}",
                hint="nothing of it was kept; fetch again, and if it stays distrust the source",
            )
        return chunk
