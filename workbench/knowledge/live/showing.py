"""Who asks: what a request shows to be let in, and what it is answered that is not.

A program shows a session or a token as a bearer. A browser shows its session as a cookie, which it
also does for pages of others: so where a cookie is to change something, or to open a socket, the
page that asks has to be of this server. Nothing is taken from an address, which is logged and kept.
"""

from __future__ import annotations

from typing import Any

from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse

from workbench.core.errors import (
    AccessError,
    BusyError,
    ConflictError,
    InputError,
    LimitError,
    NotFoundError,
    WorkbenchError,
)
from workbench.identity.sessions import PREFIXES
from workbench.identity.spaces import check_space
from workbench.identity.web.asking import is_of_server

COOKIE, DEVICE_COOKIE = "workbench_session", "workbench_device"
_SAFE = ("GET", "HEAD")
# Reasons for which signing in anew helps; for others one may not, whoever one is.
_SIGN_IN = ("missing", "unknown", "revoked", "expired", "idle", "disabled", "removed", "password")
_STATUS: tuple[tuple[type[WorkbenchError], int], ...] = (
    (AccessError, 403),
    (LimitError, 429),
    (NotFoundError, 404),
    (ConflictError, 409),
    (InputError, 400),
    (BusyError, 503),
)


def shown(connection: HTTPConnection) -> tuple[str, str]:
    """The text that a request shows, and its kind: ``session`` or ``token``.

    Raises:
        AccessError: It shows none, or a cookie from a page of another server.
    """
    scheme, _, bearer = connection.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and bearer:
        token = bearer.startswith(PREFIXES["token"])
        return bearer, "token" if token else "session"
    cookie = connection.cookies.get(COOKIE)
    if not cookie:
        raise AccessError("nobody is signed in", hint="show a token, or sign in", reason="missing")
    if connection.scope["type"] == "websocket" or connection.scope["method"] not in _SAFE:
        require_own_page(connection)
    return cookie, "session"


def require_own_page(connection: HTTPConnection) -> None:
    """Raise AccessError unless the page that asks is of this server."""
    if not is_of_server(connection.headers.get("origin"), connection.headers.get("host")):
        raise AccessError(
            "a page of another server asks with this browser's session", reason="origin"
        )


def space_of(connection: HTTPConnection) -> str:
    """The space that an address names, in its one form. Raises InputError."""
    # Not as the route matched it, which lets a line's end at the end pass for nothing.
    return check_space("/" + connection.scope["path"].split("/", 3)[3])


def status_of(error: WorkbenchError) -> int:
    """The HTTP status of an error."""
    if isinstance(error, AccessError) and error.context.get("reason") in _SIGN_IN:
        return 401
    if isinstance(error, LimitError) and error.context.get("limit") == "page":
        return 413
    return next((status for cls, status in _STATUS if isinstance(error, cls)), 503)


def answer_error(error: WorkbenchError) -> JSONResponse:
    """What is answered in place of what was asked for."""
    headers: dict[str, str] = {}
    wait_s: Any = error.context.get("retry_after_s")
    if wait_s is not None:
        headers["retry-after"] = str(max(1, round(wait_s)))
    status = status_of(error)
    if status == 401:
        headers["www-authenticate"] = "Bearer"
    return JSONResponse({"error": error.to_dict()}, status, headers)
