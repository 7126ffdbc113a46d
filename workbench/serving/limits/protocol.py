"""The words that every store of limits shares.

A call **reserves** before it starts what it may need at most, and **settles** what it did use, or
**releases** the reservation if it used nothing. A reservation is a lease: it is renewed for as long
as its process lives, and runs out by itself after a crash.
"""

from __future__ import annotations

import itertools
import os
import secrets
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from workbench.identity.principals import KeyLimits, Principal
from workbench.store.usage_queries import Settled

LEASE_S = 30.0
WINDOW_S = 60


class Left(NamedTuple):
    """What a reservation left of one limit: for headers. ``reset_s`` is when all of it is back."""

    limit: str
    allowed: float
    left: float
    reset_s: float


@dataclass(frozen=True)
class Reservation:
    """What is held for one call.

    ``id`` is to be the settlement's id as well: then counters and usage agree exactly, whenever
    the counters are counted anew. ``held`` is False where the key has no limits: nothing is kept.
    """

    id: str
    key_id: str
    tokens: int = 0
    usd: float = 0.0
    stream: bool = False
    held: bool = True
    store: str = ""
    left: tuple[Left, ...] = field(default=(), compare=False)


@dataclass(frozen=True)
class LimitUse:
    """What a key has used and holds now. Days and months are those of UTC."""

    key_id: str
    requests_minute: int = 0
    tokens_minute: int = 0
    streams: int = 0
    reserved_tokens: int = 0
    reserved_usd: float = 0.0
    tokens_day: int = 0
    tokens_month: int = 0
    usd_day: float = 0.0
    usd_month: float = 0.0


class LimitStore(Protocol):
    """Where limits are kept. Safe for many tasks, and for several processes."""

    async def reserve(
        self,
        principal: Principal,
        *,
        tokens: int,
        usd: float = 0.0,
        stream: bool = False,
        now_s: float | None = None,
    ) -> Reservation:
        """Hold what a call may need at most.

        Args:
            principal: Whose limits count.
            tokens: Of the prompt and the longest answer together.
            usd: What they would cost.
            stream: Whether it takes one of the key's answers at a time (``concurrent_streams``):
                each answer does, streamed or whole.
            now_s: The time, for tests.

        Raises:
            LimitError: A limit would be passed; nothing is held. The context says ``limit``,
                ``allowed``, ``used``, ``asked`` and ``retry_after_s``.
            BusyError: The store does not answer.
        """
        ...

    async def settle(
        self, reservation: Reservation, *, tokens: int, usd: float = 0.0, now_s: float | None = None
    ) -> None:
        """Count what was used, once, and give back the rest.

        Call it after the settlement is in the usage log. It does not fail when the store is away:
        it is done when that comes back.
        """
        ...

    async def release(self, reservation: Reservation) -> None:
        """Give back all: nothing was used. After ``settle``, or again, it does nothing."""
        ...

    async def usage(self, key_id: str) -> LimitUse:
        """What a key has used and holds now."""
        ...

    async def rebuild(self) -> None:
        """Count budgets anew from the usage log."""
        ...

    async def close(self) -> None:
        """Let go of what is open. Reservations that are not settled run out."""
        ...


# What a key settled in some spans of Unix time, and which of some settlements there are.
Truth = Callable[[str, Sequence[tuple[float, float]], Collection[str]], Settled]


_numbers = itertools.count(1)
_started = secrets.token_hex(8)


def new_reservation_id() -> str:
    """An id that no other reservation has, of this process or another.

    Those of a process follow one another, so that their rows lie side by side in an index.
    """
    return f"set_{_started}{next(_numbers):08x}"


def _begin_anew() -> None:
    global _started
    _started = secrets.token_hex(8)


os.register_at_fork(after_in_child=_begin_anew)


def not_held(principal: Principal, *, tokens: int, usd: float, stream: bool) -> Reservation:
    """The reservation of a key without limits."""
    return Reservation(new_reservation_id(), principal.key_id, tokens, usd, stream, held=False)


def has_limits(limits: KeyLimits) -> bool:
    """Whether anything must be counted."""
    return bool(limits.items)
