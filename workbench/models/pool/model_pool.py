"""The pool as its users see it."""

from __future__ import annotations

import atexit
import functools
import time
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

from workbench.core import settings
from workbench.models.pool.budget import default_budget_bytes
from workbench.models.pool.describing import base_name
from workbench.models.pool.lender import Lender
from workbench.models.pool.lines import Key, Request
from workbench.models.pool.loans import Loan, Ticket, abandon
from workbench.models.pool.reporting import pool_state
from workbench.models.pool.rules import Rules
from workbench.models.pool.state import PoolState, ResidentModel

_open_lenders: weakref.WeakSet[Lender] = weakref.WeakSet()


class ModelPool:
    """Lends models to many callers and keeps them within a memory budget.

    Args:
        budget_bytes: What loaded models may take together; the setting ``memory_budget_bytes``, or
            a share of what is free now.
        swap: Whether a model may be evicted for another; if not, a request that would need it is
            refused at once.
        slots: Jobs at a time in an engine that can take several (llama.cpp), unless
            ``[models.NAME]`` says otherwise; the setting ``model_slots``. With two or more, one is
            kept for short jobs.
        rules: Any other field of ``Rules``; ``keep_alive_s``, ``patience_s`` and ``queue_size``
            come from the settings ``model_keep_alive_s`` and so on.

    Raises:
        ConfigError: A setting is bad.
    """

    def __init__(
        self,
        budget_bytes: int | None = None,
        *,
        swap: bool = True,
        slots: int | None = None,
        **rules: Any,
    ) -> None:
        rules.setdefault("cores", settings.get("threads"))
        for name in ("keep_alive_s", "patience_s", "queue_size"):
            rules.setdefault(name, settings.get(f"model_{name}"))
        self.rules = Rules(budget_bytes or default_budget_bytes(), swap=swap, **rules)
        self._lender = Lender(self.rules, slots=slots or settings.get("model_slots"))
        # A notebook that makes its pool anew must not keep the old one's models in memory.
        weakref.finalize(self, self._lender.leave).atexit = False
        _close_at_exit(self._lender)

    def ask(
        self,
        name: str,
        *,
        engine: str | None = None,
        tenant: str = "",
        tokens: int = 256,
        priority: int = 0,
        deadline_s: float | None = None,
        keep_alive_s: float | None = None,
        swap: bool | None = None,
        capability: str | None = None,
    ) -> Ticket:
        """Ask for a model. Never blocks and never raises: what is wrong comes out of the ticket.

        Args:
            name: A name of the catalogue, ``base:adapter@version``, or a path.
            engine: What runs it; None for the engine that it is loaded in, or what suits it best.
            tenant: Whose share of the engine it counts against.
            tokens: What it is expected to use at most, prompt and answer.
            priority: A higher one goes first.
            deadline_s: Longest wait for the loan.
            keep_alive_s: How long the model stays afterwards if nobody asks for it: 0 not at all,
                -1 until its room is needed, None as the pool's rules say. The last request decides.
            swap: False refuses at once if another model would have to go for it.
            capability: What will be asked of it, ``chat`` or ``embed``.

        Returns:
            A future of a loan. It may raise CapacityError (with ``needed_bytes``,
            ``budget_bytes``, ``held_bytes``), BusyError (with ``retry_after_s``), DeadlineError,
            CapabilityError, CancelledError (the pool was closed), or what ``models.load`` raises.
        """
        now_s = time.monotonic()
        ticket = Ticket(name, tenant=tenant, pool=self)
        request = Request(
            key=Key(name, engine or ""),
            tenant=tenant,
            most_tokens=max(1, tokens),
            arrived_s=now_s,
            priority=priority,
            deadline_at_s=None if deadline_s is None else now_s + deadline_s,
            keep_alive_s=keep_alive_s,
            may_swap=swap is not False,
            capability=capability,
            ticket=ticket,
        )
        lender = self._lender
        ticket.add_done_callback(
            lambda done: lender.withdraw(request) if done.cancelled() else None
        )
        lender.receive(request, name, engine)
        return ticket

    @contextmanager
    def borrow(self, name: str, *, timeout_s: float | None = None, **wishes: Any) -> Iterator[Loan]:
        """A loan for the length of a ``with`` block; ``wishes`` as for ``ask``.

        Raises:
            DeadlineError: It took longer than ``timeout_s``; else as ``ask`` says.
        """
        if timeout_s is not None:
            wishes.setdefault("deadline_s", timeout_s)
        ticket = self.ask(name, **wishes)
        try:
            loan = ticket.result()
        except BaseException:
            abandon(ticket)
            raise
        with loan:
            yield loan

    def load(self, name: str, *, engine: str | None = None, pin: bool = False) -> ResidentModel:
        """Load a model and wait until it is ready. Raises as ``ask`` does."""
        with self.borrow(name, engine=engine, tenant="(pool)", tokens=1) as loan:
            if pin:
                self._pin([loan.key], pinned=True)
            return next(m for m in self.state().models if (m.name, m.engine) == loan.key)

    def unload(self, name: str, *, engine: str | None = None, drain_s: float = 30.0) -> bool:
        """Unload a model and wait until it is gone. It is not pinned any more.

        Requests that come meanwhile wait, and have it loaded again.

        Args:
            name: As in a request.
            engine: Only in this engine.
            drain_s: How long the work in flight may go on.

        Returns:
            Whether it was loaded.
        """
        keys = self._keys(name, engine)
        self._pin(keys, pinned=False)
        lender = self._lender
        with lender.lock:
            force_at_s = time.monotonic() + drain_s
            drained = [lender.scheduler.drain(key, force_at_s=force_at_s) for key in keys]
        going = [one for one in drained if one is not None]
        lender.step()
        with lender.changed:
            lender.changed.wait_for(lambda: all(one.line.resident is not one for one in going))
        return bool(going)

    def pin(self, name: str, *, engine: str | None = None) -> ResidentModel:
        """Load a model and keep it in memory until it is unpinned or unloaded."""
        return self.load(name, engine=engine, pin=True)

    def unpin(self, name: str, *, engine: str | None = None) -> bool:
        """Let a model be evicted again; whether it was pinned."""
        was = self._pin(self._keys(name, engine), pinned=False)
        self._lender.step()
        return was

    def state(self) -> PoolState:
        """The models, the memory and the queue, now."""
        with self._lender.lock:
            return pool_state(self._lender.scheduler, time.time() - time.monotonic())

    def close(self, *, drain_s: float = 10.0) -> None:
        """Refuse what waits, let the work in flight end for so long, and unload everything."""
        self._lender.close(drain_s=drain_s)

    def __enter__(self) -> ModelPool:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        state = self.state()
        names = ", ".join(model.name for model in state.models) or "nothing"
        return f"<ModelPool {names}; {state.used_bytes >> 20} of {state.budget_bytes >> 20} MiB>"

    def _keys(self, name: str, engine: str | None) -> list[Key]:
        """The models that a name stands for; one with an adapter goes with its base."""
        base = base_name(name)
        with self._lender.lock:
            lines = list(self._lender.scheduler.lines)
        return [k for k in lines if base_name(k.name) == base and engine in (None, k.engine)]

    def _pin(self, keys: list[Key], *, pinned: bool) -> bool:
        """Set the pins; whether one was set before."""
        with self._lender.lock:
            lines = [self._lender.scheduler.lines[key] for key in keys]
            was = any(line.is_pinned for line in lines)
            for line in lines:
                line.is_pinned = pinned and line.resident is not None
        return was


def _close_at_exit(lender: Lender) -> None:
    _open_lenders.add(lender)
    _register()


@functools.cache
def _register() -> None:
    atexit.register(_close_all)


def _close_all() -> None:
    for lender in list(_open_lenders):
        lender.close_now()
