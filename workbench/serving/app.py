"""The ASGI application: which route is answered by what."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from starlette.applications import Starlette
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
from workbench.serving.guard import App, HostGuard
from workbench.serving.model_routes import CountRoute, ModelRoute
from workbench.serving.plain_routes import (
    AudioRoute,
    FeedbackRoute,
    HealthRoute,
    MetricsRoute,
    ModelsRoute,
)

# The first are found fastest.
ANSWERED = (
    openai_chat,
    openai_completions,
    openai_responses,
    openai_embeddings,
    anthropic_messages,
)


def build_app(gateway: Gateway, *, host: str = "127.0.0.1") -> App:
    """The application over a gateway's parts.

    Args:
        gateway: Closed with the application.
        host: What the server listens on: a name that a request may give.
    """

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        await gateway.close()

    starlette = Starlette(routes=routes_of(gateway), lifespan=lifespan)
    return HostGuard(starlette, names=[host, *gateway.settings.allowed_hosts])


def routes_of(gateway: Gateway) -> list[Route]:
    """Every route."""
    models = ModelsRoute(gateway, openai_models.PATH)
    return [
        *(Route(each.PATH, ModelRoute(gateway, each), methods=[each.METHOD]) for each in ANSWERED),
        Route(openai_models.PATH, models, methods=["GET"]),
        Route(openai_models.PATH_OF_ONE, models, methods=["GET"]),
        Route(anthropic_count.PATH, CountRoute(gateway, anthropic_count), methods=["POST"]),
        *(Route(path, AudioRoute(gateway, path), methods=["POST"]) for path in openai_audio.PATHS),
        Route(feedback.PATH, FeedbackRoute(gateway, feedback.PATH), methods=["POST"]),
        *admin_routes(gateway),
        Route("/healthz", HealthRoute(gateway, ready=False)),
        Route("/readyz", HealthRoute(gateway, ready=True)),
        Route("/metrics", MetricsRoute(gateway, "/metrics", scope="admin:read")),
    ]


def admin_routes(gateway: Gateway) -> list[Route]:
    """The administration's, each path once with all its methods."""
    return [
        Route(PREFIX + each.path, AdminRoute(gateway, each), methods=[each.method])
        for each in ENDPOINTS
    ]
