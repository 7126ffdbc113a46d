"""One exchange of a route that a model answers: request in, pipeline, response out."""

from __future__ import annotations

import logging
import secrets
import time
import traceback
from collections.abc import AsyncIterator, Mapping, MutableMapping, Sequence
from typing import Any, Protocol

from workbench.core.errors import EngineError, WorkbenchError
from workbench.serving.call import Call, Facts, Piece
from workbench.serving.dialects import sse
from workbench.serving.headers import tell
from workbench.serving.requests import (
    ClientGoneError,
    Departure,
    Receive,
    Scope,
    Send,
    headers_of,
    read_body,
)

log = logging.getLogger(__name__)
_STREAM_HEADERS = [(name.encode(), value.encode()) for name, value in sse.HEADERS.items()]


class Dialect(Protocol):
    """What is needed of a module of ``serving/dialects``."""

    def parse(self, body: bytes, *, request_id: str, headers: Mapping[str, str]) -> Call:
        """The call of a request's body."""
        ...

    def render(self, call: Call, pieces: Sequence[Piece], facts: Facts, *, created_s: int) -> bytes:
        """The whole answer."""
        ...

    def render_stream(
        self, call: Call, pieces: AsyncIterator[Piece], facts: Facts, *, created_s: int
    ) -> AsyncIterator[bytes]:
        """The answer as events; an error before the first piece is raised."""
        ...

    def render_error(
        self, error: BaseException, *, request_id: str
    ) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body for an error."""
        ...


class ModelRoute:
    """An ASGI application for one dialect.

    Args:
        dialect: Turns bytes into calls, and pieces into bytes.
        gateway: Whoever knows the keys, the pipeline and the settings.
    """

    def __init__(self, dialect: Dialect, gateway: Any) -> None:
        self._dialect = dialect
        self._gateway = gateway

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; nothing is raised but the end of the process."""
        request_id = "req_" + secrets.token_hex(12)
        head = _Head(send)
        try:
            await self._answer(scope, receive, head, request_id)
        except ClientGoneError:
            log.debug("%s: the client went away", request_id)
        except WorkbenchError as error:
            await self._refuse(head, error, request_id)
        except Exception as error:  # noqa: BLE001 - a fault of ours must not end the connection mute
            log_fault(request_id, error)
            await self._refuse(head, fault(request_id), request_id)

    async def _answer(self, scope: Scope, receive: Receive, send: Send, request_id: str) -> None:
        gateway = self._gateway
        headers = headers_of(scope)
        principal = gateway.identify(headers)
        body = await read_body(
            receive,
            headers,
            most_bytes=gateway.settings.max_body_bytes,
            timeout_s=gateway.settings.body_timeout_s,
        )
        call = self._dialect.parse(body, request_id=request_id, headers=headers)
        facts = Facts()
        async with Departure(receive):
            pieces = gateway.pipeline.answer(call, principal, facts)
            try:
                if call.stream:
                    await self._send_stream(send, call, pieces, facts)
                else:
                    await self._send_whole(send, call, pieces, facts)
            finally:
                await pieces.aclose()

    async def _send_whole(
        self, send: Send, call: Call, pieces: AsyncIterator[Piece], facts: Facts
    ) -> None:
        collected = [piece async for piece in pieces]
        body = self._dialect.render(call, collected, facts, created_s=int(time.time()))
        headers = tell(call.request_id, facts)
        headers.append((b"content-type", b"application/json"))
        headers.append((b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def _send_stream(
        self, send: Send, call: Call, pieces: AsyncIterator[Piece], facts: Facts
    ) -> None:
        chunks = self._dialect.render_stream(
            call, _tellable(pieces, call), facts, created_s=int(time.time())
        )
        first = await anext(chunks)  # what fails before it is told with a status of its own
        headers = tell(call.request_id, facts)
        headers += _STREAM_HEADERS
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": first, "more_body": True})
        async for chunk in chunks:
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async def _refuse(self, send: _Head, error: WorkbenchError, request_id: str) -> None:
        if send.sent:  # too late for a status: the broken end of the stream has to say it
            return
        status, headers, body = self._dialect.render_error(error, request_id=request_id)
        pairs = [(k.lower().encode("latin-1"), v.encode("latin-1")) for k, v in headers.items()]
        pairs.append((b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": status, "headers": pairs})
        await send({"type": "http.response.body", "body": body})


class _Head:
    """``send``, knowing whether the response has begun."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.sent = False

    async def __call__(self, message: MutableMapping[str, Any]) -> None:
        self.sent = True
        await self._send(message)


async def _tellable(pieces: AsyncIterator[Piece], call: Call) -> AsyncIterator[Piece]:
    """The pieces; a fault of ours among them becomes an error that a dialect can tell."""
    try:
        async for piece in pieces:
            yield piece
    except WorkbenchError:
        raise
    except Exception as error:  # noqa: BLE001 - once the status is sent, only the stream can tell
        log_fault(call.request_id, error)
        raise fault(call.request_id) from None


def fault(request_id: str) -> EngineError:
    """What a client is told of a fault that is ours."""
    return EngineError(
        f"the gateway has a fault; its log names it beside {request_id}",
        hint="ask again; if it recurs, report it with the log's lines",
    )


def log_fault(request_id: str, error: BaseException) -> None:
    """Log where a fault is, without its message: that may quote a prompt or a key."""
    where = "".join(traceback.format_tb(error.__traceback__))
    log.error("%s: %s\n%s", request_id, type(error).__name__, where)
