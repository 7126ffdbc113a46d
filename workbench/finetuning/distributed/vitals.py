"""What each process of a run does with its time: works, or waits for the others; memory, bytes.

On Linux the kernel says of a thread how long it ran, and how long it could have run while others
had the processor. Both together are its *work*: a process whose core is shared works all the time
and gets little done. The rest it waits, which for a process that learns is for the others. So the
one that all wait for is the one that waits least, whether its part is larger or its core slower.
Elsewhere only what it had of the processor is known.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from workbench.finetuning.distributed.communication.sockets import count_sockets

_WINDOW_S = 30.0
_EVERY_S = 2.0  # a point of the story
_MOST_POINTS = 240
_LAG_SHARE = 0.25  # of its time that one works more than the middle one: then all wait for it
_MAIN = Path("/proc/self/schedstat")  # of the first thread, in which a step is computed


def read_vitals() -> dict[str, float]:
    """What a process says of itself: seconds of work since it began, its memory, and what it sent
    (``sent_bytes``, where the kernel tells of connections)."""
    import psutil

    told = {"work_s": _work_s(), "memory_bytes": float(psutil.Process().memory_info().rss)}
    counted = count_sockets()
    if counted is not None:
        told["sent_bytes"] = counted.sent_bytes
    return told


def _work_s() -> float:
    """Of the main thread; of the whole process where threads are not told apart."""
    try:
        ran_ns, waited_ns, _ = map(int, _MAIN.read_text().split())
    except (OSError, ValueError):
        return time.process_time()
    return (ran_ns + waited_ns) / 1e9


@dataclass(frozen=True)
class ProcessVitals:
    """One process over the last half minute.

    ``working`` is the share of its time in which it worked or could have, ``memory_bytes`` what it
    has now, ``sent_bytes_s`` what it sent a second, None where that is not known.
    """

    rank: int
    working: float
    memory_bytes: int
    sent_bytes_s: float | None


@dataclass(frozen=True)
class _Heard:
    at_s: float
    work_s: float
    memory_bytes: float
    sent_bytes: float | None


class Vitals:
    """What all processes of an attempt said."""

    def __init__(self) -> None:
        self._heard: dict[int, deque[_Heard]] = {}
        self._points: list[list[Any]] = []
        self._told_s = self._began_s = float("-inf")

    def hear(self, rank: int, now_s: float, said: Mapping[str, float]) -> None:
        """What one says of itself at a time on whatever clock the calls are made by."""
        if "work_s" not in said:
            return
        if not self._heard:
            self._began_s = now_s
        kept = self._heard.setdefault(rank, deque())
        kept.append(_Heard(now_s, said["work_s"], said["memory_bytes"], said.get("sent_bytes")))
        while len(kept) > 2 and kept[1].at_s <= now_s - _WINDOW_S:
            kept.popleft()

    def now(self) -> tuple[ProcessVitals, ...]:
        """Each that was heard twice, in the order of the ranks."""
        return tuple(
            _over(rank, kept) for rank, kept in sorted(self._heard.items()) if len(kept) > 1
        )

    def tell(self, now_s: float) -> dict[str, Any] | None:
        """How all stand, and points since the beginning, for a record; None if just told."""
        found = self.now()
        if not found or now_s - self._told_s < _EVERY_S:
            return None
        self._told_s = now_s
        working = {str(each.rank): round(each.working, 3) for each in found}
        self._points.append([round(now_s - self._began_s, 1), working])
        if len(self._points) > _MOST_POINTS:
            del self._points[1:-1:2]
        return {"now": [asdict(each) for each in found], "points": list(self._points)}


def _over(rank: int, kept: Sequence[_Heard]) -> ProcessVitals:
    first, last = kept[0], kept[-1]
    span_s = max(last.at_s - first.at_s, 1e-9)
    share = (last.work_s - first.work_s) / span_s
    sent = None
    if first.sent_bytes is not None and last.sent_bytes is not None:
        sent = max(last.sent_bytes - first.sent_bytes, 0.0) / span_s
    return ProcessVitals(rank, min(max(share, 0.0), 1.0), int(last.memory_bytes), sent)


def find_straggler(found: Sequence[ProcessVitals]) -> ProcessVitals | None:
    """The one for which the others wait, if there is one; None where all wait alike."""
    if len(found) < 2:
        return None
    order = sorted(found, key=lambda each: each.working)
    most, others = order[-1], order[:-1]
    middle = others[len(others) // 2].working
    return most if most.working - middle >= _LAG_SHARE else None
