"""Limits in Redis or Valkey: shared by several gateways.

Each step is one script, so nothing comes between looking and holding. Windows and leases go by the
server's clock, which all gateways share; days and months by each gateway's own.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import secrets
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from workbench.core import settings
from workbench.core.errors import BusyError
from workbench.identity.principals import KeyLimits, Principal
from workbench.store.usage_rows import NANO, to_nano

from .carrying import Carried
from .leases import Renewals
from .protocol import (
    LEASE_S,
    LimitUse,
    Reservation,
    Truth,
    has_limits,
    new_reservation_id,
    not_held,
)
from .redis_link import RedisAwayError, RedisLink
from .redis_scripts import CARRY, COUNT, PREFIX, RELEASE, RENEW, RESERVE, SETTLE
from .rules import Asked, Figures, judge, period_bounds_s, periods, to_asked

log = logging.getLogger(__name__)

_LATE_MOST = 10_000
_WAIT_S = 0.02
_TRIES = 300  # twice as long as who counts may take


class RedisLimits:
    """Limits in a Redis.

    Args:
        url: Where it is, by default the setting ``redis_url``.
        truth: What was settled, by default of the usage log of the home.
        home_id: Under which name this home's share is counted, by default the home's own.
        clock: Tells Unix time, for days and months; tests give their own.
        lease_s: How long a reservation holds unless it is renewed.
        timing: ``timeout_s`` and ``again_s`` of the link, for tests.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        truth: Truth | None = None,
        home_id: str | None = None,
        clock: Callable[[], float] = time.time,
        lease_s: float = LEASE_S,
        **timing: float,
    ) -> None:
        from .truth import home_identity, usage_truth

        self._link = RedisLink(url or settings.get("redis_url"), recover=self._recover, **timing)
        self._truth = truth or usage_truth()
        self._home = home_id or home_identity()
        self._clock, self.lease_s = clock, lease_s
        self._renewals = Renewals(self._renew, every_s=lease_s / 3)
        self.returning: Callable[[], Awaitable[None]] | None = None  # asked before it is used again
        self._late: deque[tuple[str, list[str], list[Any]]] = deque(maxlen=_LATE_MOST)

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
        asked = to_asked(tokens, usd, stream=stream)
        if not has_limits(principal.limits):
            return not_held(principal, tokens=tokens, usd=usd, stream=stream)
        made_id = new_reservation_id()
        try:
            word, figures = await self._figures(
                principal.key_id, now_s, limits=principal.limits, made_id=made_id, asked=asked
            )
        except (RedisAwayError, asyncio.CancelledError) as error:
            if getattr(error, "sent", True):
                # It may have been done all the same, with the answer lost on the way.
                self._keep(RELEASE, [_name(principal.key_id, "open")], [made_id])
            raise
        left = judge(principal, figures, asked)
        if word != "ok":  # the script and the rule are one rule, said twice
            raise AssertionError(f"Redis refused what the rule allows: {figures}")
        made = Reservation(
            made_id,
            principal.key_id,
            asked.tokens,
            asked.nano_usd / NANO,
            stream,
            store="redis",
            left=left,
        )
        self._renewals.add(made)
        return made

    async def settle(
        self, reservation: Reservation, *, tokens: int, usd: float = 0.0, now_s: float | None = None
    ) -> None:
        """Count what was used, once, and give back the rest; see ``LimitStore``."""
        if not reservation.held:
            return
        self._renewals.drop(reservation)
        key_id = reservation.key_id
        names = [_name(key_id, part) for part in ("open", "tokens", *self._periods(now_s))]
        used = [max(0, int(tokens)), max(0, to_nano(usd))]
        await self._do_or_keep(SETTLE, names, [_ms(now_s), self._home, reservation.id, *used])

    async def release(self, reservation: Reservation) -> None:
        """Give back all; see ``LimitStore``."""
        if reservation.held:
            self._renewals.drop(reservation)
            await self._do_or_keep(RELEASE, [_name(reservation.key_id, "open")], [reservation.id])

    async def carry_over(self, carried: Carried) -> None:
        """Count and hold what was let through elsewhere; only while the server comes back.

        Raises:
            RedisAwayError: It is away again; what was carried may be counted there or not.
        """
        names = [_name(carried.key_id, part) for part in ("open", "requests", "tokens")]
        about: list[Any] = [round(self.lease_s * 1000), len(carried.buckets)]
        for bucket in carried.buckets:
            about += bucket
        for each in carried.held:
            about += [each.id, each.tokens, to_nano(each.usd), int(each.stream)]
        await self._link.ask(CARRY, names, about)
        for each in carried.held:
            self._renewals.add(dataclasses.replace(each, store="redis"))

    async def usage(self, key_id: str) -> LimitUse:
        """What a key has used and holds now; see ``LimitStore``."""
        _, figures = await self._figures(key_id, None, limits=KeyLimits(budget_tokens_day=0))
        return figures.use(key_id)

    async def rebuild(self) -> None:
        """Count this home's share of budgets anew: each when it is next asked for."""
        for name in await self._link.names(f"{PREFIX}*"):
            if name.rpartition(":")[2][:4].isdigit():  # a day or a month
                await self._link.forget(name, [f"{kind}:{self._home}" for kind in "tnc"])

    async def close(self) -> None:
        """Let go of the connections; see ``LimitStore``."""
        await self._renewals.close()
        await self._link.close()

    @property
    def away(self) -> bool:
        """Whether the server did not answer when it was last asked."""
        return self._link.away

    async def _figures(
        self,
        key_id: str,
        now_s: float | None,
        *,
        limits: KeyLimits,
        made_id: str = "",
        asked: Asked | None = None,
    ) -> tuple[str, Figures]:
        """Look, and hold if there is an id and it fits; budgets are counted first if need be."""
        asked = asked or Asked(0, 0, False)
        for _ in range(_TRIES):
            wall_s = self._clock() if now_s is None else now_s
            found = periods(wall_s)
            mark = secrets.token_hex(8)
            names = [_name(key_id, part) for part in ("open", "requests", "tokens", *found)]
            about = [_ms(now_s), round(self.lease_s * 1000), self._home, mark, made_id]
            wanted = [asked.tokens, asked.nano_usd, int(asked.stream), int(limits.has_budgets)]
            answer = await self._link.run(RESERVE, names, about + wanted + _limits(limits))
            if answer[0] == b"wait":
                await asyncio.sleep(_WAIT_S)
                continue
            if answer[0] != b"count":
                return answer[0].decode(), _read_figures(answer, wall_s)
            spans, ids = [period_bounds_s(each) for each in found], [i.decode() for i in answer[11]]
            counted = await asyncio.to_thread(self._truth, key_id, spans, ids)
            sums = [part for span in counted.spans for part in span]
            rows = [part for made, of in counted.rows.items() for part in (made, *of)]
            about = [_ms(now_s), self._home, mark]
            await self._link.run(COUNT, [names[0], *names[2:]], [*about, *sums, *rows])
        raise BusyError(
            "the key's budgets are still being counted from the usage log", retry_after_s=1.0
        )

    def _periods(self, now_s: float | None) -> tuple[str, str]:
        return periods(self._clock() if now_s is None else now_s)

    async def _do_or_keep(self, script: str, names: list[str], args: list[Any]) -> None:
        try:
            await self._link.run(script, names, args)
        except RedisAwayError:
            self._keep(script, names, args)
        except asyncio.CancelledError:
            self._keep(script, names, args)  # doing it twice does no more than once
            raise

    def _keep(self, script: str, names: list[str], args: list[Any]) -> None:
        if len(self._late) == _LATE_MOST:
            log.error("more than %d settlements wait for Redis; the first is dropped", _LATE_MOST)
        self._late.append((script, names, args))

    async def _recover(self) -> None:
        """Make up for what happened while the server was away, before anybody may reserve."""
        while self._late:
            late = self._late.popleft()
            try:
                await self._link.ask(*late)
            except RedisAwayError:
                self._late.appendleft(late)
                raise
        if self.returning is not None:
            await self.returning()
        await self.rebuild()

    async def _renew(self, reservations: list[Reservation]) -> None:
        by_key: dict[str, list[str]] = {}
        for each in reservations:
            by_key.setdefault(each.key_id, []).append(each.id)
        for key_id, ids in by_key.items():
            about = ["", round(self.lease_s * 1000)]
            await self._link.run(RENEW, [_name(key_id, "open")], [*about, *ids])


def _name(key_id: str, part: str) -> str:
    return f"{PREFIX}{{{key_id}}}:{part}"


def _ms(now_s: float | None) -> str:
    return "" if now_s is None else str(round(now_s * 1000))


def _limits(limits: KeyLimits) -> list[Any]:
    """The limits in the order of the script, '' for none; money in billionths."""
    counts = (
        limits.requests_per_minute,
        limits.tokens_per_minute,
        limits.concurrent_streams,
        limits.budget_tokens_day,
        limits.budget_tokens_month,
    )
    money = (limits.budget_usd_day, limits.budget_usd_month)
    return ["" if each is None else each for each in counts] + [
        "" if each is None else round(each * NANO) for each in money
    ]


def _read_figures(answer: Sequence[Any], wall_s: float) -> Figures:
    def buckets(flat: Sequence[int]) -> list[tuple[int, int]]:
        return sorted(zip(flat[::2], flat[1::2], strict=True))

    return Figures(
        answer[1] / 1000,
        wall_s,
        buckets(answer[2]),
        buckets(answer[3]),
        open_tokens=answer[4],
        open_nano_usd=answer[5],
        open_streams=answer[6],
        day=(answer[7], answer[8]),
        month=(answer[9], answer[10]),
    )
