"""One process at a time makes what many ask: the others wait for it."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workbench.core.cancellation import check_cancelled
from workbench.core.errors import BusyError
from workbench.store import files

WAIT_S = 300.0


@contextmanager
def alone(path: Path, what: str, *, wait_s: float = WAIT_S) -> Iterator[None]:
    """Hold the lock of a file, which says whose it is; the system frees it if the process dies.

    Args:
        path: The file; it stays.
        what: What is made, for the message.
        wait_s: How long another process may take.

    Raises:
        BusyError: It takes longer.
    """
    with files.saying_why(path):
        files.make_folder(path.parent)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    until_s = time.monotonic() + wait_s
    try:
        while not _taken(handle):
            check_cancelled()
            if time.monotonic() > until_s:
                holder = os.pread(handle, 32, 0).decode(errors="replace").strip()
                raise BusyError(
                    f"process {holder} has been making {what} for more than {wait_s:.0f} s",
                    hint="wait for it, or end it: it leaves nothing half",
                )
            time.sleep(0.05)
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(handle)


def _taken(handle: int) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
