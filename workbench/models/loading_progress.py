"""Signs of life while a model loads: libraries take seconds and say nothing."""

from __future__ import annotations

import contextvars
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from workbench.core.errors import CancelledError
from workbench.core.progress import Progress, progress

_TICK_S = 0.5


@contextmanager
def tell_loading(name: str, engine: str) -> Iterator[None]:
    """Report a load as progress, with the seconds that it has taken so far."""
    with progress(f"load {name} into {engine}") as task:
        done = threading.Event()
        context = contextvars.copy_context()  # whose run it is, and who draws
        ticker = threading.Thread(
            target=context.run, args=(_tick, task, done), daemon=True, name="loading-progress"
        )
        ticker.start()
        try:
            yield
        finally:
            done.set()
            ticker.join()


def _tick(task: Progress, done: threading.Event) -> None:
    started_s = time.monotonic()
    while not done.wait(_TICK_S):
        try:
            task.update(0, message=f"{time.monotonic() - started_s:.0f} s")
        except CancelledError:  # the load itself will notice
            return
