"""The cache as the pipeline sees it.

For each call that may be answered, once it is known who asks and which model it is::

    pieces = cache.answer(call, principal, facts, paid=self._paid, free=self._free)

``paid(call, principal, facts)`` answers with a model: it reserves before and settles after.
``free(call, principal, facts, pieces)`` passes on pieces that are known: it counts a request of 0
tokens. ``facts.cache`` tells which it was: ``exact``, ``semantic``, ``flight`` or None.
``lookup``, ``flight`` and ``store`` are the same in parts.
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Hashable, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING, Literal

from workbench.core.errors import AccessError, DeadlineError, LimitError
from workbench.serving.call import Call, Facts, Piece

from .entries import Entry, decode_answer, encode_answer
from .flights import Flight, Flights
from .hits import CacheFigures, Free, Hit, Identify, Paid, Principal, SemanticFigures, tell_flight
from .keys import exact_key, is_repeatable, wish_of
from .memory import MemoryTier
from .twins import Clearing, Twin

if TYPE_CHECKING:
    from .semantic import Question, SemanticCache

__all__ = ["AnswerCache", "CacheFigures", "Hit"]

log = logging.getLogger(__name__)

CHANGE_SEEN_S = 0.25  # so late at most is a clearing by another process noticed
_LONGEST_RUN_S = 3600.0
# Faults of who asked and of when, which say nothing of another caller of the same.
_PERSONAL = (LimitError, AccessError, DeadlineError)


class AnswerCache:
    """Exact answers in memory, with a twin that outlives it, and single flight.

    Args:
        identify: Says what stands behind a model's name.
        twin: Where answers outlive the process; None for memory alone.
        memory_bytes: What answers in memory may take together.
        ttl_s: How long an answer is good.
        semantic: Finds answers to requests that mean the same; None for no such.
        semantic_always: Also for requests that do not ask for it.
        clock: Tells Unix time; tests give their own.
    """

    def __init__(
        self,
        identify: Identify,
        *,
        twin: Twin | None = None,
        memory_bytes: int = 64 << 20,
        ttl_s: float = 86_400.0,
        semantic: SemanticCache | None = None,
        semantic_always: bool = False,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._identify, self._twin, self._clock = identify, twin, clock
        self._ttl_s = ttl_s
        self._semantic, self._semantic_always = semantic, semantic_always
        self._memory = MemoryTier(memory_bytes)
        self._flights = Flights(clock)
        self._counts: Counter[str] = Counter()
        self._saved_s = 0.0
        self._looked_s = float("-inf")
        self._clearings: list[Clearing] = []

    def answer(
        self, call: Call, principal: Principal, facts: Facts, *, paid: Paid, free: Free
    ) -> AsyncGenerator[Piece, None]:
        """Answer from the cache, from a run under way, or with a run.

        Args:
            call: With the model as resolved; ``principal`` may use it.
            principal: Who asks.
            facts: Takes what is told of the answer.
            paid: Answers with a model.
            free: Passes on what is known.

        Raises:
            WorkbenchError: What the client is to be told, by its class.
        """
        wish = wish_of(call)
        key = None if wish == "off" else self.key_of(call, principal)
        if key is None:
            return paid(call, principal, facts)
        if wish == "refresh":
            return self._refreshed(key, call, principal, facts, paid)
        return self._known_or_new(key, wish, call, principal, facts, paid=paid, free=free)

    async def _known_or_new(
        self,
        key: bytes,
        wish: str | None,
        call: Call,
        principal: Principal,
        facts: Facts,
        *,
        paid: Paid,
        free: Free,
    ) -> AsyncGenerator[Piece, None]:
        hit, question = await self.lookup(call, principal, key=key), None
        if hit is None and self._flights.find(_flight_name(key, call, principal)) is None:
            question = self._ask(wish, call, principal)
            hit = await self._lookup_meaning(question)
        if hit is not None:
            hit.tell(facts)
            pieces = free(call, principal, facts, hit.each())
        else:
            pieces = self.flight(
                call, principal, facts, key=key, paid=paid, free=free, question=question
            )
        async with aclosing(pieces):
            async for piece in pieces:
                yield piece

    def key_of(self, call: Call, principal: Principal) -> bytes | None:
        """The key of a call; None if its answer may not be kept.

        Raises:
            InputError: Its option ``cache`` is none of those that there are.
        """
        wish = wish_of(call)
        if wish == "off" or not self._memory.most_bytes:
            return None
        identity, temperature = self._identify(call.model)
        if wish is None and not is_repeatable(call, temperature):
            return None
        return exact_key(call, tenant=principal.user, identity=identity)

    async def lookup(
        self, call: Call, principal: Principal, *, key: bytes | None = None
    ) -> Hit | None:
        """The answer of a call, if it is known.

        Args:
            call: With the model as resolved.
            principal: Who asks; an answer is found by its own tenant alone.
            key: What ``key_of`` gave, if it was asked already.
        """
        key = key or self.key_of(call, principal)
        if key is None:
            return None
        self._counts["lookups"] += 1
        await self._notice_clearings()
        hit = await self._fetch(key, principal.user, call.model)
        self._counts["hits"] += hit is not None
        return hit

    async def flight(
        self,
        call: Call,
        principal: Principal,
        facts: Facts,
        *,
        key: bytes,
        paid: Paid,
        free: Free,
        question: Question | None = None,
    ) -> AsyncGenerator[Piece, None]:
        """Begin a run or read one that is under way for the same call of the same key.

        Who begins a run pays for it. Flights are not shared between keys, so that no key's budget
        pays for another's call. If the run fails before its first piece by a fault that is the
        beginner's own (a limit, a deadline), the others run by themselves; any other fault, and
        every later one, is told to all.
        """
        name = _flight_name(key, call, principal)
        under_way = self._flights.find(name)
        if under_way is None:
            begun = self._flights.begin(
                name,
                facts,
                lambda: paid(call, principal, facts),
                landed=lambda flight: self._land(key, call, principal, flight, question),
            )
            async with aclosing(self._flights.read(name, begun)) as pieces:
                async for piece in pieces:
                    yield piece
            return
        async with self._flights.holding(name, under_way):
            await under_way.beginning()
            if under_way.pieces or not isinstance(under_way.error, _PERSONAL):
                self._counts["joined"] += 1
                tell_flight(under_way.facts, facts)
                shared = free(call, principal, facts, self._flights.read(name, under_way))
            else:
                shared = paid(call, principal, facts)
            async with aclosing(shared):
                async for piece in shared:
                    yield piece

    def store(
        self,
        call: Call,
        principal: Principal,
        facts: Facts,
        pieces: Sequence[Piece],
        *,
        began_s: float,
        cost_s: float,
    ) -> bool:
        """Keep an answer; whether it was fit to be kept.

        Args:
            call: What was asked.
            principal: Whose answer it is.
            facts: Of the run.
            pieces: The whole answer.
            began_s: When the run began, as Unix time.
            cost_s: How long it took.
        """
        key = self.key_of(call, principal)
        if key is None:
            return False
        return self._keep(key, call, principal, facts, pieces, began_s=began_s, cost_s=cost_s)

    async def clear(self, clearing: Clearing) -> int:
        """Forget answers, here and in every gateway that shares the twin; how many there were.

        Raises:
            StorageError: The twin on the disk cannot be written.
        """
        self._clearings.append(clearing)  # a run that began before must not be kept after
        found = self._forget(clearing)
        if self._twin is not None:
            found = max(found, await self._twin.clear(clearing))
        return found

    def _forget(self, clearing: Clearing) -> int:
        if self._semantic is not None:
            self._semantic.clear(clearing)
        return self._memory.remove_where(clearing.covers)

    async def figures(self) -> CacheFigures:
        """What the cache holds and did."""
        return CacheFigures(
            entries=len(self._memory),
            size_bytes=self._memory.size_bytes,
            most_bytes=self._memory.most_bytes,
            evictions=self._memory.evictions,
            lookups=self._counts["lookups"],
            hits=self._counts["hits"],
            joined=self._counts["joined"],
            stored=self._counts["stored"],
            saved_s=self._saved_s,
            in_flight=len(self._flights),
            twin=None if self._twin is None else await self._twin.figures(),
            semantic=self.semantic_figures(),
        )

    def semantic_figures(self) -> SemanticFigures | None:
        """What became of the lookups by meaning; None where there are none."""
        return None if self._semantic is None else self._semantic.figures()

    async def close(self) -> None:
        """Cancel the runs under way and write what waits."""
        await self._flights.close()
        if self._semantic is not None:
            await self._semantic.close()
        if self._twin is not None:
            await self._twin.close()

    async def _refreshed(
        self, key: bytes, call: Call, principal: Principal, facts: Facts, paid: Paid
    ) -> AsyncGenerator[Piece, None]:
        """A run of its own, whose answer takes the place of the one that was known."""
        began_s, started_s = self._clock(), time.perf_counter()
        collected = []
        async with aclosing(paid(call, principal, facts)) as pieces:
            async for piece in pieces:
                collected.append(piece)
                yield piece
        cost_s = time.perf_counter() - started_s
        self._keep(key, call, principal, facts, collected, began_s=began_s, cost_s=cost_s)

    async def _fetch(
        self, key: bytes, tenant: str, model: str, *, similarity: float | None = None
    ) -> Hit | None:
        """The answer of a key, from the memory or its twin."""
        now_s = self._clock()
        entry = self._memory.get(key, now_s)
        if entry is None and self._twin is not None:
            entry = await self._twin.get(key, tenant, model, now_s)
            if entry is not None:
                self._memory.put(entry)
        found = None if entry is None else decode_answer(entry.body)
        if entry is None or found is None:
            return None
        self._saved_s += entry.cost_s
        served_by, pieces = found
        kind: Literal["exact", "semantic"] = "exact" if similarity is None else "semantic"
        age_s = max(0.0, now_s - entry.made_s)
        return Hit(kind, pieces, served_by, age_s, entry.cost_s, similarity)

    def _ask(self, wish: str | None, call: Call, principal: Principal) -> Question | None:
        """The question that a call's meaning is looked for with, if it may be."""
        if self._semantic is None or wish in ("exact", "refresh"):
            return None
        if not (self._semantic_always or wish == "semantic"):
            return None
        identity, temperature = self._identify(call.model)
        if not is_repeatable(call, temperature):
            return None
        return self._semantic.ask(call, tenant=principal.user, identity=identity)

    async def _lookup_meaning(self, question: Question | None) -> Hit | None:
        """The answer of a request that means the same."""
        if question is None or self._semantic is None:
            return None
        for meaning, similarity in await self._semantic.find(question, self._clock()):
            hit = await self._fetch(
                meaning.key, question.tenant, question.model, similarity=similarity
            )
            if hit is not None:
                self._semantic.count_hit()
                return hit
            self._semantic.forget([meaning.ident])  # its answer had to make room
        return None

    def _land(
        self,
        key: bytes,
        call: Call,
        principal: Principal,
        flight: Flight,
        question: Question | None,
    ) -> None:
        began_s = flight.began_s
        kept = self._keep(
            key,
            call,
            principal,
            flight.facts,
            flight.pieces,
            began_s=began_s,
            cost_s=flight.took_s,
        )
        if kept and question is not None and self._semantic is not None:
            self._semantic.remember(question, key, made_s=began_s, expires_s=began_s + self._ttl_s)

    def _keep(
        self,
        key: bytes,
        call: Call,
        principal: Principal,
        facts: Facts,
        pieces: Sequence[Piece],
        *,
        began_s: float,
        cost_s: float,
    ) -> bool:
        body = encode_answer(pieces, facts)
        if body is None:
            return False
        expires_s = began_s + self._ttl_s
        entry = Entry(key, principal.user, call.model, began_s, expires_s, cost_s, body)
        if any(clearing.covers(entry) for clearing in self._clearings):
            return False
        self._memory.put(entry)
        if self._twin is not None:
            self._twin.put(entry)
        self._counts["stored"] += 1
        return True

    async def _notice_clearings(self) -> None:
        """Do what other processes' clearings ask for."""
        if self._twin is None:
            return
        now_s = time.monotonic()
        if now_s - self._looked_s < CHANGE_SEEN_S:
            return
        self._looked_s = now_s
        for clearing in await self._twin.new_clearings():
            self._forget(clearing)
            self._clearings.append(clearing)
        # One that began more than an hour ago is no run's business any more.
        oldest_s = self._clock() - _LONGEST_RUN_S
        self._clearings = [each for each in self._clearings if each.before_s > oldest_s]


def _flight_name(key: bytes, call: Call, principal: Principal) -> Hashable:
    """Who flies together: the same call of the same key, given up at the same time."""
    return key, principal.key_id, call.options.get("timeout_s")
