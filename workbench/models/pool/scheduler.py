"""What a pool does next, worked out from what has happened: no threads, no clock, no models.

Whoever runs it tells it each event with the time, asks ``decide`` for actions, carries them out,
and tells what came of them. So thousands of requests can be played through it in a test.
"""

from __future__ import annotations

import heapq
import math
from dataclasses import replace

from workbench.core.errors import WorkbenchError
from workbench.models.pool.fair_queue import FairQueue
from workbench.models.pool.lines import (
    TRUSTED_LOANS,
    Action,
    Grant,
    Key,
    Line,
    Load,
    Needs,
    Refuse,
    Request,
    Resident,
    Unload,
)
from workbench.models.pool.rates import Rates
from workbench.models.pool.refusals import full, resting, too_late
from workbench.models.pool.room import Room
from workbench.models.pool.rules import Rules

__all__ = ["Action", "Grant", "Key", "Load", "Needs", "Refuse", "Request", "Scheduler", "Unload"]
_LONGEST_BACKOFF_S = 60.0
# A model that ran so long or was lent so often since its load begins with a clean record.
_STABLE_S = 60.0
_STABLE_LOANS = 32
_UNKNOWN_TOKENS_PER_S = 10.0
_MOST_LINES = 128  # each is looked at with each decision


