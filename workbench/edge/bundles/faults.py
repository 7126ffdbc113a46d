"""The runner's faults as errors of ours: it has none of our classes on a device."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from workbench.core.errors import (
    AccessError,
    BusyError,
    CapabilityError,
    CapacityError,
    ConflictError,
    EngineError,
    FetchError,
    InputError,
    IntegrityError,
    NotFoundError,
    StorageError,
    WorkbenchError,
)
from workbench.edge.device.faults import Fault

ERRORS: dict[str, type[WorkbenchError]] = {
    "integrity": IntegrityError,
    "input": InputError,
    "not-found": NotFoundError,
    "platform": CapabilityError,
    "architecture": CapabilityError,
    "clock": ConflictError,
    "expired": ConflictError,
    "older": ConflictError,
    "two-masters": ConflictError,
    "refused-before": ConflictError,
    "unhealthy": EngineError,
    "storage": StorageError,
    "fetch": FetchError,
    "engine": EngineError,
    "memory": CapacityError,
    "busy": BusyError,
    "access": AccessError,
}


def error_of(fault: Fault) -> WorkbenchError:
    """A fault as an error; its code stands in the context as ``reason``."""
    return ERRORS[fault.code](fault.message, hint=fault.hint or None, reason=fault.code)


@contextmanager
def as_errors() -> Iterator[None]:
    """Raise the faults of a block as errors of ours."""
    try:
        yield
    except Fault as fault:
        raise error_of(fault) from fault
