"""The ASGI application: which route is answered by what."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from workbench.core.errors import InputError, NotFoundError
from workbench.serving.admin import ENDPOINTS, PREFIX, AdminRoute
from workbench.serving.dialects import (
    anthropic_count,
    anthropic_messages,
    feedback,
    openai_audio,
    openai_chat,
    openai_completions,
    openai_embeddings,
    openai_models,
    openai_responses,
)
from workbench.serving.dialects.openai_errors import render_error
from workbench.serving.gateway import Gateway
from workbench.serving.guard import App, HostGuard
from workbench.serving.model_routes import CountRoute, ModelRoute
from workbench.serving.plain_routes import (
    AudioRoute,
    FeedbackRoute,
    HealthRoute,
    MetricsRoute,
    ModelsRoute,
)
from workbench.serving.versions import DEPRECATED, Notice, noticed

# The first are found fastest.
ANSWERED = (
    openai_chat,
    openai_completions,
    openai_responses,
    openai_embeddings,
    anthropic_messages,
)


def build_app(
    gateway: Gateway, *, host: str = "127.0.0.1", deprecated: Mapping[str, Notice] = DEPRECATED
) -> App:
    """The application over a gateway's parts.

    Args:
        gateway: Closed with the application.
        host: What the server listens on: a name that a request may give.
        deprecated: By path, what is on its way out.
    """

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        await gateway.close()

    starlette = Starlette(
        routes=[
            Route(path, noticed(app, deprecated.get(path)), methods=[method])
            for method, path, app in (*answered_routes(gateway), *plain_routes(gateway))
        ],
        middleware=_cross_origin(gateway),
        exception_handlers={HTTPException: _no_route},
        lifespan=lifespan,
    )
    # A path with a slash too many is none of ours; a redirect would hide a typing error.
    starlette.router.redirect_slashes = False
    return HostGuard(starlette, names=[host, *gateway.settings.allowed_hosts])


def answered_routes(gateway: Gateway) -> list[tuple[str, str, App]]:
    """Method, path and application of the routes that a model answers."""
    found: list[tuple[str, str, App]] = [
        (each.METHOD, each.PATH, ModelRoute(gateway, each)) for each in ANSWERED
    ]
    found.append(("POST", anthropic_count.PATH, CountRoute(gateway, anthropic_count)))
    return found


def plain_routes(gateway: Gateway) -> list[tuple[str, str, App]]:
    """Method, path and application of all others."""
    models = ModelsRoute(gateway, openai_models.PATH)
    return [
        ("GET", openai_models.PATH, models),
        ("GET", openai_models.PATH_OF_ONE, models),
        *(("POST", path, AudioRoute(gateway, path)) for path in openai_audio.PATHS),
        ("POST", feedback.PATH, FeedbackRoute(gateway, feedback.PATH)),
        *((each.method, PREFIX + each.path, AdminRoute(gateway, each)) for each in ENDPOINTS),
        ("GET", "/healthz", HealthRoute(gateway, ready=False)),
        ("GET", "/readyz", HealthRoute(gateway, ready=True)),
        ("GET", "/metrics", MetricsRoute(gateway, "/metrics", scope="admin:read")),
    ]


def _cross_origin(gateway: Gateway) -> list[Middleware]:
    """Leave for pages of other origins, where the settings name them."""
    origins = gateway.settings.cors_origins
    if not origins:
        return []
    return [
        Middleware(
            CORSMiddleware,
            allow_origins=list(origins),
            allow_methods=["GET", "POST", "PATCH", "DELETE"],
            allow_headers=["*"],
            expose_headers=["*"],
            max_age=600,
        )
    ]


async def _no_route(request: Request, error: Any) -> Response:
    """A path or a method that there is not, told as everything else is."""
    path, method = request.url.path[:200], request.method
    if error.status_code == 405:
        allowed = (error.headers or {}).get("Allow", "")
        told: Exception = InputError(
            f"{path} does not take {method}; it takes {allowed}", http_status=405
        )
    else:
        told = NotFoundError(
            f"there is no {method} {path}",
            hint="GET /openapi.json lists what there is",
            noun="path",
        )
    status, headers, body = render_error(told, request_id="")
    headers = {name: value for name, value in headers.items() if value}
    return Response(body, status, {**headers, **(error.headers or {})})
