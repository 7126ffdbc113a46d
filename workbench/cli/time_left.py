"""How long work goes on, from how far it has come: told once that is more than a guess."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

LEAST_S = 5.0
"""What is known of a task before its pace is told."""


class TimeLeft:
    """Hears the progress of tasks (``note``) and tells of each how long it still takes.

    A task's pace counts from its first step on: what is loaded before that is done once, and a run
    that is taken up again begins far on.

    Args:
        clock: Seconds that only go forwards.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._first: dict[int, tuple[float, float]] = {}

    def note(self, data: dict[str, Any]) -> str:
        """What is left of the task of a progress event, in words; "" while that is not known."""
        task, done, total = data["task_id"], data["done"], data["total"]
        if data["state"] in ("finished", "failed"):
            self._first.pop(task, None)
            return ""
        if not total or not done:
            return ""
        now_s = self._clock()
        first_s, first_done = self._first.setdefault(task, (now_s, done))
        if done <= first_done or done >= total or now_s - first_s < LEAST_S:
            return ""
        return told((total - done) * (now_s - first_s) / (done - first_done))


def told(seconds: float) -> str:
    """``about 40 s left``, ``about 12 min left``, ``about 2.5 h left``."""
    if seconds < 60:
        return f"about {max(5, 5 * round(seconds / 5)):.0f} s left"
    if seconds < 90 * 60:
        return f"about {seconds / 60:.0f} min left"
    return f"about {seconds / 3600:.1f} h left"
