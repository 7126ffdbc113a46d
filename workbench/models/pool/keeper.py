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
IDLE_MEASURE_S = 30.0  # a laptop that nobody uses should sleep
Task = Callable[[], None]


class Kept(Protocol):
    """What a keeper keeps."""

    def step(self) -> None:
        """Decide anew."""
        ...

    def measure(self) -> None:
        """Look at the memory, and decide anew."""
        ...


class Keeper:
    """Runs small tasks one after the other, ``step`` when something is due, ``measure`` always."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept
        self._inbox: queue.SimpleQueue[Task | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None
        self._starting = threading.Lock()
        self._due_s = math.inf
        self._every_s = MEASURE_S
        self._measured_s = time.monotonic()
        self._asleep_until_s = math.inf

    def start(self) -> None:
        """Begin, if it has not begun."""
        if self._thread is None:
            with self._starting:
                if self._thread is None:
                    self._thread = threading.Thread(
                        target=self._run, daemon=True, name="model-pool"
                    )
                    self._thread.start()

    def put(self, task: Task) -> None:
        """Run a small task on the keeper's thread. Safe to call from a finalizer."""
        self._inbox.put(task)

    def look_at(self, due_s: float, *, busy: bool) -> None:
        """Say when something is due next, and whether there is work in flight."""
        self._due_s = due_s
        self._every_s = MEASURE_S if busy else IDLE_MEASURE_S
        if self._next_s() < self._asleep_until_s:
            self._inbox.put(_nothing)

    def stop(self) -> None:
        """End after the tasks that are waiting, and wait for that."""
        self._inbox.put(None)
        thread = self._thread
        if thread is not None and thread is not threading.current_thread():
            thread.join()

    def _next_s(self) -> float:
        return min(self._due_s, self._measured_s + self._every_s)

    def _run(self) -> None:
        while True:
            self._asleep_until_s = self._next_s()
            rest_s = max(0.0, self._asleep_until_s - time.monotonic())
            try:
                task = self._inbox.get(timeout=rest_s)
            except queue.Empty:
                task = self._kept.step
            self._asleep_until_s = math.inf  # whatever becomes due from here on wakes it again
            if task is None:
                return
            try:
                task()
                if time.monotonic() - self._measured_s >= self._every_s:
                    self._measured_s = time.monotonic()
                    self._kept.measure()
            except Exception:  # a fault in one task must not stop the pool's clock
                log.exception("a task of the model pool failed")


def _nothing() -> None:
    """Wakes the keeper."""
