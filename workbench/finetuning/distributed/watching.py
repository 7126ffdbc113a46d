"""A process that ends when the one that started it is gone."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
import threading
import time
from collections.abc import Callable

PARENT = "WORKBENCH_DISTRIBUTED_PARENT"
_EVERY_S = 0.5
_PR_SET_PDEATHSIG = 1


def follow_parent(parent: int, then: Callable[[], None]) -> None:
    """Call ``then``, in a thread, once ``parent`` is not this process's parent any more.

    A process that is killed cannot end those that it started, and torchrun starts each in a
    session of its own.
    """

    def look() -> None:
        while os.getppid() == parent:
            time.sleep(_EVERY_S)
        then()

    threading.Thread(target=look, daemon=True, name="follow-parent").start()


def die_with_parent() -> None:
    """On Linux: have the kernel kill this process, even a stopped one, when the thread that started
    it is gone."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
