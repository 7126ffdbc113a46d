"""Trying one backend after the other, also in mid-stream, so that the client sees one answer.

An answer that breaks is handed to the next backend as an assistant's message that was begun, or a
prompt that goes on: what the client has is neither said again nor lost. That needs one choice of
plain text. Where a schema or tools bind the answer, or the next backend does not go on from what
was begun, an answer that is not streamed begins anew, and a stream fails.
"""

from __future__ import annotations

import asyncio
import dataclasses
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Mapping, Sequence

from workbench.core.errors import DeadlineError, FetchError, NotFoundError, WorkbenchError
from workbench.serving.backends.balance import Balance, Member
from workbench.serving.backends.begun import Begun
from workbench.serving.backends.retries import (
    RetryBudget,
    is_to_blame,
    may_move_on,
    may_retry,
    pause_s,
)
from workbench.serving.call import Call, Facts, Piece

log = logging.getLogger(__name__)
_ROUNDS = 3
_MOST_WAIT_S = 5.0  # a client who would have to wait longer is told so


class Chain:
    """The backend that the pipeline asks: every model with all that can answer for it.

    Args:
        find: Gives the backends of a model; NotFoundError if there is none.
        fallbacks: Which models answer for one that cannot, in order.
        budget: Of retries.
        sleep: Waits; tests give their own.
    """

    name = "chain"

    def __init__(
        self,
        find: Callable[[str], Balance],
        *,
        fallbacks: Mapping[str, Sequence[str]] | None = None,
        budget: RetryBudget | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._find = find
        self._fallbacks = fallbacks or {}
        self._budget = budget or RetryBudget()
        self._sleep = sleep

    def fallbacks_of(self, call: Call) -> Sequence[str]:
        """The models that may answer in place of the one asked for, by the name it was asked by."""
        return self._fallbacks.get(call.options.get("asked", call.model), ())

    async def answer(self, call: Call, facts: Facts) -> AsyncGenerator[Piece, None]:
        """See ``Backend.answer``."""
        self._budget.earn()
        begun = Begun()
        held: list[Piece] = []  # of an answer that is not streamed, which may begin anew
        error: WorkbenchError | None = None
        for turn in range(_ROUNDS):
            if turn and not await self._may_try_again(turn, error):
                break
            for member in self._plan(call):
                if not begun.may_go_on(call, continues=_continues(member)):
                    if call.stream:
                        continue
                    begun.restart()
                    held.clear()
                if not member.breaker.allow():
                    continue
                pieces = self._try(member, call, facts, begun)
                try:
                    async for piece in pieces:
                        if call.stream:
                            yield piece
                        else:
                            held.append(piece)
                    for piece in held:
                        yield piece
                    return
                except WorkbenchError as found:
                    if not may_move_on(found) or _is_late(found, call):
                        raise
                    error = found
                    facts.fallbacks = (*facts.fallbacks, f"{member.name}: {found.code}")
                    log.info("%s: %s failed: %s", call.request_id, member.name, found.code)
                finally:
                    await pieces.aclose()
        raise error or self._all_rest(call)

    def _plan(self, call: Call) -> Iterator[Member]:
        """Who may answer, in order: the model's backends, then those of its fallbacks."""
        yield from self._find(call.model).order(call)
        if call.options.get("strict_routing"):
            return
        may_use = call.options.get("may_use")
        for model in self.fallbacks_of(call):
            if may_use is not None and not may_use(model):
                continue
            try:
                found = self._find(model)
            except NotFoundError as error:
                log.warning("a fallback of %s: %s", call.model, error.message)
                continue
            yield from found.order(call)

    async def _may_try_again(self, turn: int, error: WorkbenchError | None) -> bool:
        """Wait for another turn, if one may mend the last error and may be made."""
        if error is None or not may_retry(error):
            return False
        wait_s = max(pause_s(turn), float(error.context.get("retry_after_s") or 0.0))
        if wait_s > _MOST_WAIT_S or not self._budget.spend():
            return False
        await self._sleep(wait_s)
        return True

    async def _try(
        self, member: Member, call: Call, facts: Facts, begun: Begun
    ) -> AsyncGenerator[Piece, None]:
        """What one backend answers, as a part of the whole."""
        if ((left := begun.left_tokens(call)) is not None and left <= 0) or begun.finished:
            member.breaker.undecided()
            reason = None if begun.finished else "length"
            yield Piece(finish_reason=reason, usage=begun.usage())
            return
        mine = Facts()
        settled = False
        started_s: float | None = time.monotonic()
        member.in_flight += 1
        pieces = member.backend.answer(begun.rest_of(call, member.model), mine)
        try:
            try:
                async for piece in pieces:
                    if started_s is not None:
                        now_s = time.monotonic()
                        member.latency(call).tell(now_s - started_s, now_s)
                        started_s = None
                        _copy(mine, facts, call)
                    if piece.usage is not None:
                        begun.settle(mine)
                        settled = True
                        usage = begun.usage(piece.usage.cached_tokens)
                        if usage != piece.usage:
                            piece = dataclasses.replace(piece, usage=usage)
                    begun.add(piece)
                    yield piece
            finally:
                await pieces.aclose()
            member.breaker.succeeded()
        except WorkbenchError as error:
            if is_to_blame(error) and not _is_late(error, call):
                member.breaker.failed(error.message)
            else:
                member.breaker.undecided()
            raise
        except BaseException:
            member.breaker.undecided()
            raise
        finally:
            member.in_flight -= 1
            if not settled:
                begun.settle(mine)
            if started_s is not None:
                _copy_cost(mine, facts)
            facts.prompt_tokens = begun.prompt_tokens
            facts.completion_tokens = begun.completion_tokens

    def _all_rest(self, call: Call) -> FetchError:
        members = list(self._plan(call))
        wait_s = min((each.breaker.retry_after_s for each in members), default=0.0)
        faults = [f"{each.name}: {each.breaker.last_fault}" for each in members]
        return FetchError(
            f"what answers for {call.model!r} has failed and rests ({'; '.join(faults)})",
            hint="try again later",
            retry_after_s=max(wait_s, 0.1),
        )


def _copy(mine: Facts, facts: Facts, call: Call) -> None:
    """Tell the whole answer's facts who answers, now that somebody does."""
    facts.served_by, facts.backend = mine.served_by or call.model, mine.backend
    facts.queue_s += mine.queue_s
    facts.loaded = facts.loaded or mine.loaded
    facts.warnings += mine.warnings
    if mine.route is not None:
        facts.route = f"{facts.route}, {mine.route}" if facts.route else mine.route
        reasons = (facts.route_reason, mine.route_reason)
        facts.route_reason = "; ".join(each for each in reasons if each)
    _copy_cost(mine, facts)


def _copy_cost(mine: Facts, facts: Facts) -> None:
    if mine.cost_usd is not None:
        facts.cost_usd = (facts.cost_usd or 0.0) + mine.cost_usd


def _is_late(error: WorkbenchError, call: Call) -> bool:
    """Whether the client's own time is up: no backend's fault, and no other could mend it."""
    ends_s = call.options.get("ends_s")
    return isinstance(error, DeadlineError) and ends_s is not None and time.monotonic() >= ends_s


def _continues(member: Member) -> bool:
    """Whether a backend goes on from an answer that was begun; models here do."""
    return bool(getattr(member.backend, "continues", True))
