"""What an asker holds: a ticket while he waits, a loan when he has a model."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future
from types import TracebackType
from typing import TYPE_CHECKING, Any

from workbench.models.pool.lines import Key

if TYPE_CHECKING:
    from workbench.models.model import Model

log = logging.getLogger(__name__)
GiveBack = Callable[[int | None], None]


class Loan:
    """A loaded model that is one caller's until he gives it back; or use it in a ``with`` block.

    ``name`` is what was asked for, ``key`` what is loaded for it, ``queued_s`` how long it took to
    get, ``loaded`` whether the model had to be loaded for it. A loan that is lost without being
    given back (its task was cancelled in the instant in which it came) goes back by itself when
    Python drops it.
    """

    def __init__(
        self,
        name: str,
        model: Model,
        give_back: GiveBack,
        *,
        key: Key,
        queued_s: float,
        loaded: bool,
        lost: Callable[[GiveBack], None],
        pool: Any,
    ) -> None:
        self.name = name
        self.key = key
        self.model = model
        self.queued_s = queued_s
        self.loaded = loaded
        self._give_back: GiveBack | None = give_back
        self._lost = lost
        self._pool = pool  # who has a loan keeps the pool

    def give_back(self, *, tokens: int | None = None) -> None:
        """End the loan. Calling it twice is harmless.

        Args:
            tokens: What was used, prompt and answer; what was asked for if it is not said.
        """
        give_back, self._give_back = self._give_back, None
        if give_back is not None:
            give_back(tokens)

    def __enter__(self) -> Loan:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.give_back()

    def __del__(self) -> None:
        give_back = getattr(self, "_give_back", None)
        if give_back is not None:  # python may call this anywhere, also inside the pool's lock
            self._lost(give_back)

    def __repr__(self) -> str:
        return f"<Loan of {self.name}{'' if self._give_back else ', given back'}>"


class Ticket(Future[Loan]):
    """A place in the queue: a future of a loan. ``cancel()`` leaves the queue."""

    def __init__(self, name: str, *, tenant: str, pool: Any) -> None:
        super().__init__()
        self.name = name
        self.tenant = tenant
        self.pool = pool


def refuse(ticket: Ticket, error: BaseException) -> None:
    """Tell an asker that he gets nothing, unless he has left."""
    if ticket.set_running_or_notify_cancel():
        ticket.set_exception(error)


def abandon(ticket: Ticket) -> None:
    """Stop waiting: leave the queue, or give back what came in the last instant."""
    if not ticket.cancel():
        ticket.add_done_callback(_return_at_once)


def _return_at_once(ticket: Future[Loan]) -> None:
    if not ticket.cancelled() and ticket.exception() is None:
        ticket.result().give_back(tokens=0)
