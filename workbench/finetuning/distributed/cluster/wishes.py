"""Who may have a cluster's cores next, and who gives way: Ray itself knows no priorities.

Every run on a cluster keeps a note of what it wants, and whether it waits for it, in the cluster's
own store of keys, and renews it. All see all notes and come to the same result by themselves.
"""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

EVERY_S = 2.0
STALE_S = 20.0  # a note that was not renewed for so long is of a run that is gone
_PREFIX, _NAMESPACE = b"run/", b"workbench-finetuning"


@dataclass(frozen=True)
class Wish:
    """What a run wants of a cluster.

    Attributes:
        run: Its id.
        priority: A higher one goes first.
        since_s: Since when, Unix time; of two alike the earlier goes first.
        cores: How many, of all its processes.
        waits: Whether it has none yet.
    """

    run: str
    priority: int
    since_s: float
    cores: float
    waits: bool

    @property
    def order(self) -> tuple[int, float, str]:
        """Lower goes first."""
        return -self.priority, self.since_s, self.run


def is_next(mine: Wish, others: Iterable[Wish]) -> bool:
    """Whether no other run that waits goes first."""
    return not any(each.waits and each.order < mine.order for each in others)


def find_givers(wishes: Iterable[Wish], free_cores: float) -> list[str]:
    """The runs that give way now: the least and latest, as many as the next one needs.

    It gets none at all if all that are lower together would not do.
    """
    known = list(wishes)
    waiting = [each for each in known if each.waits]
    if not waiting:
        return []
    first = min(waiting, key=lambda each: each.order)
    lower = [each for each in known if not each.waits and each.priority < first.priority]
    missing, givers = first.cores - free_cores, []
    for each in sorted(lower, key=lambda each: each.order, reverse=True):
        if missing <= 0:
            break
        givers.append(each.run)
        missing -= each.cores
    return givers if missing <= 0 else []


class NoticeBoard:
    """The notes of all runs on a cluster.

    Args:
        store: ``ray.experimental.internal_kv`` of a process that is connected.
        clock: Seconds that only go forward.
    """

    def __init__(self, store: Any, clock: Callable[[], float] = time.monotonic) -> None:
        self._store, self._clock = store, clock
        self._seen: dict[bytes, tuple[bytes, float]] = {}
        self._times = 0

    def post(self, wish: Wish) -> None:
        """Put up a run's note, or renew it."""
        self._times += 1
        content = json.dumps({"times": self._times, **dataclasses.asdict(wish)}).encode()
        key = _PREFIX + wish.run.encode()
        self._store._internal_kv_put(key, content, overwrite=True, namespace=_NAMESPACE)

    def take_down(self, run: str) -> None:
        """A run wants nothing any more."""
        self._store._internal_kv_del(_PREFIX + run.encode(), namespace=_NAMESPACE)

    def read(self) -> list[Wish]:
        """All notes but those that nobody renews; these are taken down."""
        found, now_s = [], self._clock()
        for key in self._store._internal_kv_list(_PREFIX, namespace=_NAMESPACE):
            content = self._store._internal_kv_get(key, namespace=_NAMESPACE)
            if content is None:
                continue
            known, seen_s = self._seen.get(key, (b"", now_s))
            seen_s = now_s if known != content else seen_s
            self._seen[key] = content, seen_s
            if now_s - seen_s > STALE_S:
                self._store._internal_kv_del(key, namespace=_NAMESPACE)
                continue
            plain = json.loads(content)
            del plain["times"]
            found.append(Wish(**plain))
        return found
