"""Keeping one core busy, as a browser or a build does, while something is measured beside it."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import time
from collections.abc import Iterator

# It ends with its owner: standard input closes then, however that one ended.
_SPIN = """
import sys, threading
threading.Thread(target=lambda: (sys.stdin.read(), __import__("os")._exit(0)), daemon=True).start()
while True:
    sum(range(10000))
"""
_WARM_UP_S = 0.3


@contextlib.contextmanager
def busy_core() -> Iterator[None]:
    """One core's worth of work by another process, at usual priority, while the block runs."""
    process = subprocess.Popen(
        [sys.executable, "-S", "-E", "-c", _SPIN], stdin=subprocess.PIPE, process_group=0
    )
    try:
        time.sleep(_WARM_UP_S)
        yield
    finally:
        assert process.stdin is not None
        process.stdin.close()
        try:
            process.wait(timeout=2)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
