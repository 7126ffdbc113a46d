"""From the scheduler's lines to what a user is shown."""

from __future__ import annotations

import math

from workbench.models.pool.lines import Line, Resident
from workbench.models.pool.scheduler import Scheduler
from workbench.models.pool.state import PoolState, QueuedModel, ResidentModel


def pool_state(scheduler: Scheduler, epoch_s: float) -> PoolState:
    """The state now; ``epoch_s`` turns the scheduler's times into Unix times."""
    lines = list(scheduler.lines.values())
    residents = [line.resident for line in lines if line.resident is not None]
    used = sum(one.measured_bytes for one in residents)
    return PoolState(
        budget_bytes=scheduler.rules.budget_bytes,
        used_bytes=used,
        reserved_bytes=sum(one.held_bytes for one in residents) - used,
        models=tuple(_resident(scheduler, one, epoch_s) for one in residents),
        waiting=tuple(_queued(line) for line in lines if line.is_wanted()),
        queued=sum(len(line.queue) for line in lines),
    )


def _resident(scheduler: Scheduler, one: Resident, epoch_s: float) -> ResidentModel:
    expires_s = scheduler.expires_s(one)
    there = one.status != "loading"
    return ResidentModel(
        name=one.key.name,
        engine=one.key.engine,
        status=one.status,
        resident_bytes=one.measured_bytes,
        reckoned_bytes=one.held_bytes,
        in_flight=len(one.in_flight),
        queued=len(one.line.queue),
        pinned=one.line.is_pinned,
        parallel=one.needs.parallel,
        threads=one.threads,
        adapters=one.adapters or (),
        loaded_at_s=one.loaded_at_s + epoch_s if there else None,
        last_used_s=one.last_used_s + epoch_s if there else None,
        expires_s=None if math.isinf(expires_s) else expires_s + epoch_s,
        tokens_per_s=scheduler.rates.tokens_per_s(one.key),
    )


def _queued(line: Line) -> QueuedModel:
    return QueuedModel(
        line.key.name, line.key.engine, len(line.queue), line.needs.bytes, line.failures
    )
