"""What every route with a key does alike: who asks, what went wrong, what is counted."""

from __future__ import annotations

import asyncio
import itertools
import logging
import secrets
import time
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.core.errors import BusyError, EngineError, LimitError, WorkbenchError
from workbench.identity.principals import Principal
from workbench.serving.call import Facts
from workbench.serving.dialects.openai_errors import render_error
from workbench.serving.requests import (
    CONNECTION,
    ClientGoneError,
    Headers,
    Receive,
    Scope,
    Send,
    check_size,
    headers_of,
    read_body,
)

if TYPE_CHECKING:
    from workbench.serving.gateway import Gateway

log = logging.getLogger(__name__)
_GONE_STATUS = 499
_ENDS = BusyError("the gateway ends", hint="ask again", http_status=503, retry_after_s=5.0)
JSON = (b"content-type", b"application/json")


_STARTED = secrets.token_hex(8)  # no other process has it, and no later one
_numbers = itertools.count(1)


def new_request_id() -> str:
    """An id that no other request has. It opens nothing: who asks for it needs its key as well."""
    return f"req_{_STARTED}{next(_numbers):08x}"


@dataclass
class Incoming:
    """One request, whose sender is known."""

    request_id: str
    scope: Scope
    receive: Receive
    headers: Mapping[str, str]
    principal: Principal
    facts: Facts


class Outgoing:
    """The response of one request. ``status`` is 0 until it has begun.

    Args:
        send: Sends.
        connection: Knows whether the client reads.
        stalled_s: How long it may read nothing.
    """

    def __init__(self, send: Send, *, connection: Any = None, stalled_s: float = 60.0) -> None:
        self._send, self._connection, self._stalled_s = send, connection, stalled_s
        self.status = 0
        self.begun_s: float | None = None

    async def begin(self, status: int, headers: Headers) -> None:
        """Send the head."""
        self.status, self.begun_s = status, time.perf_counter()
        await self._send({"type": "http.response.start", "status": status, "headers": headers})

    async def write(self, body: bytes, *, more: bool = True) -> None:
        """Send a part of the body.

        Raises:
            ClientGoneError: The client has read nothing for so long that it will not.
        """
        message = {"type": "http.response.body", "body": body, "more_body": more}
        if self._connection is None or not self._connection.flow.write_paused:
            await self._send(message)
            return
        try:
            async with asyncio.timeout(self._stalled_s):
                await self._send(message)
        except TimeoutError:
            self._connection.transport.abort()
            raise ClientGoneError from None

    async def whole(self, status: int, headers: Headers, body: bytes) -> None:
        """Send all of it."""
        headers.append((b"content-length", b"%d" % len(body)))
        if self._connection is not None:
            self.status, self.begun_s = status, time.perf_counter()
            if self._connection.send_whole(self._send, status, headers, body):
                return
        await self.begin(status, headers)
        await self.write(body, more=False)


class Door:
    """An ASGI application for one path: lets in who has a key with the right scope.

    Args:
        gateway: Knows the keys and the settings.
        endpoint: What its requests are counted under.
        scope: What a key must be good for.
    """

    dialect = "workbench"

    def __init__(self, gateway: Gateway, endpoint: str, *, scope: str = "inference") -> None:
        self.gateway, self.endpoint, self.scope_needed = gateway, endpoint, scope

    async def respond(self, incoming: Incoming, out: Outgoing) -> None:
        """Answer a request; what is raised is told to the client."""
        raise NotImplementedError

    def render_error(
        self, error: BaseException, request_id: str
    ) -> tuple[int, dict[str, Any], bytes]:
        """Status, headers and body for an error, in the words of the route's clients."""
        return render_error(error, request_id=request_id)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. Nothing is raised but what ends the process."""
        started_s = time.perf_counter()
        request_id = new_request_id()
        facts = Facts(endpoint=self.endpoint, dialect=self.dialect)
        out = Outgoing(
            send,
            connection=scope.get(CONNECTION),
            stalled_s=self.gateway.settings.stalled_timeout_s,
        )
        status = _GONE_STATUS
        try:
            headers = headers_of(scope)
            principal = self.gateway.identify(headers)
            principal.require(self.scope_needed)
            incoming = Incoming(request_id, scope, receive, headers, principal, facts)
            await self.respond(incoming, out)
            status = out.status
        except ClientGoneError:
            log.debug("%s: the client went away", request_id)
        except asyncio.CancelledError:  # the gateway ends, and has waited long enough
            log.info("%s: cut off at the end", request_id)
            await self._refuse(out, _ENDS, request_id)
        except WorkbenchError as error:
            if isinstance(error, LimitError):
                self.gateway.metrics.refused(str(error.context.get("limit", "")))
            status = await self._refuse(out, error, request_id)
        except Exception as error:  # noqa: BLE001 - a fault of ours must not leave a client without words
            log_fault(request_id, error)
            status = await self._refuse(out, fault(request_id), request_id)
        finally:
            self.gateway.metrics.answered(facts, status, started_s=started_s, first_s=out.begun_s)

    async def read(self, incoming: Incoming) -> bytes:
        """The request's body, within the limits."""
        chosen, connection = self.gateway.settings, incoming.scope.get(CONNECTION)
        if connection is not None:
            body: bytes | None = connection.whole_body(incoming.receive)
            if body is not None:  # nothing has to be waited for
                return check_size(body, chosen.max_body_bytes)
        return await read_body(
            incoming.receive,
            incoming.headers,
            most_bytes=chosen.max_body_bytes,
            timeout_s=chosen.body_timeout_s,
        )

    async def _refuse(self, out: Outgoing, error: WorkbenchError, request_id: str) -> int:
        status, told, body = self.render_error(error, request_id)
        if not out.status:  # else it is too late for a status: the broken stream has to say it
            headers = [(k.lower().encode("latin-1"), v.encode("latin-1")) for k, v in told.items()]
            await out.whole(status, headers, body)
        return status


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
