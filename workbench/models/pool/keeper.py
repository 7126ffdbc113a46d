"""A pool's clock: one thread that looks again when something is due, and measures."""

from __future__ import annotations

import logging
import math
import queue
import threading
import time
from collections.abc import Callable
from typing import Protocol

log = logging.getLogger(__name__)
MEASURE_S = 1.0  # memory grows with use: how often it is looked at while there is work
_IDLE_MEASURE_S = 30.0


class Kept(Protocol):
    """What a keeper keeps."""

    def step(self) -> None:
        """Decide anew."""
        ...

    def measure(self) -> None:
        """Look at the memory, and decide anew."""
        ...


class Keeper:
    """Runs small tasks one after the other, and ``step`` when something is due."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self._inbox: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._due_s = math.inf
        self._sleeps_until_s = math.inf

    def start(self) -> None:
        """Begin, if it has not begun."""
        if self._thread is None:
            with self._starting:
                if self._thread is None:
                    self._thread = threading.Thread(
                        target=self._run, daemon=True, name="model-pool"
                    )
                    self._thread.start()

    def put(self, task: Callable[[], None]) -> None:
        """Run a small task on the keeper's thread."""
        self._inbox.put(task)

    def look_at(self, due_s: float) -> None:
        """Say when something is due next."""
        self._due_s = due_s
        if due_s < self._sleeps_until_s:
            self._inbox.put(lambda: None)

    def stop(self) -> None:
        """End after what is waiting."""
        self._inbox.put(None)
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def _run(self) -> None:
        measured_s = time.monotonic()
        while True:
            now_s = time.monotonic()
            self._sleeps_until_s = min(self._due_s, measured_s + MEASURE_S)
            try:
                task = self._inbox.get(timeout=max(0.0, self._sleeps_until_s - now_s))
            except queue.Empty:
                task = self._kept.step
            if task is None:
                return
            try:
                task()
                if time.monotonic() - measured_s >= MEASURE_S:
                    self._kept.measure()
                    measured_s = time.monotonic()
            except Exception:  # a fault in one task must not stop the pool's clock
                log.exception("a task of the model pool failed")
