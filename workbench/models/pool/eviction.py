"""GreedyDual-Size-Frequency: which models go when room is needed.

L. Cherkasova, "Improving WWW Proxies Performance with Greedy-Dual-Size-Frequency Caching Policy",
HP Laboratories report HPL-98-69R1, 1998: a thing is worth (frequency x cost to bring it back) /
size, and the least valuable goes. The paper ages its counts with a clock that rises at each
eviction; here the frequency itself fades by half every ``HALF_LIFE_S``, because a pool may go
for hours without evicting anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

HALF_LIFE_S = 600.0


class Frequency:
    """How often a model was asked for, lately."""

    def __init__(self) -> None:
        self._count = 0.0
        self._at_s = 0.0

    def add(self, now_s: float) -> None:
        """Count one use."""
        self._count = self.value(now_s) + 1.0
        self._at_s = now_s

    def value(self, now_s: float) -> float:
        """Uses so far, each counting half after ``HALF_LIFE_S``."""
        return float(self._count * 0.5 ** ((now_s - self._at_s) / HALF_LIFE_S))


class Evictable(Protocol):
    """A loaded model as this policy sees it."""

    @property
    def held_bytes(self) -> int:
        """What is free when it has gone."""
        ...

    def value(self, now_s: float) -> float:
        """What it is worth to keep it."""
        ...


E = TypeVar("E", bound=Evictable)


def value_of(*, load_s: float, frequency: float, size_bytes: int) -> float:
    """The worth of keeping a model: seconds of loading that it saves, a byte."""
    return load_s * frequency / max(1, size_bytes)


def choose_victims(candidates: Sequence[E], *, needed_bytes: int) -> list[E] | None:
    """The first of ``candidates`` that give enough room together, less those that are not needed.

    Args:
        candidates: In the order in which they should go.
        needed_bytes: The room that is missing.

    Returns:
        None if all of them together are not enough.
    """
    chosen: list[E] = []
    room = 0
    for one in candidates:
        if room >= needed_bytes:
            break
        chosen.append(one)
        room += one.held_bytes
    if room < needed_bytes:
        return None
    for one in reversed(chosen[:]):  # a late, large one may have made an early, small one needless
        if room - one.held_bytes >= needed_bytes:
            chosen.remove(one)
            room -= one.held_bytes
    return chosen
