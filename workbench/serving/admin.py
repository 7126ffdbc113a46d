"""The administration over HTTP: models, keys, budgets, usage, cache; each route with its scope.

``ENDPOINTS`` is the whole of it: the routes and the OpenAPI document are made from it.
"""

from __future__ import annotations

import urllib.parse
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from workbench.core.errors import InputError
from workbench.identity.keys import Key
from workbench.models.pool.state import ResidentModel
from workbench.serving import admin_types as types
from workbench.serving.admin_keys import (
    add_key,
    change_budget,
    change_key,
    list_budgets,
    list_keys,
    revoke_key,
    show_budget,
    show_key,
)
from workbench.serving.admin_models import (
    list_models,
    load_model,
    pin_model,
    unload_model,
    unpin_model,
)
from workbench.serving.admin_state import clear_cache, show_cache, show_status, show_usage
from workbench.serving.asked import Asked
from workbench.serving.cache.answers import CacheFigures
from workbench.serving.dialects.reading import decode, explain
from workbench.serving.door import JSON, Door, Incoming, Outgoing

if TYPE_CHECKING:
    from workbench.serving.gateway import Gateway

PREFIX = "/admin/v1"


@dataclass(frozen=True)
class Endpoint:
    """One route: who may use it, what it is sent, what it answers."""

    method: str
    path: str
    scope: str
    title: str
    handler: Callable[[Asked], Awaitable[Any]]
    response: Any
    body: Any = None
    query: Any = None
    status: int = 200


ENDPOINTS = (
    Endpoint("GET", "/status", "admin:read", "The gateway", show_status, types.Status),
    Endpoint("GET", "/models", "admin:read", "Models and backends", list_models, types.ModelsState),
    Endpoint(
        "POST",
        "/models/{model:path}/load",
        "admin:models",
        "Load a model",
        load_model,
        ResidentModel,
        body=types.LoadWish,
    ),
    Endpoint(
        "POST",
        "/models/{model:path}/unload",
        "admin:models",
        "Unload a model",
        unload_model,
        types.Done,
        body=types.UnloadWish,
    ),
    Endpoint(
        "POST",
        "/models/{model:path}/pin",
        "admin:models",
        "Keep a model in memory",
        pin_model,
        ResidentModel,
    ),
    Endpoint(
        "POST",
        "/models/{model:path}/unpin",
        "admin:models",
        "Let a model be evicted",
        unpin_model,
        types.Done,
    ),
    Endpoint("GET", "/keys", "admin:keys", "Keys", list_keys, types.KeyList, query=types.KeysQuery),
    Endpoint(
        "POST",
        "/keys",
        "admin:keys",
        "Make a key",
        add_key,
        types.KeyMade,
        body=types.KeyWish,
        status=201,
    ),
    Endpoint("GET", "/keys/{key}", "admin:keys", "A key", show_key, Key),
    Endpoint(
        "PATCH",
        "/keys/{key}",
        "admin:keys",
        "Change a key",
        change_key,
        Key,
        body=types.KeyChange,
    ),
    Endpoint("DELETE", "/keys/{key}", "admin:keys", "Revoke a key", revoke_key, Key),
    Endpoint("GET", "/budgets", "admin:usage", "Limits and use", list_budgets, types.BudgetList),
    Endpoint("GET", "/budgets/{key}", "admin:usage", "A key's", show_budget, types.Budget),
    Endpoint(
        "PATCH",
        "/budgets/{key}",
        "admin:keys",
        "Change a key's limits",
        change_budget,
        types.Budget,
        body=types.Limits,
    ),
    Endpoint(
        "GET",
        "/usage",
        "admin:usage",
        "What was used",
        show_usage,
        types.UsageList,
        query=types.UsageQuery,
    ),
    Endpoint("GET", "/cache", "admin:read", "The cache", show_cache, CacheFigures),
    Endpoint(
        "DELETE",
        "/cache",
        "admin:cache",
        "Forget answers",
        clear_cache,
        types.Cleared,
        query=types.CacheQuery,
    ),
)


class AdminRoute(Door):
    """Answers one endpoint.

    Args:
        gateway: What is administered.
        endpoint: The route.
    """

    def __init__(self, gateway: Gateway, endpoint: Endpoint) -> None:
        super().__init__(gateway, PREFIX + endpoint.path, scope=endpoint.scope)
        self._endpoint = endpoint
        self._decoder = msgspec.json.Decoder(endpoint.body) if endpoint.body else None

    async def respond(self, incoming: Incoming, out: Outgoing) -> None:
        """See ``Door.respond``."""
        endpoint, body = self._endpoint, None
        if self._decoder is not None:
            body = decode(self._decoder, await self.read(incoming) or b"{}")
        query = read_query(endpoint.query, incoming.scope.get("query_string", b""))
        asked = Asked(
            self.gateway, incoming.principal, incoming.scope.get("path_params", {}), body, query
        )
        answer = msgspec.json.encode(await endpoint.handler(asked))
        headers = [(b"x-request-id", incoming.request_id.encode()), JSON]
        await out.whole(endpoint.status, headers, answer)


def read_query(struct: Any, query_string: bytes) -> Any:
    """The query of a URL as its struct.

    Raises:
        InputError: A parameter is unknown, or is no value of its type.
    """
    pairs = urllib.parse.parse_qsl(query_string.decode("latin-1"), keep_blank_values=True)
    if struct is None:
        if pairs:
            raise InputError(f"there is no parameter {pairs[0][0]!r}", parameter=pairs[0][0])
        return None
    try:
        return msgspec.convert(dict(pairs), struct, strict=False)
    except msgspec.ValidationError as error:
        fault = explain(str(error), dict(pairs), struct)
        name = fault.context["parameter"]
        raise InputError(
            f"in the query: {fault.message}", hint=fault.hint, parameter=name
        ) from None
