"""Ask the gateway of this home, as any command asks it.

The rooms of the gateway lie above this one, so they are asked by the names of operations.
"""

from __future__ import annotations

import logging
from typing import Any

from workbench.core import operations
from workbench.core.errors import NotFoundError, WorkbenchError

from .reading import GatewayReading

log = logging.getLogger(__name__)


def ask_gateway() -> GatewayReading | None:
    """What the gateway says of itself; None without one."""
    found = _ask("serving.status", "serving.models_list")
    if found is None:
        return None
    status, models = found
    return GatewayReading(
        pid=status.pid,
        requests_queued=status.queued,
        requests_in_flight=status.in_flight,
        models_loaded=sum(model.resident_bytes > 0 for model in models),
        models_resident_bytes=sum(model.resident_bytes for model in models),
    )


def ask_loaded_models() -> dict[str, int]:
    """Bytes of each model that the gateway holds; none without one."""
    (models,) = _ask("serving.models_list") or ((),)
    return {each.name: each.resident_bytes for each in models if each.resident_bytes > 0}


def _ask(*names: str) -> list[Any] | None:
    """The results of operations that ask it; None where no gateway runs, or it does not answer."""
    try:
        return [operations.find(name).run({}) for name in names]
    except NotFoundError:
        return None
    except WorkbenchError as error:
        log.warning("the gateway was not asked: %s", error)
        return None
