"""Who may speak to the gateway at all: the host that a request names.

A page elsewhere can have its own name resolved to 127.0.0.1 and so reach servers of this machine
("DNS rebinding"); its requests then carry that name. An address in numbers cannot be rebound.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Awaitable, Callable, Iterable, Mapping
from typing import Any

from workbench.serving.requests import Receive, Scope, Send

App = Callable[[Scope, Receive, Send], Awaitable[None]]
_REMEMBERED = 256


class HostGuard:
    """ASGI middleware that refuses a request whose ``Host`` is not one of ours.

    Neither this nor ``Front`` waits for anything, so neither is a coroutine of its own.

    Args:
        app: What is guarded.
        names: Names, beside ``localhost`` and addresses in numbers, that are ours.
    """

    def __init__(self, app: App, *, names: Iterable[str] = ()) -> None:
        self._app = app
        self._names = {"localhost", *(name.lower().rstrip(".") for name in names)}
        self._known: set[bytes] = set()

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Pass a request on, or refuse it."""
        if scope["type"] == "http":
            host = b""
            for name, value in scope["headers"]:
                if name == b"host":
                    host = value
                    break
            if host not in self._known and not self._admit(host):
                return _refuse(send)
        return self._app(scope, receive, send)

    def _admit(self, host: bytes) -> bool:
        if not is_ours(host.decode("latin-1"), self._names):
            return False
        if len(self._known) < _REMEMBERED:
            self._known.add(host)
        return True


def is_ours(host: str, names: Iterable[str]) -> bool:
    """Whether a ``Host``, with or without a port, is an address in numbers or one of ``names``."""
    name, _, port = host.rpartition(":")
    given = {host, name} if port.isdigit() else {host}
    return any(each.lower().rstrip(".") in names or _is_address(each) for each in given)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return False
    return True


class Front:
    """Takes the requests of paths that are known whole straight to their application.

    What is asked most often need not be matched against each route in turn.

    Args:
        app: Takes the others.
        direct: Applications by method and path.
    """

    def __init__(self, app: App, direct: Mapping[tuple[str, str], App]) -> None:
        self._app, self._direct = app, direct

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Pass a request on."""
        app = self._app
        if scope["type"] == "http":
            app = self._direct.get((scope["method"], scope["path"]), app)
        return app(scope, receive, send)


async def _refuse(send: Send) -> None:
    body = (
        b'{"error":{"message":"the Host header names none of this gateway\'s hosts",'
        b'"type":"invalid_request_error","param":null,"code":"host"}}'
    )
    headers: list[tuple[bytes, Any]] = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
    ]
    await send({"type": "http.response.start", "status": 421, "headers": headers})
    await send({"type": "http.response.body", "body": body})
