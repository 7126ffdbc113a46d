"""Which of an engine's slots answers a request: the one that knows most of its prompt.

llama.cpp itself picks the slot whose prompt begins most alike, whatever adapter read it, and then
has to read the prompt anew if that was another one. With two slots and two adapters by turns it
would never know a prompt.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

from workbench.models.engines.shared_prefix import shared_length


@dataclass
class _Slot:
    adapter: str | None = None
    ids: Sequence[int] = field(default=())
    is_busy: bool = False
    used: int = 0  # a count that goes up: the lower, the longer ago


class Slots:
    """Remembers what each slot has read, as far as it was told.

    A wrong guess costs time, not truth: llama.cpp looks for itself what a slot still knows.

    Args:
        count: How many there are.
    """

    def __init__(self, count: int) -> None:
        self._slots = [_Slot() for _ in range(count)]
        self._lock = threading.Lock()
        self._uses = 0

    @contextmanager
    def take(self, ids: Sequence[int], adapter: str | None) -> Iterator[int | None]:
        """Hold the best free slot: the one that knows most of ``ids`` under the same adapter, else
        the one that was used longest ago. None if none is free.
        """
        with self._lock:
            place = self._choose(ids, adapter)
            if place is not None:
                self._uses += 1
                self._slots[place] = _Slot(adapter, ids, is_busy=True, used=self._uses)
        try:
            yield place
        finally:
            if place is not None:
                with self._lock:
                    self._slots[place].is_busy = False

    def _choose(self, ids: Sequence[int], adapter: str | None) -> int | None:
        free = [place for place, slot in enumerate(self._slots) if not slot.is_busy]
        if not free:
            return None

        def worth(place: int) -> tuple[int, int]:
            slot = self._slots[place]
            known = shared_length(slot.ids, ids) if slot.adapter == adapter else 0
            return known, -slot.used

        return max(free, key=worth)
