"""Deficit Round Robin: whose job is next before one engine.

M. Shreedhar and G. Varghese, "Efficient Fair Queueing Using Deficit Round Robin", SIGCOMM 1995,
with a tenant for a flow and tokens for bytes. While two tenants of equal priority both have jobs
waiting, from an empty queue on, what they were served differs by less than a quantum and the
largest job.

Three things stand around the algorithm. *Priorities*: a higher one goes first, but for every
fourth job, which is the oldest of a lower priority if it has waited longer than ``patience_s``.
*Within a tenant* the shortest job goes first, with ageing: a job of n tokens is overtaken only by
jobs that come less than n / ``AGEING_TOKENS_PER_S`` seconds after it, so none starves; a deadline
makes a job as urgent as one that asks for nothing and comes at that time. *Short jobs* can be
asked for alone: the pool keeps one of an engine's slots for them. A job is charged what it is
expected to use; ``settle`` corrects that by what it did use.
"""

from __future__ import annotations

import heapq
import itertools
import math
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

QUANTUM_TOKENS = 256
SHORT_TOKENS = 128
AGEING_TOKENS_PER_S = 20.0
# What a tenant may owe for short jobs, which ran in a slot that no long one could have had.
_DEBT_QUANTA = 4
_EVERY = 4  # one job in so many may be an old one of a lower priority


class Job(Protocol):
    """What is queued: ``tokens`` are expected, ``most_tokens`` are what it may use at most."""

    tenant: str
    tokens: int
    most_tokens: int
    priority: int
    arrived_s: float
    deadline_at_s: float | None


J = TypeVar("J", bound=Job)


@dataclass
class _Tenant(Generic[J]):
    """One tenant's jobs of one priority: the short ones and the others, each in its order."""

    heaps: tuple[list[tuple[float, int, J]], list[tuple[float, int, J]]] = field(
        default_factory=lambda: ([], [])
    )
    deficit: float = 0.0

    def __len__(self) -> int:
        return sum(map(len, self.heaps))

    def jobs(self) -> Iterator[J]:
        return (job for heap in self.heaps for _, _, job in heap)

    def head(self, *, short: bool) -> tuple[float, int, J] | None:
        """The job that is next, of all or of the short ones."""
        heads = [heap[0] for heap in self.heaps[: 1 if short else 2] if heap]
        return min(heads, key=lambda entry: entry[:2], default=None)

    def remove(self, job: J) -> None:
        for heap in self.heaps:
            for place, (_, _, held) in enumerate(heap):
                if held is job:
                    heap[place] = heap[-1]
                    heap.pop()
                    heapq.heapify(heap)
                    return


class _Level(Generic[J]):
    """Deficit Round Robin over the tenants of one priority."""

    def __init__(self, quantum: float) -> None:
        self.tenants: dict[str, _Tenant[J]] = {}
        self._ring: deque[str] = deque()
        self._quantum = quantum
        self._topped_up = False  # whether the tenant at the head has had this round's quantum

    def push(self, entry: tuple[float, int, J], *, short: bool) -> None:
        name = entry[2].tenant
        if name not in self.tenants:
            self.tenants[name] = _Tenant()
            self._ring.append(name)
        heapq.heappush(self.tenants[name].heaps[0 if short else 1], entry)

    def next(self) -> J:
        """The job whose turn it is; there must be one."""
        tried = 0
        while True:
            tenant = self.tenants[self._ring[0]]
            if not self._topped_up:
                tenant.deficit += self._quantum
                self._topped_up = True
            entry = tenant.head(short=False)
            assert entry is not None, "a tenant without jobs leaves the round"
            if entry[2].tokens <= tenant.deficit:
                return self.take(entry[2])
            self._turn()
            tried += 1
            if tried % len(self._ring) == 0:
                self._skip_rounds()

    def next_short(self) -> J | None:
        """A short job, of the tenant who was served least in this round."""
        best: tuple[float, J] | None = None
        for name in self._ring:
            tenant = self.tenants[name]
            entry = tenant.head(short=True)
            if entry is not None and (best is None or tenant.deficit > best[0]):
                best = (tenant.deficit, entry[2])
        return self.take(best[1]) if best else None

    def take(self, job: J) -> J:
        """Take a job out and charge its tenant."""
        tenant = self.tenants[job.tenant]
        tenant.remove(job)
        tenant.deficit = max(tenant.deficit - job.tokens, -_DEBT_QUANTA * self._quantum)
        self.drop_if_empty(job.tenant)
        return job

    def drop_if_empty(self, name: str) -> None:
        """A tenant without jobs keeps no deficit: nobody saves up by being idle."""
        if not self.tenants[name]:
            if self._ring[0] == name:
                self._topped_up = False
            self._ring.remove(name)
            del self.tenants[name]

    def _turn(self) -> None:
        self._ring.rotate(-1)
        self._topped_up = False

    def _skip_rounds(self) -> None:
        """Give the quanta of the rounds in which nobody could be served, at once."""
        missing = []
        for tenant in self.tenants.values():
            entry = tenant.head(short=False)
            assert entry is not None
            missing.append(entry[2].tokens - tenant.deficit)
        rounds = max(0, math.ceil(min(missing) / self._quantum) - 1)
        for tenant in self.tenants.values():
            tenant.deficit += rounds * self._quantum


