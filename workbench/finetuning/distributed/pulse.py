"""Whether each process still lives, by what it says every second.

A process that was killed is missed by the one that started it. One that hangs is not: it holds up
all others for as long as they are patient. So each says every second that it is there, from a
thread beside its work, and how much of the processor it had (``vitals`` says what else):

- Nothing said for so long as the plan allows: it was stopped, or the machine is out of memory. It
  *hangs*.
- All say that they are there, and in ten minutes there was neither a step nor work on the
  processor: each waits for another. They are *stuck*.
- Said late, by a sixth of what is allowed: it is *slow*, which is told, and waited for.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from workbench.finetuning.distributed.line import Line
from workbench.finetuning.distributed.vitals import read_vitals

EVERY_S = 1.0
STUCK_S = 600.0
_IDLE_SHARE = 0.02  # of a processor: what saying that one is there takes is a tenth of that
_SLOW_SHARE = 1 / 6
AGENT = -1


def beat(line: Line, then: Callable[[], None] | None = None) -> None:
    """Say every second, from a thread, that this process is there; ``then``, once nobody listens
    any more."""

    def go_on() -> None:
        with contextlib.suppress(OSError, ValueError):  # nobody listens any more
            while True:
                line.tell("beat", cpu_s=time.process_time(), **read_vitals())
                time.sleep(EVERY_S)
        if then is not None:
            then()

    threading.Thread(target=go_on, daemon=True, name="beat").start()


@dataclass
class _Heard:
    at_s: float
    cpu_s: float = 0.0
    longest_s: float = 0.0


class Pulse:
    """What was heard of each process, and when.

    Args:
        silent_s: So long may one say nothing.
        now_s: The time on whatever clock the calls are made by.
    """

    def __init__(self, silent_s: float, now_s: float) -> None:
        self.silent_s = silent_s
        self._heard: dict[int, _Heard] = {}
        self._looked_s = self._moved_s = now_s
        self._cpu_s = 0.0

    def hear(self, rank: int, now_s: float, cpu_s: float = 0.0) -> float | None:
        """One has said that it is there; how long it said nothing, if it was slow for the first
        time."""
        known = self._heard.setdefault(rank, _Heard(now_s))
        gap_s, was_slow = now_s - known.at_s, known.longest_s >= self._slow_s
        known.at_s, known.cpu_s = now_s, max(cpu_s, known.cpu_s)
        known.longest_s = max(known.longest_s, gap_s)
        return gap_s if gap_s >= self._slow_s and not was_slow else None

    def move(self, now_s: float) -> None:
        """The run has come on: a step, an evaluation, a checkpoint."""
        self._moved_s, self._cpu_s = now_s, self._total_cpu_s()

    def leave(self, rank: int) -> None:
        """One has said that it ends: nothing more is expected of it."""
        self._heard.pop(rank, None)

    def look(self, now_s: float) -> None:
        """Who listens says that it does. While it did not, as when it waited for something else or
        the machine slept, nobody can be said to have been silent."""
        away_s = now_s - self._looked_s
        self._looked_s = now_s
        if away_s > 2 * EVERY_S:
            self._moved_s += away_s
            for each in self._heard.values():
                each.at_s = now_s

    def find_silent(self, now_s: float) -> tuple[int, float] | None:
        """The one that has said nothing for longest, if for too long, and for how long."""
        if not self._heard:
            return None
        rank, heard = min(self._heard.items(), key=lambda each: each[1].at_s)
        silent_s = now_s - heard.at_s
        return (rank, silent_s) if silent_s > self.silent_s else None

    def is_stuck(self, now_s: float) -> bool:
        """Whether all wait for each other."""
        idle_s = now_s - self._moved_s
        return idle_s > STUCK_S and self._total_cpu_s() - self._cpu_s < _IDLE_SHARE * idle_s

    @property
    def _slow_s(self) -> float:
        return max(2 * EVERY_S, _SLOW_SHARE * self.silent_s)

    def _total_cpu_s(self) -> float:
        return sum(each.cpu_s for rank, each in self._heard.items() if rank != AGENT)
