"""A fair sample of a stream whose length is not known: algorithm R.

Vitter (1985), Random sampling with a reservoir, doi:10.1145/3147.3165.
"""

from __future__ import annotations

import random
from typing import Generic, TypeVar

from workbench.core.errors import InputError

T = TypeVar("T")


class Reservoir(Generic[T]):
    """Keeps ``size`` of what is offered; at any time each offer is in it with the same chance."""

    def __init__(self, size: int, *, seed: int) -> None:
        if size < 1:
            raise InputError(f"a reservoir of {size} keeps nothing", hint="1 or more")
        self.size = size
        self.items: list[T] = []
        self.offered = 0
        self._random = random.Random(seed)

    def __len__(self) -> int:
        return len(self.items)

    def offer(self, item: T) -> None:
        """Show it the next item of the stream."""
        self.offered += 1
        if len(self.items) < self.size:
            self.items.append(item)
            return
        place = self._random.randrange(self.offered)
        if place < self.size:
            self.items[place] = item

    def draw(self, count: int) -> list[T]:
        """Up to ``count`` of what is kept, none twice."""
        return self._random.sample(self.items, min(count, len(self.items)))