class Scheduler:
    """The lines of all models, and who is served."""

    queue_class: type[FairQueue[Request]] = FairQueue
    room_class = Room

    def __init__(self, rules: Rules) -> None:
        self.rules = rules
        self.lines: dict[Key, Line] = {}
        self.rates = Rates()
        self._actions: list[Action] = []
        self._deadlines: list[tuple[float, int, Request]] = []

    # What happens.

    def ask(self, request: Request, needs: Needs, *, now_s: float) -> None:
        """A request has come."""
        line = self._line(request.key, needs)
        if line.resident is None and not len(line.queue):
            line.needs, line.grown_bytes = needs, 0
        if line.retry_at_s > now_s and line.error is not None:
            self._actions.append(Refuse(request, resting(line, now_s)))
            return
        if len(line.queue) >= self.rules.queue_size and not self._displace(line, request, now_s):
            self._actions.append(Refuse(request, full(line, self.estimate_wait_s(line.key))))
            return
        if self._is_vain(line, request, now_s):
            self._actions.append(Refuse(request, too_late(request)))
            return
        self._grow(line, request)
        share = self.rates.used_share(request.key, request.tenant)
        request.tokens = max(1, round(request.most_tokens * share))
        line.frequency.add(now_s)
        line.queue.push(request)
        if request.deadline_at_s is not None:
            heapq.heappush(self._deadlines, (request.deadline_at_s, id(request), request))

    def _grow(self, line: Line, request: Request) -> None:
        """Reckon with what a model takes more once it is asked this: now if there is room.

        If there is not, it goes when its work is done, and comes back as one that needs more.
        """
        more = request.grows_bytes - line.grown_bytes
        if more <= 0:
            return
        line.grown_bytes += more
        line.needs = replace(line.needs, bytes=line.needs.bytes + more)
        resident = line.resident
        if resident is not None:
            held = sum(one.held_bytes for one in self.residents())
            if held + more <= self.rules.budget_bytes:
                resident.needs = replace(resident.needs, bytes=resident.held_bytes + more)
            else:
                self.drain(line.key, force_at_s=math.inf)

    def ask_again(self, request: Request, *, now_s: float) -> None:
        """A request was granted a model that had died; it keeps its place by age."""
        line = self.lines[request.key]
        if line.resident is not None and request in line.resident.in_flight:
            line.resident.in_flight.remove(request)
        request.granted_at_s = None
        if line.retry_at_s > now_s and line.error is not None:
            self._actions.append(Refuse(request, resting(line, now_s)))
        else:
            line.queue.push(request)

    def withdraw(self, request: Request) -> None:
        """A waiting request is not wanted any more."""
        line = self.lines.get(request.key)
        if line is not None:
            line.queue.remove(request)

    def loaded(
        self, resident: Resident, *, measured_bytes: int, load_s: float, now_s: float
    ) -> None:
        """A model is ready."""
        line = resident.line
        resident.measured_bytes = resident.most_bytes = measured_bytes
        held = max(measured_bytes, line.needs.bytes)
        resident.needs = line.needs = replace(line.needs, bytes=held, load_s=load_s)
        resident.status = "draining" if resident.is_unwanted else "ready"
        resident.loaded_at_s = resident.last_used_s = now_s

    def load_failed(self, resident: Resident, error: WorkbenchError, *, now_s: float) -> None:
        """A model could not be loaded: all who wait for it are told."""
        line = resident.line
        line.resident = None
        self._count_failure(line, error, now_s)
        for request in line.queue:
            line.queue.remove(request)
            self._actions.append(Refuse(request, error))

    def unloaded(self, resident: Resident) -> None:
        """A model's memory has been given back."""
        if resident.line.resident is resident:
            resident.line.resident = None

    def measured(self, resident: Resident, *, measured_bytes: int) -> None:
        """What a model takes now; it is reckoned with the most that it was seen to take."""
        resident.measured_bytes = measured_bytes
        resident.most_bytes = max(resident.most_bytes, measured_bytes)
        needs, line = resident.needs, resident.line
        if measured_bytes > needs.bytes:
            resident.needs = replace(needs, bytes=measured_bytes)
            line.needs = replace(line.needs, bytes=max(line.needs.bytes, measured_bytes))
        elif resident.grants >= TRUSTED_LOANS and not needs.measured and resident.status == "ready":
            kept = min(resident.most_bytes + line.grown_bytes, needs.bytes)
            resident.needs = line.needs = replace(needs, bytes=kept, measured=True)

    def crashed(self, resident: Resident, error: WorkbenchError, *, now_s: float) -> None:
        """A model's process has ended by itself."""
        if resident.status not in ("ready", "draining"):
            return
        if _is_stable(resident, now_s):
            resident.line.failures = 0
        self._count_failure(resident.line, error, now_s)
        self._unload(resident, "crashed", now_s)

    def give_back(self, request: Request, *, tokens: int | None, now_s: float) -> None:
        """A loan has ended; ``tokens`` is what it did use."""
        line = self.lines.get(request.key)
        if line is None:  # its model has died, and nobody has asked for it since
            return
        resident = line.resident
        if resident is not None and request in resident.in_flight:
            resident.in_flight.remove(request)
            resident.last_used_s = now_s
            resident.keep_alive_s = request.keep_alive_s  # the last one decides
            if resident.status == "ready" and _is_stable(resident, now_s):
                line.failures = 0
        if tokens is not None and request.granted_at_s is not None:
            line.queue.settle(request, tokens=tokens)
            self.rates.add(
                request.key,
                request.tenant,
                tokens=tokens,
                asked=request.most_tokens,
                duration_s=now_s - request.granted_at_s,
            )

    def drain(self, key: Key, *, force_at_s: float) -> Resident | None:
        """Unload a model once its work in flight has ended, or at ``force_at_s``."""
        line = self.lines.get(key)
        resident = line.resident if line else None
        if resident is not None and resident.status in ("ready", "draining"):
            resident.status = "draining"
            resident.force_at_s = force_at_s
        elif resident is not None:
            resident.is_unwanted = True
        return resident

    def shut(self, *, force_at_s: float) -> list[Request]:
        """Unload everything, and give the requests that waited."""
        waiting = [request for line in self.lines.values() for request in line.queue]
        for line in self.lines.values():
            line.is_pinned = False
            self.drain(line.key, force_at_s=force_at_s)
            for request in line.queue:
                line.queue.remove(request)
        return waiting

    # What there is.

    def residents(self) -> list[Resident]:
        """The models in memory, or on their way in or out."""
        return [line.resident for line in self.lines.values() if line.resident is not None]

    def is_busy(self) -> bool:
        """Whether there is work in flight, or a model is on its way in or out."""
        return any(one.in_flight or one.status != "ready" for one in self.residents())

    def is_asked(self) -> bool:
        """Whether a request waits or is answered."""
        return any(
            len(line.queue) or (line.resident is not None and line.resident.in_flight)
            for line in self.lines.values()
        )

    # What is to be done.

    def decide(self, now_s: float) -> list[Action]:
        """The actions that are due. Each is taken as begun."""
        self._expire(now_s)
        self._retire(now_s)
        self._actions += self.room_class(self.rules, self.lines.values(), now_s, self._start).make()
        for line in self.lines.values():
            if line.resident is not None and line.resident.status == "ready":
                self._grant(line.resident, now_s)
        actions, self._actions = self._actions, []
        return actions

    def next_due_s(self, now_s: float) -> float:
        """When something will be due though nothing happens; infinity if nothing will."""
        due = [at for at, _, _ in self._deadlines[:1]]
        residents = self.residents()
        for one in residents:
            due.append(self.expires_s(one))
            if one.status == "draining" and one.force_at_s is not None:
                due.append(one.force_at_s)
        for line in self.lines.values():
            if not line.is_wanted():
                continue
            due += [line.waiting_since_s() + self.rules.patience_s, line.retry_at_s]
            due += [one.loaded_at_s + self.rules.turn_s(line.needs.load_s) for one in residents]
            if line.room_wanted_s is not None:
                due.append(line.room_wanted_s + self.rules.room_wait_s)
        return min((at for at in due if at > now_s), default=math.inf)

    def expires_s(self, resident: Resident) -> float:
        """When an idle model goes by itself; infinity for one that stays or is at work."""
        keep_s = resident.keep_alive_s
        keep_s = self.rules.keep_alive_s if keep_s is None else keep_s
        if resident.line.is_pinned or not resident.is_idle or keep_s < 0:
            return math.inf
        return resident.last_used_s + keep_s

    def _expire(self, now_s: float) -> None:
        while self._deadlines and self._deadlines[0][0] <= now_s:
            request = heapq.heappop(self._deadlines)[2]
            if self.lines[request.key].queue.remove(request):
                self._actions.append(Refuse(request, too_late(request)))

    def _retire(self, now_s: float) -> None:
        residents = self.residents()
        for one in residents:
            if one.status == "draining":
                forced = one.force_at_s is not None and one.force_at_s <= now_s
                if forced or not one.in_flight:
                    self._unload(one, "asked", now_s)
            elif self.expires_s(one) <= now_s:
                self._unload(one, "idle", now_s)
        self._shed(residents, now_s)

    def _shed(self, residents: list[Resident], now_s: float) -> None:
        """Send models away that have grown beyond the budget, those at work when they are done."""
        taken = sum(one.measured_bytes for one in residents)
        over = taken - self.rules.budget_bytes
        over -= sum(r.measured_bytes for r in residents if r.status in ("unloading", "draining"))
        mine = [one for one in residents if one.status == "ready" and not one.line.is_pinned]
        mine.sort(key=lambda one: (not one.is_idle, one.value(now_s)))
        for one in mine:
            if over <= 0:
                return
            over -= one.measured_bytes
            if one.in_flight:
                one.status = "draining"
            else:
                self._unload(one, "over-budget", now_s)

    def _unload(self, resident: Resident, reason: str, now_s: float) -> None:
        resident.leave(now_s)
        self._actions.append(Unload(resident, reason))

    def _start(self, line: Line, threads: int) -> Resident:
        line.resident = Resident(line.key, line.needs, line, threads=threads)
        line.room_wanted_s = None
        return line.resident

    def _grant(self, resident: Resident, now_s: float) -> None:
        queue = resident.line.queue
        parallel = resident.needs.parallel
        while len(queue) and not resident.is_barred and len(resident.in_flight) < parallel:
            last = parallel > 1 and len(resident.in_flight) == parallel - 1
            request = queue.pop(now_s, short=last)
            if request is None:
                return
            request.granted_at_s = now_s
            resident.in_flight.append(request)
            resident.grants += 1
            resident.last_used_s = now_s
            self._actions.append(Grant(request, resident))

    def _line(self, key: Key, needs: Needs) -> Line:
        if key not in self.lines:
            self._forget_idle_lines()
            queue = self.queue_class(
                quantum_tokens=self.rules.quantum_tokens,
                short_tokens=self.rules.short_tokens,
                patience_s=self.rules.patience_s,
            )
            self.lines[key] = Line(key, needs, queue)
        return self.lines[key]

    def _forget_idle_lines(self) -> None:
        """Of very many models that were asked for, those that nobody waits for are not kept."""
        if len(self.lines) >= _MOST_LINES:
            for key, line in list(self.lines.items()):
                if line.resident is None and not len(line.queue) and not line.failures:
                    del self.lines[key]

    def _is_vain(self, line: Line, request: Request, now_s: float) -> bool:
        """Whether a deadline will be missed whatever happens: the load alone takes longer."""
        if request.deadline_at_s is None or line.resident is not None or not line.needs.measured:
            return False
        return now_s + line.needs.load_s > request.deadline_at_s

    def _count_failure(self, line: Line, error: WorkbenchError, now_s: float) -> None:
        line.error = error
        line.failures += 1
        if line.failures > 1:  # the first may be chance
            line.retry_at_s = now_s + min(2.0 ** (line.failures - 2), _LONGEST_BACKOFF_S)

    def _displace(self, line: Line, request: Request, now_s: float) -> bool:
        """Make a place in a full queue: the tenant who has most in it loses his newest request.

        Not if the asker has as much: then it is he who fills the queue.
        """
        counts = line.queue.count_by_tenant()
        most = max(counts, key=lambda tenant: counts[tenant])
        if counts[most] <= counts.get(request.tenant, 0) + 1:
            return False
        newest = line.queue.waiting_of(most)[-1]
        line.queue.remove(newest)
        self._actions.append(Refuse(newest, full(line, self.estimate_wait_s(line.key))))
        return True

    def estimate_wait_s(self, key: Key) -> float:
        """How long until all who wait for a model now have been served, by its measured rate."""
        line = self.lines[key]
        tokens_per_s = self.rates.tokens_per_s(key) or _UNKNOWN_TOKENS_PER_S
        ahead = line.queue.tokens / (tokens_per_s * max(1, line.needs.parallel))
        return max(1.0, ahead + (line.needs.load_s if line.resident is None else 0.0))


def _is_stable(resident: Resident, now_s: float) -> bool:
    lasted = now_s - resident.loaded_at_s > _STABLE_S
    return lasted or resident.grants - len(resident.in_flight) > _STABLE_LOANS
