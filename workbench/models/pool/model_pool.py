"""The pool itself: threads, futures and models around the scheduler's decisions."""

from __future__ import annotations

import contextlib
import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Any

from workbench.core import settings
from workbench.core.errors import CancelledError, WorkbenchError
from workbench.models.pool.budget import default_budget_bytes
from workbench.models.pool.describing import Description, base_name, describe
from workbench.models.pool.keeper import Keeper
from workbench.models.pool.lines import Grant, Key, Load, Refuse, Request, Resident, Unload
from workbench.models.pool.loans import Loan, Ticket
from workbench.models.pool.reporting import pool_state
from workbench.models.pool.rules import Rules
from workbench.models.pool.scheduler import Scheduler
from workbench.models.pool.state import PoolState, ResidentModel
from workbench.models.pool.workshop import Workshop

log = logging.getLogger(__name__)


class ModelPool:
    """Lends models to many callers and keeps them within a memory budget.

    Args:
        budget_bytes: What loaded models may take together; the setting ``memory_budget_bytes``, or
            a share of what is free now.
        swap: Whether a model may be evicted for another; if not, a request that would need it is
            refused at once.
        slots: Jobs at a time in an engine that can take several (llama.cpp), unless
            ``[models.NAME]`` says otherwise. With two or more, one is kept for short jobs.
        rules: Any other field of ``Rules``: ``keep_alive_s``, ``patience_s``, ``queue_size``...

    Raises:
        ConfigError: A setting is bad.
    """

    def __init__(
        self,
        budget_bytes: int | None = None,
        *,
        swap: bool = True,
        slots: int = 2,
        **rules: Any,
    ) -> None:
        rules.setdefault("cores", settings.get("threads"))
        self.rules = Rules(budget_bytes or default_budget_bytes(), swap=swap, **rules)
        self._slots = slots
        self._scheduler = Scheduler(self.rules)
        self._lock = threading.Lock()
        self._known: dict[tuple[str, str | None], Description] = {}
        self._described: dict[Key, Description] = {}
        self._models: dict[Resident, Any] = {}
        self._closed = False
        self._changed = threading.Condition(self._lock)
        self._workshop = Workshop()
        self._keeper = Keeper(self)

    # Asking.

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
            engine: What runs it; None for what suits it best.
            tenant: Whose share of the engine it counts against.
            tokens: What it is expected to use at most, prompt and answer.
            priority: A higher one goes first.
            deadline_s: Longest wait for the loan.
            keep_alive_s: How long the model stays afterwards if nobody asks for it: 0 not at all,
                -1 until its room is needed, None as the pool's rules say.
            swap: False refuses at once if another model would have to go for it.
            capability: What will be asked of it, ``chat`` or ``embed``.

        Returns:
            A future of a loan. It may raise CapacityError (with ``needed_bytes``,
            ``budget_bytes``, ``held_bytes``), BusyError (with ``retry_after_s``), DeadlineError,
            CapabilityError, CancelledError (the pool was closed), or what ``models.load`` raises.
        """
        now_s = time.monotonic()
        ticket = Ticket(name, tenant=tenant)
        request = Request(
            key=Key(name, engine or ""),
            tenant=tenant,
            tokens=max(1, tokens),
            arrived_s=now_s,
            priority=priority,
            deadline_at_s=None if deadline_s is None else now_s + deadline_s,
            keep_alive_s=keep_alive_s,
            may_swap=swap is not False,
            ticket=ticket,
        )
        ticket.add_done_callback(lambda _: self._withdraw(request))
        self._keeper.start()
        known = self._known.get((name, engine))
        if known is not None:
            self._enter(request, known, capability)
        else:  # reading the catalogue and the store is not for the caller's thread
            self._keeper.put(lambda: self._look_up(request, name, engine, capability))
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
            _abandon(ticket)
            raise
        with loan:
            yield loan

    # Loading and unloading by hand.

    def load(self, name: str, *, engine: str | None = None, pin: bool = False) -> ResidentModel:
        """Load a model and wait until it is ready. Raises as ``ask`` does."""
        with self.borrow(name, engine=engine, tenant="(pool)", tokens=1):
            key = self._known[name, engine].key
            if pin:
                self._pin(name, engine, pinned=True)
            found = (one for one in self.state().models if (one.name, one.engine) == key)
            return next(found)

    def unload(self, name: str, *, engine: str | None = None, drain_s: float = 30.0) -> bool:
        """Unload a model and wait until it is gone.

        Requests that come meanwhile wait, and have it loaded again.

        Args:
            name: As in a request.
            engine: Only in this engine.
            drain_s: How long the work in flight may go on.

        Returns:
            Whether it was loaded.
        """
        going: list[Resident] = []
        with self._lock:
            for key in self._keys(name, engine):
                self._scheduler.lines[key].is_pinned = False
                force_at_s = time.monotonic() + drain_s
                resident = self._scheduler.drain(key, force_at_s=force_at_s)
                if resident is not None:
                    going.append(resident)
        self.step()
        with self._changed:
            while any(one.line.resident is one for one in going):
                self._changed.wait(0.5)
        return bool(going)

    def pin(self, name: str, *, engine: str | None = None) -> ResidentModel:
        """Load a model and keep it in memory until it is unpinned or unloaded."""
        return self.load(name, engine=engine, pin=True)

    def unpin(self, name: str, *, engine: str | None = None) -> None:
        """Let a model be evicted again."""
        self._pin(name, engine, pinned=False)
        self.step()

    def state(self) -> PoolState:
        """The models, the memory and the queue, now."""
        with self._lock:
            return pool_state(self._scheduler, time.time() - time.monotonic())

    def close(self, *, drain_s: float = 10.0) -> None:
        """Refuse what waits, let the work in flight end, and unload everything."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
            waiting = [r for line in self._scheduler.lines.values() for r in line.queue]
            for request in waiting:
                self._scheduler.withdraw(request)
            lines = list(self._scheduler.lines.values())
            for line in lines:
                line.is_pinned = False
                self._scheduler.drain(line.key, force_at_s=time.monotonic() + drain_s)
        for request in waiting:
            _fail(request.ticket, CancelledError("the pool was closed", hint="make a new one"))
        self.step()
        with self._changed:
            while any(line.resident is not None for line in lines):
                self._changed.wait(0.2)
        self._keeper.stop()
        self._workshop.join()

    def __enter__(self) -> ModelPool:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # What happens inside.

    def _look_up(
        self, request: Request, name: str, engine: str | None, capability: str | None
    ) -> None:
        """On the keeper's thread: find out what a name stands for."""
        try:
            known = self._workshop.run(describe, name, engine, slots=self._slots)
        except WorkbenchError as error:
            _fail(request.ticket, error)
            return
        with self._lock:
            self._known[name, engine] = known
            self._described.setdefault(known.key, known)
        self._enter(request, known, capability)

    def _enter(self, request: Request, known: Description, capability: str | None) -> None:
        try:
            known.check(capability)
        except WorkbenchError as error:
            _fail(request.ticket, error)
            return
        request.key = known.key
        with self._lock:
            closed = self._closed
            if not closed and not request.ticket.cancelled():
                self._scheduler.ask(request, known.needs, now_s=time.monotonic())
        if closed:
            _fail(request.ticket, CancelledError("the pool was closed", hint="make a new one"))
        self.step()

    def step(self) -> None:
        """Let the scheduler decide, and do it."""
        with self._lock:
            now_s = time.monotonic()
            actions = self._scheduler.decide(now_s)
            due_s = self._scheduler.next_due_s(now_s)
            self._changed.notify_all()
        for action in actions:
            if isinstance(action, Grant):
                self._grant(action)
            elif isinstance(action, Refuse):
                _fail(action.request.ticket, action.error)
            elif isinstance(action, Load):
                self._workshop.start(self._load, action.resident)
            elif isinstance(action, Unload):
                self._workshop.start(self._unload, action.resident, action.reason)
        self._keeper.look_at(due_s)

    def _grant(self, grant: Grant) -> None:
        request = grant.request

        def give_back(tokens: int | None, error: BaseException | None) -> None:
            self._take_back(grant, tokens, error)

        if not request.ticket.set_running_or_notify_cancel():
            give_back(0, None)
            return
        loan = Loan(
            request.ticket.name,
            self._models[grant.resident],
            give_back,
            queued_s=(request.granted_at_s or request.arrived_s) - request.arrived_s,
            loaded=request.arrived_s < grant.resident.loaded_at_s,
        )
        request.ticket.set_result(loan)

    def _take_back(self, grant: Grant, tokens: int | None, error: BaseException | None) -> None:
        with self._lock:
            model = self._models.get(grant.resident)
        fault: WorkbenchError | None = None
        taken = 0
        if model is not None:
            try:
                taken = model.memory_bytes()
            except WorkbenchError as dead:
                fault = dead
        with self._lock:
            now_s = time.monotonic()
            self._scheduler.give_back(grant.request, tokens=tokens, now_s=now_s)
            if fault is not None:
                self._scheduler.crashed(grant.resident, fault, now_s=now_s)
            elif model is not None:
                self._scheduler.measured(grant.resident, measured_bytes=taken)
        self.step()

    def measure(self) -> None:
        """On the keeper's thread: look at what the loaded models take now."""
        with self._lock:
            models = [(one, model) for one, model in self._models.items() if one.status == "ready"]
        for resident, model in models:
            try:
                taken = model.memory_bytes()
            except WorkbenchError as dead:
                with self._lock:
                    self._scheduler.crashed(resident, dead, now_s=time.monotonic())
            else:
                with self._lock:
                    self._scheduler.measured(resident, measured_bytes=taken)
        self.step()

    def _load(self, resident: Resident) -> None:
        known = self._described[resident.key]
        started_s = time.monotonic()
        try:
            model, taken = self._workshop.load(resident, known)
        except WorkbenchError as error:
            with self._lock:
                self._scheduler.load_failed(resident, error, now_s=time.monotonic())
        else:
            now_s = time.monotonic()
            with self._lock:
                self._models[resident] = model
                self._scheduler.loaded(
                    resident, measured_bytes=taken, load_s=now_s - started_s, now_s=now_s
                )
                if self._closed:
                    self._scheduler.drain(resident.key, force_at_s=now_s)
            self._workshop.tell_loaded(resident, known)
        self.step()

    def _unload(self, resident: Resident, reason: str) -> None:
        with self._lock:
            model = self._models.pop(resident, None)
            rate = self._scheduler.rates.get(resident.key)
        try:
            self._workshop.unload(model, resident, self._described[resident.key], rate, reason)
        finally:
            with self._lock:
                self._scheduler.unloaded(resident)
            self.step()

    def _withdraw(self, request: Request) -> None:
        if request.ticket.cancelled():
            with self._lock:
                self._scheduler.withdraw(request)
            self.step()

    def _keys(self, name: str, engine: str | None) -> list[Key]:
        wanted = base_name(name)
        return [
            key
            for key in self._scheduler.lines
            if key.name == wanted and engine in (None, key.engine)
        ]

    def _pin(self, name: str, engine: str | None, *, pinned: bool) -> None:
        with self._lock:
            for key in self._keys(name, engine):
                self._scheduler.lines[key].is_pinned = pinned


def _fail(ticket: Ticket, error: BaseException) -> None:
    if ticket.set_running_or_notify_cancel():
        ticket.set_exception(error)


def _abandon(ticket: Ticket) -> None:
    """Give up waiting: leave the queue, or give back what came in the last instant."""
    if not ticket.cancel():
        with contextlib.suppress(BaseException):
            ticket.result(timeout=0).give_back(tokens=0)
