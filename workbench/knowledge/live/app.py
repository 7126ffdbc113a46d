"""The ASGI application of live pages: reading and writing over HTTP, editing over a WebSocket.

GET     /live/pages              the pages that one may read
GET     /live/page/PATH          a page's text, and who is there
PUT     /live/page/PATH          make its text another one: {"text": "..."}
GET     /live/history/PATH       who wrote last
GET     /live/people/PATH        who is there, and who of them may write
WS      /live/page/PATH          edit it, in the messages of Yjs
POST    /live/sign-in            {"user": "...", "password": "..."}: a session in a cookie
GET     /live/sign-in            a page for people, by password or at a provider (identity/web)
POST    /live/sign-out

PATH is the page's space without its first slash.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import asdict
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute

from workbench.core.errors import InputError, LimitError, WorkbenchError
from workbench.identity.scopes import SignedIn
from workbench.identity.sessions import Sessions
from workbench.identity.signing_in import SignIn
from workbench.identity.web import FrontDoor, Place, sign_in_routes

from .connection import serve_socket
from .desk import Desk
from .open_page import OpenPage
from .showing import COOKIE, DEVICE_COOKIE, answer_error, require_own_page, shown, space_of

MOST_BODY_BYTES = 16 << 20
_Answer = Callable[["LiveApp", Request], Awaitable[Response]]


class LiveApp:
    """What the routes share: the desk, and who may sign in."""

    def __init__(self, desk: Desk, *, secure: bool) -> None:
        self.desk, self.secure = desk, secure
        self.sessions = Sessions(desk.database)
        self.sign_in = SignIn(desk.database)

    async def signed(self, connection: HTTPConnection) -> SignedIn:
        """Who asks. Raises AccessError."""
        text, kind = shown(connection)
        return await self.desk.ask(lambda: self.sessions.verify(text, kind=kind))

    async def reading(
        self, request: Request, call: Callable[[OpenPage], dict[str, Any]]
    ) -> Response:
        """Answer something about a page to who may read it; 404 if nothing was written there."""
        signed, space = await self.signed(request), space_of(request)

        def read() -> dict[str, Any]:
            self.desk.authority.require(signed, space, "read")
            self.desk.pages.get(space)
            return call(self.desk.page(space))

        return JSONResponse(await self.desk.ask(read))


def build_app(
    desk: Desk, *, hosts: Sequence[str] = ("localhost", "127.0.0.1"), secure: bool = False
) -> Starlette:
    """The application.

    Args:
        desk: Started and stopped with the application.
        hosts: The names that a request may give this server; others are refused, for a page
            elsewhere can have its own name resolved to this machine.
        secure: Whether cookies are for encrypted connections alone: behind something that speaks
            TLS.
    """
    live = LiveApp(desk, secure=secure)

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        desk.start()
        yield
        await desk.stop()

    def route(path: str, answer: _Answer, method: str) -> Route:
        async def endpoint(request: Request) -> Response:
            try:
                return await answer(live, request)
            except WorkbenchError as error:
                return answer_error(error)

        return Route(path, endpoint, methods=[method])

    async def socket(websocket: Any) -> None:
        await serve_socket(live, websocket)

    routes = [
        route("/live/pages", _pages, "GET"),
        route("/live/page/{path:path}", _page, "GET"),
        route("/live/page/{path:path}", _write, "PUT"),
        route("/live/history/{path:path}", _history, "GET"),
        route("/live/people/{path:path}", _people, "GET"),
        route("/live/sign-in", _sign_in, "POST"),
        route("/live/sign-out", _sign_out, "POST"),
        WebSocketRoute("/live/page/{path:path}", socket),
        *sign_in_routes(FrontDoor(Place(secure=secure), database=desk.database)),
    ]
    middleware = [Middleware(TrustedHostMiddleware, allowed_hosts=list(hosts), www_redirect=False)]
    app = Starlette(routes=routes, middleware=middleware, lifespan=lifespan)
    app.router.redirect_slashes = False
    return app


async def _pages(live: LiveApp, request: Request) -> Response:
    signed = await live.signed(request)

    def read() -> list[dict[str, Any]]:
        live.sessions.look(signed, used=True)
        may = live.desk.authority.may
        return [asdict(page) for page in live.desk.pages.list() if may(signed, page.space, "read")]

    return JSONResponse({"pages": await live.desk.ask(read)})


async def _page(live: LiveApp, request: Request) -> Response:
    def read(page: OpenPage) -> dict[str, Any]:
        text = str(page.source())
        return {"space": page.space, "text": text, "number": page.number, "people": _who(page)}

    return await live.reading(request, read)


async def _history(live: LiveApp, request: Request) -> Response:
    def read(page: OpenPage) -> dict[str, Any]:
        written = live.desk.pages.history(page.space)
        return {"space": page.space, "written": [asdict(each) for each in written]}

    return await live.reading(request, read)


async def _people(live: LiveApp, request: Request) -> Response:
    signed, space = await live.signed(request), space_of(request)

    def read() -> list[dict[str, Any]]:
        live.desk.authority.require(signed, space, "read")
        return _who(live.desk.page(space))

    return JSONResponse({"space": space, "people": await live.desk.ask(read)})


def _who(page: OpenPage) -> list[dict[str, Any]]:
    """Who is there: by the doors, and not by what clients say."""
    return [
        {
            "user": door.signed.user,
            "may_edit": door.rights.edit,
            "cursors": page.presence.cursors(number),
        }
        for number, door in page.doors.items()
    ]


async def _write(live: LiveApp, request: Request) -> Response:
    signed, space = await live.signed(request), space_of(request)
    # Before the body is read: who may not write need not send it.
    await live.desk.ask(lambda: live.desk.authority.require(signed, space, "edit"))
    text = (await _body(request, ("text",)))["text"]
    number = await live.desk.write_text(signed, space, text)
    return JSONResponse({"space": space, "number": number})


async def _sign_in(live: LiveApp, request: Request) -> Response:
    if request.headers.get("origin"):
        require_own_page(request)
    given = await _body(request, ("user", "password"))
    source = request.client.host if request.client else ""
    made = await asyncio.to_thread(
        lambda: live.sign_in.sign_in(
            given["user"],
            given["password"],
            source=source,
            previous=request.cookies.get(COOKIE),
            device=request.cookies.get(DEVICE_COOKIE),
        )
    )
    answer = JSONResponse({"user": made.session.user, "expires_s": made.session.expires_s})
    for name, text in ((COOKIE, made.session.text), (DEVICE_COOKIE, made.device)):
        answer.set_cookie(
            name, text, path="/live", secure=live.secure, httponly=True, samesite="strict"
        )
    return answer


async def _sign_out(live: LiveApp, request: Request) -> Response:
    text, _ = shown(request)
    await live.desk.ask(lambda: live.sessions.end_shown(text, because="signed out"))
    answer = JSONResponse({})
    answer.delete_cookie(COOKIE, path="/live", httponly=True, samesite="strict")
    return answer


async def _body(request: Request, names: tuple[str, ...]) -> dict[str, str]:
    """A JSON object of texts. Raises InputError or LimitError."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > MOST_BODY_BYTES:
            raise LimitError(f"more than {MOST_BODY_BYTES >> 20} MiB was sent", limit="page")
        parts.append(part)
    try:
        given = json.loads(b"".join(parts))
        texts = {name: given[name] for name in names}
        for text in texts.values():
            text.encode()  # a half of a surrogate pair is no text
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        listed = " and ".join(names)
        raise InputError(f"what was sent is no JSON object with the text {listed}") from None
    return texts
