"""What an asker is told who gets nothing, with the figures."""

from __future__ import annotations

from workbench.core.errors import BusyError, CapacityError, DeadlineError, EngineError
from workbench.models.footprints import MEMORY_AT_MOST
from workbench.models.pool.lines import Line, Request
from workbench.models.pool.rules import Rules


def too_large(line: Line, rules: Rules, what: str, *, held: int) -> CapacityError:
    """A model does not fit; ``what`` says why the bytes that are held stay so."""
    how = "" if line.needs.measured else " by estimate"
    of_which = f", of which {_size(held)} {what}" if held else ""
    return CapacityError(
        f"{line.key.name} needs {_size(line.needs.bytes)}{how} ({MEMORY_AT_MOST}); the budget is "
        f"{_size(rules.budget_bytes)}{of_which}",
        hint="raise memory_budget_bytes, unpin or unload a model, or choose a smaller one",
        needed_bytes=line.needs.bytes,
        budget_bytes=rules.budget_bytes,
        held_bytes=held,
    )


def full(line: Line, wait_s: float) -> BusyError:
    """The queue has no place left; ``wait_s`` from now it should."""
    return BusyError(
        f"{len(line.queue)} requests wait for {line.key.name}, as many as may",
        hint=f"try again in {wait_s:.0f} s, or raise model_queue_size",
        retry_after_s=wait_s,
        queued=len(line.queue),
    )


def resting(line: Line, now_s: float) -> EngineError:
    """A model has failed again and again, and is not tried now."""
    assert line.error is not None
    rest_s = line.retry_at_s - now_s
    return EngineError(
        f"{line.key} failed {line.failures} times, last: {line.error.message}",
        hint=line.error.hint or f"it is tried again in {rest_s:.0f} s",
        retry_after_s=rest_s,
    )


def too_late(request: Request) -> DeadlineError:
    """A deadline has passed, or is sure to."""
    assert request.deadline_at_s is not None
    allowed_s = request.deadline_at_s - request.arrived_s
    return DeadlineError(
        f"{request.key.name} cannot be had within {allowed_s:g} s",
        hint="allow more time, or ask for a model that is loaded",
        deadline_s=allowed_s,
    )


def _size(size_bytes: int) -> str:
    return f"{size_bytes / 1e9:.1f} GB" if size_bytes >= 1e9 else f"{size_bytes / 1e6:.0f} MB"
