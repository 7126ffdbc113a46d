"""Progress of long work, as events; the terminal and the notebook each draw it."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterable, Iterator, Sized
from contextlib import contextmanager
from typing import TypeVar

from . import events, viewers
from .cancellation import check_cancelled

T = TypeVar("T")
_ids = itertools.count(1)
_MIN_INTERVAL_S = 0.1  # a screen gains nothing from more, and each event costs its listeners


class Progress:
    """One task's progress. ``total`` is None while the amount of work is not known.

    ``advance`` and ``update`` also notice a cancelled run, so a loop that reports can be stopped.
    """

    def __init__(self, label: str, *, total: float | None, unit: str) -> None:
        self.label, self.total, self.unit = label, total, unit
        self.done = 0.0
        self.task_id = next(_ids)
        self._last_s = 0.0
        viewers.prepare_notebook()
        self._tell("started")

    def advance(self, amount: float = 1.0, *, message: str = "") -> None:
        """Add ``amount`` in the task's unit. Raises CancelledError if the run was cancelled."""
        self.update(self.done + amount, message=message)

    def update(self, done: float, *, message: str = "", total: float | None = None) -> None:
        """Set what is done so far. Raises CancelledError if the run was cancelled."""
        check_cancelled()
        self.done = done
        if total is not None:
            self.total = total
        now_s = time.monotonic()
        if message or now_s - self._last_s >= _MIN_INTERVAL_S:
            self._last_s = now_s
            self._tell("running", message)

    def _tell(self, state: str, message: str = "") -> None:
        events.emit(
            "progress",
            task_id=self.task_id,
            label=self.label,
            done=self.done,
            total=self.total,
            unit=self.unit,
            state=state,
            message=message,
        )


@contextmanager
def progress(label: str, *, total: float | None = None, unit: str = "") -> Iterator[Progress]:
    """Report a task from its start to its end, whichever way it ends."""
    task = Progress(label, total=total, unit=unit)
    try:
        yield task
    except BaseException:
        task._tell("failed")
        raise
    task._tell("finished")


def track(
    items: Iterable[T], label: str, *, total: int | None = None, unit: str = ""
) -> Iterator[T]:
    """Go through ``items`` and report each as done once the loop comes back for the next."""
    if total is None and isinstance(items, Sized):
        total = len(items)
    with progress(label, total=total, unit=unit) as task:
        for item in items:
            check_cancelled()
            yield item
            task.advance()
