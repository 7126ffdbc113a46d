"""What one process let through of late, by where it was counted: for when the place changes."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import NamedTuple

from .protocol import WINDOW_S, Reservation


class Bucket(NamedTuple):
    """What was let through in one second of the last minute."""

    age_s: int
    requests: int
    tokens: int


class Carried(NamedTuple):
    """What a key has in one place and lacks in the other: what counts still, and what is held."""

    key_id: str
    buckets: tuple[Bucket, ...]
    held: tuple[Reservation, ...]


class Passing:
    """Requests and tokens of the last minute, and reservations, that one place alone knows.

    Args:
        steady: Tells a time that is never set.
    """

    def __init__(self, steady: Callable[[], float] = time.monotonic) -> None:
        self._steady = steady
        self._buckets: dict[str, deque[list[int]]] = {}  # key -> [second, requests, tokens]
        self._held: dict[str, Reservation] = {}

    def hold(self, reservation: Reservation) -> None:
        """A reservation was made there, which is a request as well."""
        self._held[reservation.id] = reservation
        self._count(reservation.key_id, 1, 0)

    def settle(self, reservation: Reservation, tokens: int) -> None:
        """It was settled, or given back with no tokens; nothing if both places know it."""
        if self._held.pop(reservation.id, None) is not None and tokens:
            self._count(reservation.key_id, 0, tokens)

    def take(self) -> Iterator[Carried]:
        """All of it, which from now on both places know: to be written to the other."""
        second, buckets, held = int(self._steady()), self._buckets, self._held
        self._buckets, self._held = {}, {}
        by_key: dict[str, list[Reservation]] = {key_id: [] for key_id in buckets}
        for each in held.values():
            by_key.setdefault(each.key_id, []).append(each)
        for key_id, reservations in by_key.items():
            counting = tuple(
                Bucket(second - at, requests, tokens)
                for at, requests, tokens in buckets.get(key_id, ())
                if second - at <= WINDOW_S
            )
            if counting or reservations:
                yield Carried(key_id, counting, tuple(reservations))

    def put_back(self, carried: Carried) -> None:
        """It could not be written to the other place after all."""
        second = int(self._steady())
        for age_s, requests, tokens in carried.buckets:
            buckets = self._buckets.setdefault(carried.key_id, deque())
            buckets.append([second - age_s, requests, tokens])
        for each in carried.held:
            self._held[each.id] = each

    def _count(self, key_id: str, requests: int, tokens: int) -> None:
        second = int(self._steady())
        buckets = self._buckets.setdefault(key_id, deque())
        if not buckets or buckets[-1][0] != second:
            buckets.append([second, 0, 0])
            while buckets[0][0] < second - WINDOW_S:
                buckets.popleft()
        buckets[-1][1] += requests
        buckets[-1][2] += tokens
