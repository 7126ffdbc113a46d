"""What a call may need and what it did use: reserved before it, settled after it."""

from __future__ import annotations

import asyncio
import logging
import time

from workbench.core import settings
from workbench.core.errors import (
    BusyError,
    CapabilityError,
    InputError,
    NotFoundError,
    StorageError,
    WorkbenchError,
)
from workbench.identity.principals import Principal
from workbench.serving.backends.directory import Directory
from workbench.serving.call import Call, Facts, Piece
from workbench.serving.confirmations import Confirmations
from workbench.serving.estimates import prompt_chars
from workbench.serving.kept_words import words_of
from workbench.serving.limits.protocol import LimitStore, Reservation
from workbench.serving.sketches import Sketch, sketch_call
from workbench.store.usage import UsageLog
from workbench.store.usage_rows import UsageRow, UsageText

log = logging.getLogger(__name__)


class Accounts:
    """Opens the account of each call.

    Args:
        limits: Where reservations are held.
        usage: Where settlements go.
        directory: Knows the prices.
    """

    def __init__(self, limits: LimitStore, usage: UsageLog, directory: Directory) -> None:
        self.limits, self.usage, self.directory = limits, usage, directory
        self.sketches = bool(settings.get("usage_sketches"))
        self.disk_failed = False
        self.under_way = 0
        self.confirmations = Confirmations()
        usage.siblings = lambda: self.under_way

    def check_disk(self) -> None:
        """Refuse while settlements cannot be written: what is used must not get lost.

        Raises:
            StorageError: They still wait for the disk.
        """
        if (fault := self.disk_fault()) is not None:
            raise fault

    def disk_fault(self) -> StorageError | None:
        """Why nothing is answered now; None again once what waited is on the disk."""
        if self.disk_failed and not self.usage.waiting():
            self.disk_failed = False
        if not self.disk_failed:
            return None
        return StorageError(
            "the store takes no settlement now, so nothing is answered",
            hint="free some space on the disk of WORKBENCH_HOME",
            retry_after_s=2.0,
        )

    async def open(
        self,
        call: Call,
        principal: Principal,
        facts: Facts,
        *,
        tokens: int,
        usd: float,
        answers: bool = True,
    ) -> Account:
        """Reserve what a call may need, and a place among the key's answers at a time.

        Args:
            call: What is asked.
            principal: Who asks.
            facts: What is settled later.
            tokens: Needed at most.
            usd: What they would cost.
            answers: Whether it takes a place: streamed or whole, from a model or the cache.

        Raises:
            LimitError: A limit would be passed.
            BusyError: The store of limits does not answer.
        """
        reservation = await self.limits.reserve(principal, tokens=tokens, usd=usd, stream=answers)
        return Account(self, call, principal, facts, reservation)


