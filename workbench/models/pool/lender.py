"""What a pool does behind its face: carries out what the scheduler decides, and tells it of it."""

from __future__ import annotations

import logging
import math
import threading
import time
from dataclasses import replace
from typing import TYPE_CHECKING

from workbench.core.errors import CancelledError, CapabilityError, EngineError, WorkbenchError
from workbench.models.pool.demand import Demand
from workbench.models.pool.describing import Description, describe, lent_as
from workbench.models.pool.keeper import Keeper
from workbench.models.pool.lines import Action, Grant, Key, Load, Refuse, Request, Resident
from workbench.models.pool.loans import Loan, refuse
from workbench.models.pool.rules import Rules
from workbench.models.pool.scheduler import Scheduler
from workbench.models.pool.workshop import Workshop
from workbench.models.protocol import EMBED

if TYPE_CHECKING:
    from workbench.models.model import Model

log = logging.getLogger(__name__)
_LEAVE_S = 5.0
_CHECK_S = 1.0  # a model that was not looked at for so long is looked at before it is lent


class Lender:
    """The scheduler with the models, threads and tickets that it decides about.

    ``lock`` guards the scheduler and all that hangs on it; nothing slow happens under it.
    """

    def __init__(self, rules: Rules, *, slots: int) -> None:
        self.scheduler = Scheduler(rules)
        self.lock = threading.Lock()
        self.changed = threading.Condition(self.lock)
        self.keeper = Keeper(self)
        self.demand = Demand()
        self.known: dict[tuple[str, str | None], Description] = {}
        self.closed = False
        self._slots = slots
        self._descriptions: dict[Key, Description] = {}
        self._load_as: dict[Key, str] = {}
        self._models: dict[Resident, Model] = {}
        self._looked_s: dict[Resident, float] = {}
        self._workshop = Workshop()

    # A request's way in.

    def receive(self, request: Request, name: str, engine: str | None) -> None:
        """Take a request for a model of which it may not be known yet what it is."""
        with self.lock:
            known, closed = self.known.get((name, engine)), self.closed
            if known is None and not closed:
                # Reading the catalogue and the store is not for the asker's thread.
                self.keeper.put(lambda: self._look_up(request, name, engine))
        if closed:
            refuse(request.ticket, _closed())
            return
        self.keeper.start()
        if known is not None:
            self._enter(request, known, chosen=engine is not None)

    def _look_up(self, request: Request, name: str, engine: str | None) -> None:
        try:
            known = self._workshop.run(describe, name, engine, slots=self._slots)
        except Exception as error:  # noqa: BLE001 - the asker must not wait for ever
            refuse(request.ticket, error)
            return
        with self.lock:
            if known.adapter is None or name.endswith(f"@{known.adapter.partition('@')[2]}"):
                self.known[name, engine] = known  # a label, and the latest, may move
            self._descriptions[known.key] = known
        self._enter(request, known, chosen=engine is not None)

    def _enter(self, request: Request, known: Description, *, chosen: bool) -> None:
        try:
            known.check(request.capability)
        except WorkbenchError as error:
            refuse(request.ticket, error)
            return
        with self.lock:
            closed = self.closed
            if not closed and not request.ticket.cancelled():
                request.known, request.key = known, self._find_key(known, chosen=chosen)
                serving = self._descriptions[request.key]
                if request.capability == EMBED:
                    request.grows_bytes = serving.embedder_bytes
                self.scheduler.ask(request, serving.needs, now_s=time.monotonic())
        if closed:
            refuse(request.ticket, _closed())
        self.step()

    def _find_key(self, known: Description, *, chosen: bool) -> Key:
        """The model in memory that serves a request, or the one that is to be loaded for it.

        Another engine's will do if none was chosen; a base that came with the adapter will do. One
        that came without it is loaded anew with all that it had and this one, once its work is
        done, so that its weights are in memory once. Where not all may be loaded together the
        adapter gets a copy of its own: else two of them would send each other away for good.
        """
        residents = self.scheduler.residents()
        residents.sort(key=lambda one: one.key.engine != known.key.engine)
        for one in residents:
            of = self._descriptions[one.key]
            adapters = of.adapters if one.adapters is None else one.adapters
            is_there = one.status in ("loading", "ready")
            same = one.key.engine == known.key.engine or not chosen
            if is_there and same and of.serves(known, adapters):
                return one.key
        base = Key(known.base, known.key.engine)
        if not known.is_hot or known.adapter is None:
            return known.key
        loaded = next((one for one in residents if one.key == base), None)
        if loaded is None or self._may_come_anew(loaded, known):
            if loaded is not None and loaded.status in ("loading", "ready"):
                self.scheduler.drain(base, force_at_s=math.inf)
            self._load_as[base] = known.key.name  # the base, and surely with that adapter
            self._descriptions[base] = replace(known, key=base, adapter=None)
            return base
        return known.key

    def _may_come_anew(self, loaded: Resident, known: Description) -> bool:
        """Whether a base with one more adapter would still have all that it has."""
        of = self._descriptions[loaded.key]
        had = of.adapters if loaded.adapters is None else loaded.adapters
        return set(known.adapters) >= {*had, known.adapter}

    def withdraw(self, request: Request) -> None:
        """The asker has left the queue."""
        with self.lock:
            self.scheduler.withdraw(request)
        self.step()

    # Deciding and doing.

    def step(self) -> None:
        """Let the scheduler decide, and do it."""
        with self.lock:
            now_s = time.monotonic()
            actions = self.scheduler.decide(now_s)
            due_s = self.scheduler.next_due_s(now_s)
            busy = self.scheduler.is_busy()
            self.demand.tell(self.scheduler.is_asked())
            self.changed.notify_all()
        for action in actions:
            self._do(action)
        self.keeper.look_at(due_s, busy=busy)

    def _do(self, action: Action) -> None:
        if isinstance(action, Grant):
            self._grant(action)
        elif isinstance(action, Refuse):
            refuse(action.request.ticket, action.error)
        elif isinstance(action, Load):
            try:
                self._workshop.start(self._load, action.resident)
            except RuntimeError as error:  # the system gives no more threads
                self._give_up(action.resident, EngineError(f"no thread to load with: {error}"))
        else:
            self._workshop.start(self._unload, action.resident, action.reason)

    def _grant(self, grant: Grant) -> None:
        request, resident = grant.request, grant.resident
        if self._is_dead(resident):
            with self.lock:
                self.scheduler.ask_again(request, now_s=time.monotonic())
            self.step()
            return
        known, loaded_as = request.known, self._descriptions[resident.key]
        if not loaded_as.serves(known, resident.adapters or ()):
            with self.lock:  # it was loaded anew meanwhile, and that adapter did not come with it
                self.scheduler.give_back(request, tokens=0, now_s=time.monotonic())
            self._enter(request, known, chosen=True)
            return
        model, ticket = self._models.get(resident), request.ticket
        request.ticket = None  # a ticket holds its loan, and must go with the asker
        if not ticket.set_running_or_notify_cancel():
            self._take_back(grant, 0)
        elif model is None:  # a drain ended by force in this very instant
            ticket.set_exception(EngineError(f"{resident.key} was closed", hint="ask again"))
            self._take_back(grant, 0)
        elif request.capability not in (None, *model.capabilities):
            ticket.set_exception(_cannot(resident.key, request.capability, model))
            self._take_back(grant, 0)
        else:
            granted_s = request.granted_at_s or request.arrived_s
            loan = Loan(
                ticket.name,
                lent_as(model, known.adapter, loaded_as=loaded_as),
                lambda tokens: self._take_back(grant, tokens),
                key=resident.key,
                queued_s=granted_s - request.arrived_s,
                loaded=request.arrived_s < resident.loaded_at_s,
                lost=lambda give_back: self.keeper.put(lambda: _return_lost(give_back)),
                pool=ticket.pool,
            )
            ticket.set_result(loan)

    def _take_back(self, grant: Grant, tokens: int | None) -> None:
        self._look(grant.resident)
        with self.lock:
            self.scheduler.give_back(grant.request, tokens=tokens, now_s=time.monotonic())
        self.step()

    # Looking at the models.

    def measure(self) -> None:
        """Look at what every loaded model takes now, and whether it is alive."""
        with self.lock:
            residents = [one for one in self._models if one.status == "ready"]
        for resident in residents:
            self._look(resident)
        self.step()

    def _is_dead(self, resident: Resident) -> bool:
        last_s = self._looked_s.get(resident, 0.0)
        return time.monotonic() - last_s > _CHECK_S and not self._look(resident)

    def _look(self, resident: Resident) -> bool:
        """Measure one model; False if its process has ended."""
        model = self._models.get(resident)
        if model is None:
            return True
        self._looked_s[resident] = time.monotonic()
        try:
            taken = model.memory_bytes()
            if taken <= 0:  # a process that has ended and was not waited for yet
                raise EngineError(f"the process of {resident.key} has ended", hint="ask again")
        except WorkbenchError as dead:
            with self.lock:
                self.scheduler.crashed(resident, dead, now_s=time.monotonic())
            return False
        with self.lock:
            self.scheduler.measured(resident, measured_bytes=taken)
        return True

    # Loading and unloading, each in a thread of its own.

    def _load(self, resident: Resident) -> None:
        known = self._descriptions[resident.key]
        started_s = time.monotonic()
        try:
            name = self._load_as.pop(resident.key, resident.key.name)
            model, taken = self._workshop.load(resident, known, name=name)
        except WorkbenchError as error:
            self._give_up(resident, error)
            return
        with self.lock:
            now_s = time.monotonic()
            self._models[resident] = model
            self._looked_s[resident] = now_s
            resident.threads, resident.adapters = model.settings.threads, model.adapters
            load_s = now_s - started_s
            self.scheduler.loaded(resident, measured_bytes=taken, load_s=load_s, now_s=now_s)
        self._workshop.tell_loaded(resident)
        self.step()

    def _give_up(self, resident: Resident, error: WorkbenchError) -> None:
        with self.lock:
            self.scheduler.load_failed(resident, error, now_s=time.monotonic())
        self.step()

    def _unload(self, resident: Resident, reason: str) -> None:
        with self.lock:
            model = self._models.pop(resident, None)
            self._looked_s.pop(resident, None)
            tokens_per_s = self.scheduler.rates.tokens_per_s(resident.key)
        known = self._descriptions[resident.key]
        try:
            self._workshop.unload(model, resident, known, tokens_per_s, reason)
        finally:
            with self.lock:
                self.scheduler.unloaded(resident)
                # The next request reads anew what the model takes, and the user's settings.
                stale = [name for name, one in self.known.items() if one.base == known.base]
                for name in stale:
                    del self.known[name]
            self.step()

    # The end.

    def close(self, *, drain_s: float, most_s: float | None = None) -> None:
        """Refuse what waits, let the work in flight end, unload everything, end the threads.

        Args:
            drain_s: How long the work in flight may go on.
            most_s: How long all of it may take; what is left then goes with this process.
        """
        with self.lock:
            if self.closed:
                return
            self.closed = True
            waiting = self.scheduler.shut(force_at_s=time.monotonic() + drain_s)
        self._workshop.cancel("the pool is closed")
        for request in waiting:
            refuse(request.ticket, _closed())
        self.step()
        with self.changed:
            done = self.changed.wait_for(lambda: not self.scheduler.residents(), most_s)
        self.keeper.stop()
        with self.lock:
            self.demand.close()
        if done:
            self._workshop.join()

    def leave(self) -> None:
        """Close because nobody has the pool any more; may be called from a finalizer."""
        self.keeper.put(lambda: self._workshop.start(self.close_now))

    def close_now(self) -> None:
        """Close without waiting for work in flight, nor long for anything else."""
        self.close(drain_s=0.0, most_s=_LEAVE_S)


def _closed() -> CancelledError:
    return CancelledError("the pool was closed", hint="make a new one")


def _return_lost(give_back: object) -> None:
    log.warning("a loan was lost without being given back; it is taken back now")
    give_back(None)  # type: ignore[operator]


def _cannot(key: Key, capability: str | None, model: Model) -> CapabilityError:
    return CapabilityError(
        f"{key} cannot {capability}; it can {', '.join(sorted(model.capabilities))}",
        hint="ask another model or engine; workbench models list",
        capability=capability,
    )
