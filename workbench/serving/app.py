"""The ASGI application: which route is answered by what."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from workbench.serving.dialects import openai_chat
from workbench.serving.exchange import ModelRoute
from workbench.serving.gateway import Gateway
from workbench.serving.guard import App, HostGuard

DIALECTS = (openai_chat,)


def build_app(gateway: Gateway, *, host: str = "127.0.0.1") -> App:
    """The application over a gateway's parts.

    Args:
        gateway: Started and closed with the application.
        host: What the server listens on: a name that a request may give.
    """

    async def healthz(request: Request) -> Response:
        return JSONResponse({"ok": True})

    async def readyz(request: Request) -> Response:
        if gateway.ready.is_set():
            return JSONResponse({"ready": True})
        return JSONResponse({"ready": False}, status_code=503)

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        yield
        await gateway.close()

    starlette = Starlette(
        routes=[
            *(
                Route(each.PATH, ModelRoute(each, gateway), methods=[each.METHOD])
                for each in DIALECTS
            ),
            Route("/healthz", healthz),
            Route("/readyz", readyz),
        ],
        lifespan=lifespan,
    )
    return HostGuard(starlette, names=[host, *gateway.settings.allowed_hosts])
