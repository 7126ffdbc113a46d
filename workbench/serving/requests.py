"""Reading one HTTP request within its limits, and noticing when its sender goes away."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from workbench.core.errors import DeadlineError, InputError

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Headers = list[tuple[bytes, bytes]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
CONNECTION = "workbench.connection"  # where a request's scope has our own connection


class ClientGoneError(Exception):
    """The client closed the connection; there is nobody to tell anything."""


def headers_of(scope: Scope) -> dict[str, str]:
    """The request's headers by lower-case name; of a repeated one, the last."""
    return {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}


def key_of(headers: Mapping[str, str]) -> str | None:
    """The key of a request: a bearer token, or ``x-api-key`` as Anthropic's clients send it."""
    scheme, _, key = headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and key.strip():
        return key.strip()
    return headers.get("x-api-key", "").strip() or None


async def read_body(
    receive: Receive,
    headers: Mapping[str, str],
    *,
    most_bytes: int,
    timeout_s: float,
) -> bytes:
    """The whole body.

    Args:
        receive: Gives its parts.
        headers: Of the request.
        most_bytes: More are refused.
        timeout_s: The longest wait for all of it.

    Raises:
        InputError: It has more bytes than allowed; told before it is read, if it says so.
        DeadlineError: It did not arrive in time.
        ClientGoneError: The client went away.
    """
    told = headers.get("content-length", "")
    if told.isdigit() and int(told) > most_bytes:
        raise _too_large(int(told), most_bytes)
    message = await _receive(receive, timeout_s)
    body: bytes = message.get("body", b"")
    if not message.get("more_body"):
        return check_size(body, most_bytes)
    parts, size = [body], len(body)
    ends_s = asyncio.get_running_loop().time() + timeout_s
    while message.get("more_body"):
        message = await _receive(receive, ends_s - asyncio.get_running_loop().time())
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > most_bytes:
            raise _too_large(size, most_bytes)
    return b"".join(parts)


def check_size(body: bytes, most_bytes: int) -> bytes:
    """The body. Raises InputError if it has more bytes than allowed."""
    if len(body) > most_bytes:
        raise _too_large(len(body), most_bytes)
    return body


async def _receive(receive: Receive, timeout_s: float) -> MutableMapping[str, Any]:
    try:
        async with asyncio.timeout(timeout_s):
            message = await receive()
    except TimeoutError:
        raise DeadlineError("the request's body did not arrive in time", http_status=408) from None
    if message["type"] == "http.disconnect":
        raise ClientGoneError
    return message


def _too_large(size: int, most_bytes: int) -> InputError:
    return InputError(
        f"the request has {size} bytes or more; {most_bytes} are allowed",
        hint="send less, or raise max_body_bytes under [serving] in workbench.toml",
        http_status=413,
    )


class Departure:
    """Cancels the work of a request when its client goes away.

    Use it as a context manager around the work, in the task that does it, once the body is read.
    Leaving the block by the cancellation raises ClientGoneError in its place. Our own connection
    calls when it is lost; under another server a task waits for the word.

    Args:
        scope: The request's.
        receive: Tells of the end where the connection does not.
    """

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self._connection = scope.get(CONNECTION)
        self._receive = receive
        self._gone = False
        self._worker: asyncio.Task[Any] | None = None
        self._watch: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Departure:
        self._worker = asyncio.current_task()
        if self._connection is not None:
            self._connection.call_when_lost(self._lost)
        else:
            self._watch = asyncio.create_task(self._wait())
        return self

    async def _wait(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._lost()

    def _lost(self) -> None:
        assert self._worker is not None
        self._gone = True
        self._worker.cancel()

    async def __aexit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._connection is not None:
            self._connection.call_when_lost(None)
        if self._watch is not None:
            self._watch.cancel()
        if self._gone:
            assert self._worker is not None
            self._worker.uncancel()
            raise ClientGoneError from None
