"""Answers in memory, bounded in bytes, by GreedyDual-Size with frequency.

An answer is worth the seconds that each further use saves, for the bytes that it takes:
``priority = clock + uses x cost_s / size``; the lowest goes first, and the clock then moves up to
it, so that what is not used any more ages. LRU would give a three-second answer's place away for
each vector of an embedding that passes by once.

Cherkasova 1998, "Improving WWW proxies performance with Greedy-Dual-Size-Frequency caching policy".
"""

from __future__ import annotations

import heapq
from collections.abc import Callable
from dataclasses import dataclass

from .entries import Entry

_LARGEST_SHARE = 8  # an entry larger than this part of the whole is not kept
_STALE_SHARE = 2  # notes in the heap for each entry, before it is made anew


@dataclass(slots=True)
class _Kept:
    entry: Entry
    uses: int
    priority: float


class MemoryTier:
    """Entries by key. For one thread.

    Args:
        most_bytes: What they may take together.
    """

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self.size_bytes = 0
        self.evictions = 0
        self._kept: dict[bytes, _Kept] = {}
        self._heap: list[tuple[float, bytes]] = []  # a note is stale if the entry has another
        self._clock = 0.0

    def get(self, key: bytes, now_s: float) -> Entry | None:
        """The entry, if it is there and has not expired; it counts as a use."""
        kept = self._kept.get(key)
        if kept is None:
            return None
        if now_s >= kept.entry.expires_s:
            self.remove(key)
            return None
        kept.uses += 1
        self._note(key, kept)
        return kept.entry

    def put(self, entry: Entry) -> bool:
        """Keep an entry, in place of one of the same key; whether it was taken."""
        before = self._kept.get(entry.key)
        if entry.size_bytes > self.most_bytes // _LARGEST_SHARE:
            self.remove(entry.key)
            return False
        self.remove(entry.key)
        while self._kept and self.size_bytes + entry.size_bytes > self.most_bytes:
            self._evict()
        kept = _Kept(entry, 1 if before is None else before.uses, 0.0)
        self._kept[entry.key] = kept
        self.size_bytes += entry.size_bytes
        self._note(entry.key, kept)
        return True

    def remove(self, key: bytes) -> bool:
        """Forget an entry; whether it was there."""
        kept = self._kept.pop(key, None)
        if kept is None:
            return False
        self.size_bytes -= kept.entry.size_bytes
        return True

    def remove_where(self, unwanted: Callable[[Entry], bool]) -> int:
        """Forget all entries of a kind; how many they were."""
        keys = [key for key, kept in self._kept.items() if unwanted(kept.entry)]
        for key in keys:
            self.remove(key)
        return len(keys)

    def __len__(self) -> int:
        return len(self._kept)

    def _note(self, key: bytes, kept: _Kept) -> None:
        cost_s = max(kept.entry.cost_s, 1e-3)
        kept.priority = self._clock + kept.uses * cost_s / kept.entry.size_bytes
        heapq.heappush(self._heap, (kept.priority, key))
        if len(self._heap) > 64 + (1 + _STALE_SHARE) * len(self._kept):
            self._heap = [(each.priority, name) for name, each in self._kept.items()]
            heapq.heapify(self._heap)

    def _evict(self) -> None:
        while self._heap:
            priority, key = heapq.heappop(self._heap)
            kept = self._kept.get(key)
            if kept is not None and kept.priority == priority:
                self._clock = priority
                self.remove(key)
                self.evictions += 1
                return
