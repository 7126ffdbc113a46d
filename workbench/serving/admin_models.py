"""Models over HTTP: what is loaded, and loading, unloading and pinning by hand."""

from __future__ import annotations

import asyncio

from workbench.core import settings
from workbench.core.errors import CapabilityError, NotFoundError
from workbench.models.pool.state import ResidentModel
from workbench.serving.admin_types import BackendState, Done, ModelsState
from workbench.serving.asked import Asked


async def list_models(asked: Asked) -> ModelsState:
    """The pool, and each backend as calls found it."""
    gateway = asked.gateway
    await gateway.find_new()
    backends = [
        BackendState(
            each.backend.name,
            each.model,
            each.breaker.state,
            each.weight,
            each.in_flight,
            each.streams.value_s or each.wholes.value_s,
            each.breaker.retry_after_s,
        )
        for each in gateway.directory.members()
    ]
    return ModelsState(gateway.pool.state(), backends, gateway.directory.names())


async def load_model(asked: Asked) -> ResidentModel:
    """Load a model and wait until it is there."""
    name = await _local(asked)
    return await asyncio.to_thread(asked.gateway.pool.load, name, pin=asked.body.pin)


async def pin_model(asked: Asked) -> ResidentModel:
    """Load a model and keep it."""
    return await asyncio.to_thread(asked.gateway.pool.pin, await _local(asked))


async def unload_model(asked: Asked) -> Done:
    """Unload a model once its answers are done."""
    name, drain_s = await _local(asked), asked.body.drain_s
    changed = await asyncio.to_thread(asked.gateway.pool.unload, name, drain_s=drain_s)
    return Done(name, changed)


async def unpin_model(asked: Asked) -> Done:
    """Let a model be evicted again."""
    name, pool = await _local(asked), asked.gateway.pool
    pinned = any(each.name == name and each.pinned for each in pool.state().models)
    await asyncio.to_thread(pool.unpin, name)
    return Done(name, pinned)


async def _local(asked: Asked) -> str:
    """The name of a model here.

    Raises:
        NotFoundError: There is none of that name, or it is not on this disk.
        CapabilityError: It is an upstream's.
    """
    name = asked.path["model"].removeprefix("local/")
    try:
        await asked.gateway.find(name)
    except NotFoundError as error:
        raise await asyncio.to_thread(_not_here, name, error) from None
    if asked.gateway.directory.local_model(name) is None:
        raise CapabilityError(
            f"{name!r} is a model of an upstream: what is loaded there is not decided here",
            hint="name a model of this machine",
        )
    return name


def _not_here(name: str, error: NotFoundError) -> NotFoundError:
    """Why a model cannot be loaded, and the command that mends it, for who runs the gateway."""
    from workbench.models import catalogue

    if name not in catalogue.entries():
        hint = "workbench models list --present"
        return NotFoundError(error.message, hint=hint, noun="model", name=name)
    hint = f"workbench models pull {name}"
    if settings.get("offline"):
        hint += ", once WORKBENCH_OFFLINE is unset: the setting offline forbids to fetch it"
    return NotFoundError(
        f"the model {name!r} is not on this disk", hint=hint, noun="model", name=name
    )
