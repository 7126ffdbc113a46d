"""Limits in Redis, and on this machine for as long as Redis is away.

What is lost by it: other gateways' use is not seen meanwhile, and a minute's window begins anew at
each change of place. Budgets of this home's own use hold throughout.
"""

from __future__ import annotations

import logging

from workbench.identity.principals import Principal

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
            return made
        except RedisAwayError as error:
            if not self._fallen:
                self._fallen = True
                log.warning("limits are counted on this machine alone for now: %s", error)
                # What was settled in the shared store is in the usage log, and not here.
                await self._own.rebuild()
        return await self._own.reserve(
            principal, tokens=tokens, usd=usd, stream=stream, now_s=now_s
        )

    async def settle(
        self, reservation: Reservation, *, tokens: int, usd: float = 0.0, now_s: float | None = None
    ) -> None:
        """Count what was used, where it is held; see ``LimitStore``."""
        store = self._own if reservation.store == "sqlite" else self._shared
        await store.settle(reservation, tokens=tokens, usd=usd, now_s=now_s)

    async def release(self, reservation: Reservation) -> None:
        """Give back all, where it is held; see ``LimitStore``."""
        store = self._own if reservation.store == "sqlite" else self._shared
        await store.release(reservation)

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
