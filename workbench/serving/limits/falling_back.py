"""Limits in Redis, and on this machine for as long as Redis is away.

What this process let through in the last minute, and what it holds, goes along at each change of
place, so that a limit does not begin anew there. Budgets of this home's own use hold throughout.
What is lost: other gateways' use is not seen meanwhile, and a Redis that comes back empty knows
only of what was let through while it was away.
"""

from __future__ import annotations

import dataclasses
import logging

from workbench.identity.principals import Principal

from .carrying import Passing
from .protocol import LimitUse, Reservation
from .redis_link import RedisAwayError
from .redis_store import RedisLimits
from .sqlite_store import SqliteLimits

log = logging.getLogger(__name__)


class FallingBackLimits:
    """Two stores, of which the second stands in for the first.

    Args:
        shared: Where limits are kept.
        own: Where they are kept while that is away.
    """

    def __init__(self, shared: RedisLimits, own: SqliteLimits) -> None:
        self._shared, self._own = shared, own
        self._fallen = False
        self._in_shared, self._in_own = Passing(), Passing()
        self._in_both: set[str] = set()  # reservations, by their id
        shared.returning = self._return

    async def reserve(
        self,
        principal: Principal,
        *,
        tokens: int,
        usd: float = 0.0,
        stream: bool = False,
        now_s: float | None = None,
    ) -> Reservation:
        """Hold what a call may need at most; see ``LimitStore``."""
        try:
            made = await self._shared.reserve(
                principal, tokens=tokens, usd=usd, stream=stream, now_s=now_s
            )
            if made.held:
                self._fallen = False
                self._in_shared.hold(made)
            return made
        except RedisAwayError as error:
            if not self._fallen:
                self._fallen = True
                log.warning("limits are counted on this machine alone for now: %s", error)
                # What was settled in the shared store is in the usage log, and not here.
                await self._own.rebuild()
        for each in self._in_shared.take():
            await self._own.carry_over(each)
            self._in_both.update(held.id for held in each.held)
        made = await self._own.reserve(
            principal, tokens=tokens, usd=usd, stream=stream, now_s=now_s
        )
        if made.held:
            self._in_own.hold(made)
        return made

    async def _return(self) -> None:
        """Tell the shared store of what it did not see, before anybody may reserve there."""
        carried = list(self._in_own.take())
        while carried:
            try:
                await self._shared.carry_over(carried[0])
            except RedisAwayError:
                for left in carried:
                    self._in_own.put_back(left)
                raise
            self._in_both.update(held.id for held in carried.pop(0).held)

    async def settle(
        self, reservation: Reservation, *, tokens: int, usd: float = 0.0, now_s: float | None = None
    ) -> None:
        """Count what was used, where it is held; see ``LimitStore``."""
        for place in self._places(reservation, tokens):
            store = self._own if place.store == "sqlite" else self._shared
            await store.settle(place, tokens=tokens, usd=usd, now_s=now_s)

    async def release(self, reservation: Reservation) -> None:
        """Give back all, where it is held; see ``LimitStore``."""
        for place in self._places(reservation, 0):
            await (self._own if place.store == "sqlite" else self._shared).release(place)

    def _places(self, reservation: Reservation, tokens: int) -> tuple[Reservation, ...]:
        """The reservation as each store that holds it has it."""
        if not reservation.held:
            return ()
        passing = self._in_own if reservation.store == "sqlite" else self._in_shared
        passing.settle(reservation, tokens)
        if reservation.id not in self._in_both:
            return (reservation,)
        self._in_both.discard(reservation.id)
        return tuple(dataclasses.replace(reservation, store=name) for name in ("redis", "sqlite"))

    async def usage(self, key_id: str) -> LimitUse:
        """What a key has used and holds now; see ``LimitStore``."""
        try:
            return await self._shared.usage(key_id)
        except RedisAwayError:
            return await self._own.usage(key_id)

    async def rebuild(self) -> None:
        """Count budgets anew from the usage log; see ``LimitStore``."""
        await self._own.rebuild()
        await self._shared.rebuild()

    async def close(self) -> None:
        """Let go of both; see ``LimitStore``."""
        await self._own.close()
        await self._shared.close()
