"""The ASGI application: which route is answered by what."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import Route

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
from workbench.serving.gateway import Gateway
from workbench.serving.guard import App, Front, HostGuard
from workbench.serving.model_routes import CountRoute, ModelRoute
from workbench.serving.plain_routes import (
    AudioRoute,
    DocumentRoute,
    FeedbackRoute,
    HealthRoute,
    MetricsRoute,
    ModelsRoute,
)
from workbench.serving.unrouted import refuse_unrouted
from workbench.serving.versions import DEPRECATED, Notice, noticed

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

    answered = [
        (method, path, noticed(app, deprecated.get(path)))
        for method, path, app in answered_routes(gateway)
    ]
    plain = [
        (method, path, noticed(app, deprecated.get(path)))
        for method, path, app in plain_routes(gateway)
    ]
    starlette = Starlette(
        routes=[Route(path, app, methods=[method]) for method, path, app in (*answered, *plain)],
        middleware=_cross_origin(gateway),
        exception_handlers={HTTPException: refuse_unrouted},
        lifespan=lifespan,
    )
    # A path with a slash too many is none of ours; a redirect would hide a typing error.
    starlette.router.redirect_slashes = False
    direct = {(method, path): app for method, path, app in answered}
    if gateway.settings.cors_origins:  # then each answer needs its headers
        direct = {}
    names = [host, *gateway.settings.allowed_hosts]
    return HostGuard(Front(starlette, direct), names=names)


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
        ("GET", "/openapi.json", DocumentRoute()),
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
