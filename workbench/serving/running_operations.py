"""What a user can ask of a gateway that runs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import annotated_types as bounds

from workbench.core.operations import operation
from workbench.core.viewers import Viewable
from workbench.serving.asking import GatewayClient, quoted


@dataclass(frozen=True)
class LoadedModel(Viewable):
    """A model that a gateway has in memory, or has just taken out of it."""

    name: str
    engine: str
    status: str
    resident_bytes: int
    in_flight: int
    queued: int
    pinned: bool
    tokens_per_s: float | None


@dataclass(frozen=True)
class ModelChange:
    """What a change came to: whether there was something to change."""

    model: str
    changed: bool


@dataclass(frozen=True)
class GatewayStatus(Viewable):
    """How a gateway is."""

    url: str
    version: str
    pid: int
    ready: bool
    uptime_s: float
    in_flight: int
    queued: int
    settlements_waiting: int
    cached_answers: int


@operation("serving.models_list", title="Show the loaded models", group="models")
def list_loaded(*, url: str | None = None, key_file: Path | None = None) -> list[LoadedModel]:
    """Show the models that a running gateway has in memory.

    Args:
        url: Where it is; by default the one that runs in this home.
        key_file: Holds a key for it; by default its owner's.
    """
    state = GatewayClient(url, key_file).ask("GET", "/admin/v1/models")
    return [_loaded(each) for each in state["pool"]["models"]]


@operation("serving.models_load", title="Load a model", group="models")
def load_model(
    name: str, *, pin: bool = False, url: str | None = None, key_file: Path | None = None
) -> LoadedModel:
    """Load a model into a running gateway, and wait until it is there.

    Args:
        name: The model's name.
        pin: Keep it until it is unpinned or unloaded.
        url: Where the gateway is; by default the one that runs in this home.
        key_file: Holds a key for it; by default its owner's.
    """
    client = GatewayClient(url, key_file)
    return _loaded(client.ask("POST", f"/admin/v1/models/{quoted(name)}/load", {"pin": pin}))


@operation("serving.models_unload", title="Unload a model", group="models")
def unload_model(
    name: str,
    *,
    drain_s: Annotated[float, bounds.Interval(ge=0, le=3600)] = 30.0,
    url: str | None = None,
    key_file: Path | None = None,
) -> ModelChange:
    """Unload a model from a running gateway, once its answers in work are done.

    Args:
        name: The model's name.
        drain_s: How long they may go on.
        url: Where the gateway is; by default the one that runs in this home.
        key_file: Holds a key for it; by default its owner's.
    """
    client, body = GatewayClient(url, key_file), {"drain_s": drain_s}
    return ModelChange(**client.ask("POST", f"/admin/v1/models/{quoted(name)}/unload", body))


@operation("serving.models_pin", title="Keep a model in memory", group="models")
def pin_model(name: str, *, url: str | None = None, key_file: Path | None = None) -> LoadedModel:
    """Load a model into a running gateway and keep it there.

    Args:
        name: The model's name.
        url: Where the gateway is; by default the one that runs in this home.
        key_file: Holds a key for it; by default its owner's.
    """
    client = GatewayClient(url, key_file)
    return _loaded(client.ask("POST", f"/admin/v1/models/{quoted(name)}/pin"))


@operation("serving.models_unpin", title="Let a model be evicted", group="models")
def unpin_model(name: str, *, url: str | None = None, key_file: Path | None = None) -> ModelChange:
    """Let a running gateway evict a model again.

    Args:
        name: The model's name.
        url: Where the gateway is; by default the one that runs in this home.
        key_file: Holds a key for it; by default its owner's.
    """
    client = GatewayClient(url, key_file)
    return ModelChange(**client.ask("POST", f"/admin/v1/models/{quoted(name)}/unpin"))


@operation("serving.status", title="Show how the gateway is")
def show_status(*, url: str | None = None, key_file: Path | None = None) -> GatewayStatus:
    """Show how a running gateway is: ready, answers in work, queue.

    Args:
        url: Where it is; by default the one that runs in this home.
        key_file: Holds a key for it; by default its owner's.
    """
    client = GatewayClient(url, key_file)
    return GatewayStatus(client.url, **client.ask("GET", "/admin/v1/status"))


def _loaded(told: dict[str, Any]) -> LoadedModel:
    names = LoadedModel.__dataclass_fields__
    return LoadedModel(**{name: told[name] for name in names})