class Account:
    """One call's: settled exactly once, whatever becomes of the call."""

    def __init__(
        self,
        accounts: Accounts,
        call: Call,
        principal: Principal,
        facts: Facts,
        reservation: Reservation,
    ) -> None:
        self._accounts, self._call, self._principal = accounts, call, principal
        self._facts = facts
        self.reservation = reservation
        self._started_s = time.perf_counter()
        self._first_s: float | None = None
        self._settling: tuple[UsageRow, asyncio.Future[bool]] | None = None
        self._settled = False
        self._pieces: list[Piece] = []  # of which the words are kept
        self._sketch: Sketch | None = None
        accounts.under_way += 1
        # In the loop's next turn: until then the call has gone out, and is being answered.
        asyncio.get_running_loop().call_soon(self._sketched)

    @property
    def holds_place(self) -> bool:
        """Whether it holds one of the answers at a time that its key may have."""
        return any(each.limit == "concurrent_streams" for each in self.reservation.left)

    def note(self, piece: Piece) -> None:
        """A piece of the answer came; its words are kept where the settings say so."""
        if self._first_s is None:
            self._first_s = time.perf_counter() - self._started_s
        if self._accounts.usage.keep_text:
            self._pieces.append(piece)

    def begin_settling(
        self, *, status: int = 200, error: str | None = None
    ) -> asyncio.Future[bool]:
        """Hand what was used, as ``facts`` count it, to who writes it.

        Returns:
            Done once the settlement is on the disk, or with a StorageError. ``settle`` waits for
            it as well, and is to be awaited all the same.
        """
        if self._settling is None:
            self._accounts.under_way -= 1
            row = self._row(status, error)
            self._settling = row, self._write(row)
        return self._settling[1]

    async def settle(self, *, status: int = 200, error: str | None = None) -> None:
        """Write what was used, and give back the rest of the reservation.

        When it returns the settlement is on the disk.

        Raises:
            StorageError: The disk does not take it; it is tried again until it does.
        """
        if self._settled:
            return
        self._settled = True
        written = self.begin_settling(status=status, error=error)
        row = self._settling[0] if self._settling else None
        try:
            if not written.cancelled():  # else who waited has gone, which undoes nothing
                await written
        except StorageError:
            self._accounts.disk_failed = True
            raise
        finally:
            assert row is not None
            await self._accounts.limits.settle(
                self.reservation, tokens=row.tokens, usd=row.cost_usd
            )

    async def fail(self, error: BaseException) -> None:
        """Settle a call that did not come to its end: what it used until then counts."""
        refused = isinstance(error, (InputError, CapabilityError, NotFoundError))
        if refused and not self._facts.completion_tokens:
            self._facts.prompt_tokens = 0  # nothing was read
        status, code = 499, "cancelled"
        if isinstance(error, WorkbenchError):
            from workbench.serving.http_errors import status_of

            status, code = status_of(error), error.code
        elif isinstance(error, Exception):
            status, code = 500, "workbench-error"
        try:
            await self.settle(status=status, error=code)
        except StorageError as fault:
            log.error("%s: its settlement waits: %s", self._call.request_id, fault.message)

    def _write(self, row: UsageRow) -> asyncio.Future[bool]:
        written, tell = self._accounts.confirmations.make()
        try:
            self._accounts.usage.add(row, text=self._text(), tell=tell)
        except BusyError as error:  # the disk has been full for long: no more can be held
            written.set_exception(StorageError(error.message, hint=error.hint))
        except WorkbenchError as error:
            written.set_exception(error)
        return written

    def _text(self) -> UsageText | None:
        if not self._accounts.usage.keep_text:
            return None
        return words_of(self._call, self._pieces)

    def _sketched(self) -> Sketch:
        """What is kept of the prompt."""
        if self._sketch is None:
            self._sketch = sketch_call(self._call, sketches=self._accounts.sketches)
        return self._sketch

    def _row(self, status: int, error: str | None) -> UsageRow:
        call, facts, principal = self._call, self._facts, self._principal
        cost_usd = facts.cost_usd
        if cost_usd is None:
            price = self._accounts.directory.price(facts.backend, facts.served_by)
            cost_usd = price.usd(facts.prompt_tokens, facts.completion_tokens)
        return UsageRow(
            settlement_id=self.reservation.id,
            request_id=call.request_id,
            key_id=principal.key_id,
            user=principal.user,
            model_asked=facts.asked or call.model,
            model_served=facts.served_by,
            backend=facts.backend,
            route=facts.route,
            endpoint=facts.endpoint,
            dialect=facts.dialect,
            status=status,
            error_code=error,
            prompt_tokens=facts.prompt_tokens,
            completion_tokens=facts.completion_tokens,
            cached_tokens=facts.cached_tokens,
            cost_usd=cost_usd,
            queue_s=facts.queue_s,
            time_to_first_token_s=self._first_s,
            duration_s=time.perf_counter() - self._started_s,
            stream=call.stream,
            cache=facts.cache,
            fallbacks=facts.fallbacks,
            prompt_chars=prompt_chars(call),
            task=facts.task,
            **self._sketched().columns(),
        )
