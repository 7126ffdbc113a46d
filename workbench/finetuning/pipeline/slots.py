"""The slot for training: one at a time on a machine, whichever process it goes on in."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from collections.abc import Iterator

from workbench.core import events, settings
from workbench.core.cancellation import check_cancelled
from workbench.store.files import make_folder, saying_why

_LOOK_S = 0.2


@contextlib.contextmanager
def holding_slot(name: str = "train") -> Iterator[None]:
    """Wait for a slot and have it; it is free again when the process ends, however it ends.

    Raises:
        CancelledError: It was cancelled while it waited.
    """
    folder = settings.home() / "finetuning" / "slots"
    with saying_why(folder):
        make_folder(folder)
        handle = os.open(folder / name, os.O_CREAT | os.O_RDWR, 0o600)
    told = False
    try:
        while True:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if not told:
                    events.emit("finetuning.waits", slot=name)
                    told = True
                check_cancelled()
                time.sleep(_LOOK_S)
        yield
    finally:
        os.close(handle)
