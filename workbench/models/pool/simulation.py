"""A make-believe machine around the scheduler: time, memory and engines without any of them.

Events are played in order of time: requests come, models load, grow and unload, jobs run. An
engine with k jobs in it gives each 1/k of its rate, a little more in all than one alone gets. It
is what policies are tried on, in tests and by whoever wants to know what a pool of his own would
do with his work.
"""

from __future__ import annotations

import functools
import heapq
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from workbench.core.errors import EngineError, WorkbenchError
from workbench.models.pool.lines import Grant, Key, Load, Needs, Refuse, Request, Resident, Unload
from workbench.models.pool.rules import Rules
from workbench.models.pool.scheduler import Scheduler

BATCHING_GAIN = 0.16  # what a second job at a time adds to llama.cpp's rate here (facts)
MEASURE_S = 1.0


@dataclass(frozen=True)
class SimModel:
    """A model: what is reckoned and what is true of it."""

    name: str
    bytes: int = 100
    load_s: float = 1.0
    unload_s: float = 0.1
    tokens_per_s: float = 100.0
    parallel: int = 1
    reckoned_bytes: int | None = None
    growth_bytes_per_job: int = 0
    most_growth_bytes: int = 0
    failing_loads: int = 0

    @property
    def key(self) -> Key:
        return Key(self.name, "sim")

    @property
    def needs(self) -> Needs:
        return Needs(self.reckoned_bytes or self.bytes, self.load_s, self.parallel)


@dataclass
class Arrival:
    """A request as it will come; ``actual_tokens`` is what it will turn out to use."""

    at_s: float
    model: str
    tokens: int = 50
    tenant: str = "a"
    actual_tokens: int | None = None
    priority: int = 0
    deadline_s: float | None = None
    keep_alive_s: float | None = None
    may_swap: bool = True
    grows_bytes: int = 0
    ready_at_s: float | None = None  # when its model's turn came
    granted_at_s: float | None = None
    ended_at_s: float | None = None
    error: WorkbenchError | None = None

    @property
    def waited_s(self) -> float:
        """How long it was queued; infinity if it never got a loan."""
        return math.inf if self.granted_at_s is None else self.granted_at_s - self.at_s