class FairQueue(Generic[J]):
    """The jobs that wait for one engine."""

    def __init__(
        self,
        *,
        quantum_tokens: int = QUANTUM_TOKENS,
        short_tokens: int = SHORT_TOKENS,
        patience_s: float = math.inf,
    ) -> None:
        self._quantum = quantum_tokens
        self._short = short_tokens
        self._patience_s = patience_s
        self._levels: dict[int, _Level[J]] = {}
        self._jobs: dict[int, J] = {}  # by id, in the order of their coming
        self._counter = itertools.count()
        self._since_old = 0
        self.tokens = 0

    def __len__(self) -> int:
        return len(self._jobs)

    def __iter__(self) -> Iterator[J]:
        """The waiting jobs in the order in which they came."""
        return iter(list(self._jobs.values()))

    def __contains__(self, job: object) -> bool:
        return id(job) in self._jobs

    @property
    def oldest(self) -> J | None:
        """The job that has waited longest."""
        return next(iter(self._jobs.values()), None)

    @property
    def top_priority(self) -> int:
        """The highest priority that waits; there must be a job."""
        return max(self._levels)

    def push(self, job: J) -> None:
        """Add a job."""
        urgency = job.tokens + AGEING_TOKENS_PER_S * job.arrived_s
        if job.deadline_at_s is not None:
            urgency = min(urgency, AGEING_TOKENS_PER_S * job.deadline_at_s)
        level = self._levels.setdefault(job.priority, _Level(self._quantum))
        level.push((urgency, next(self._counter), job), short=job.most_tokens <= self._short)
        self._jobs[id(job)] = job
        self.tokens += job.tokens

    def remove(self, job: J) -> bool:
        """Take a job out that will not be served; whether it was there."""
        if id(job) not in self._jobs:
            return False
        level = self._levels[job.priority]
        level.tenants[job.tenant].remove(job)
        level.drop_if_empty(job.tenant)
        self._forget(job)
        return True

    def pop(self, now_s: float, *, short: bool = False) -> J | None:
        """Take the job whose turn it is, with ``short`` only a short one; None if there is none."""
        for priority in sorted(self._levels, reverse=True):
            job = self._old_one(now_s, below=priority, short=short)
            if job is None:
                level = self._levels[priority]
                job = level.next_short() if short else level.next()
            if job is not None:
                self._forget(job)
                return job
        return None

    def _old_one(self, now_s: float, *, below: int, short: bool) -> J | None:
        """Every now and then, the job of a lower priority that has waited too long."""
        self._since_old += 1
        if self._since_old < _EVERY or len(self._levels) < 2:
            return None
        for job in self._jobs.values():
            if now_s - job.arrived_s <= self._patience_s:
                return None
            if job.priority < below and (not short or job.most_tokens <= self._short):
                self._since_old = 0
                return self._levels[job.priority].take(job)
        return None

    def settle(self, job: J, *, tokens: int) -> None:
        """Say what a served job used: its tenant gets back what was charged too much."""
        level = self._levels.get(job.priority)
        tenant = level.tenants.get(job.tenant) if level else None
        if tenant is not None:
            tenant.deficit += job.tokens - tokens

    def waiting_of(self, tenant: str) -> list[J]:
        """One tenant's waiting jobs in the order in which they came."""
        return [job for job in self._jobs.values() if job.tenant == tenant]

    def count_by_tenant(self) -> dict[str, int]:
        """How many jobs each tenant has waiting."""
        counts: dict[str, int] = {}
        for job in self._jobs.values():
            counts[job.tenant] = counts.get(job.tenant, 0) + 1
        return counts

    def _forget(self, job: J) -> None:
        del self._jobs[id(job)]
        self.tokens -= job.tokens
        if not self._levels[job.priority].tenants:
            del self._levels[job.priority]
