"""Whether anybody waits for a model or its answer, told to other processes by a lock.

A pool shares the lock of one file as long as it has a request; whoever would rather work while
nobody waits looks whether it is free. The kernel lets go of it when a process ends, however.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
from pathlib import Path

from workbench.core import settings
from workbench.core.errors import StorageError
from workbench.store.files import make_folder, saying_why

log = logging.getLogger(__name__)


class Demand:
    """What one pool tells. Not safe for threads: its pool's lock guards it."""

    def __init__(self) -> None:
        self._path = _path()
        self._handle: int | None = None
        self._told = False

    def tell(self, is_asked: bool) -> None:
        """Say whether there is a request. Never blocks and never raises."""
        if is_asked == self._told:
            return
        self._told = is_asked
        try:
            if self._handle is None:
                with saying_why(self._path):
                    make_folder(self._path.parent)
                    self._handle = os.open(self._path, os.O_CREAT | os.O_RDWR, 0o600)
            fcntl.flock(self._handle, fcntl.LOCK_SH | fcntl.LOCK_NB if is_asked else fcntl.LOCK_UN)
        except BlockingIOError:
            self._told = False  # somebody looks in this instant; it is told with the next change
        except (OSError, StorageError) as error:
            log.warning("it cannot be told whether requests wait: %s", error)

    def close(self) -> None:
        """Say for good that there is none."""
        handle, self._handle = self._handle, None
        self._told = False
        if handle is not None:
            with contextlib.suppress(OSError):
                os.close(handle)


def is_asked() -> bool:
    """Whether a pool in any process of this home has a request that waits or is answered."""
    try:
        handle = os.open(_path(), os.O_RDWR)
    except OSError:  # no pool has ever told
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def _path() -> Path:
    return settings.home() / "pool" / "asked.lock"