@dataclass
class World:
    """The machine with a scheduler in it; ``looks`` are called after each step."""

    models: list[SimModel]
    rules: Rules
    make: Callable[[Rules], Scheduler] = Scheduler
    looks: list[Callable[[World], None]] = field(default_factory=list)
    now_s: float = 0.0
    remeasures: bool = True

    def __post_init__(self) -> None:
        self.by_key = {model.key: model for model in self.models}
        self.scheduler = self.make(self.rules)
        self.taken: dict[Resident, int] = {}
        self.jobs: dict[Resident, dict[Request, float]] = {}  # tokens left
        self.pending: list[tuple[float, int, Callable[[], None]]] = []
        self.failures: dict[Key, int] = {}
        self.loads = 0
        self.unloads: list[tuple[Key, str]] = []
        self.most_taken = 0
        self._count = 0

    def at(self, when_s: float, call: Callable[[], None]) -> None:
        """Have something happen at a time."""
        self._count += 1
        heapq.heappush(self.pending, (when_s, self._count, call))

    def run(self, arrivals: list[Arrival], *, until_s: float = math.inf) -> list[Arrival]:
        """Play everything until nothing is left to happen."""
        for arrival in arrivals:
            self.at(arrival.at_s, functools.partial(self._arrive, arrival))
        if self.remeasures:
            self.at(MEASURE_S, self._measure)
        for _ in range(200_000):
            self._act()
            when_s = self._next_s()
            if math.isinf(when_s) or when_s > until_s:
                return arrivals
            self._pass_time(when_s)
        raise EngineError("the simulation does not come to rest")

    def _next_s(self) -> float:
        due_s = self.scheduler.next_due_s(self.now_s)
        return min([due_s, *(entry[0] for entry in self.pending[:1]), *self._ends()])

    def _rate(self, resident: Resident) -> float:
        """Tokens a second for each job in an engine."""
        count = len(self.jobs[resident])
        return self.by_key[resident.key].tokens_per_s * (1 + BATCHING_GAIN * (count - 1)) / count

    def _ends(self) -> Iterator[float]:
        for resident, jobs in self.jobs.items():
            if jobs:
                yield self.now_s + min(jobs.values()) / self._rate(resident)

    def _pass_time(self, when_s: float) -> None:
        passed_s, self.now_s = when_s - self.now_s, when_s
        for resident, jobs in list(self.jobs.items()):
            if not jobs:
                continue
            rate = self._rate(resident)
            for request in list(jobs):
                jobs[request] -= passed_s * rate
                if jobs[request] <= 1e-6:
                    self._end(resident, request)
        while self.pending and self.pending[0][0] <= when_s:
            heapq.heappop(self.pending)[2]()

    def _act(self) -> None:
        for action in self.scheduler.decide(self.now_s):
            if isinstance(action, Grant):
                self._grant(action)
            elif isinstance(action, Refuse):
                action.request.ticket.error = action.error
            elif isinstance(action, Load):
                self._load(action.resident)
            elif isinstance(action, Unload):
                self._unload(action)
        self.most_taken = max(self.most_taken, sum(self.taken.values()))
        for look in self.looks:
            look(self)

    def _arrive(self, one: Arrival) -> None:
        model = next(model for model in self.models if model.name == one.model)
        line = self.scheduler.lines.get(model.key)
        request = Request(
            model.key,
            one.tenant,
            one.tokens,
            self.now_s,
            priority=one.priority,
            deadline_at_s=None if one.deadline_s is None else self.now_s + one.deadline_s,
            keep_alive_s=one.keep_alive_s,
            may_swap=one.may_swap,
            grows_bytes=one.grows_bytes,
            ticket=one,
        )
        if line is not None and line.resident is not None and line.resident.status == "ready":
            one.ready_at_s = self.now_s
        self.scheduler.ask(request, line.needs if line else model.needs, now_s=self.now_s)

    def _grant(self, action: Grant) -> None:
        one: Arrival = action.request.ticket
        one.granted_at_s = self.now_s
        tokens = one.tokens if one.actual_tokens is None else one.actual_tokens
        self.jobs[action.resident][action.request] = tokens
        model = self.by_key[action.resident.key]
        grown = self.taken[action.resident] + model.growth_bytes_per_job
        self.taken[action.resident] = min(grown, model.bytes + model.most_growth_bytes)
        if one.grows_bytes:
            self.taken[action.resident] = model.bytes + one.grows_bytes

    def _end(self, resident: Resident, request: Request) -> None:
        one: Arrival = request.ticket
        one.ended_at_s = self.now_s
        del self.jobs[resident][request]
        tokens = one.tokens if one.actual_tokens is None else one.actual_tokens
        self.scheduler.give_back(request, tokens=tokens, now_s=self.now_s)
        if self.remeasures and resident in self.taken:
            self.scheduler.measured(resident, measured_bytes=self.taken[resident])

    def _load(self, resident: Resident) -> None:
        self.loads += 1
        model = self.by_key[resident.key]
        self.taken[resident] = model.bytes
        self.jobs[resident] = {}

        def done() -> None:
            tries = self.failures.get(model.key, 0)
            if tries < model.failing_loads:
                self.failures[model.key] = tries + 1
                del self.taken[resident]
                self.scheduler.load_failed(resident, EngineError("no"), now_s=self.now_s)
                return
            self.scheduler.loaded(
                resident, measured_bytes=model.bytes, load_s=model.load_s, now_s=self.now_s
            )
            for request in resident.line.queue:
                request.ticket.ready_at_s = request.ticket.ready_at_s or self.now_s

        self.at(self.now_s + model.load_s, done)

    def _unload(self, action: Unload) -> None:
        resident = action.resident
        self.unloads.append((resident.key, action.reason))
        self.jobs.pop(resident)

        def done() -> None:
            del self.taken[resident]
            self.scheduler.unloaded(resident)

        self.at(self.now_s + self.by_key[resident.key].unload_s, done)

    def _measure(self) -> None:
        for resident, taken in self.taken.items():
            if resident.status == "ready":
                self.scheduler.measured(resident, measured_bytes=taken)
        if self.pending or any(self.jobs.values()):
            self.at(self.now_s + MEASURE_S, self._measure)
