"""One connection to an upstream and the response that comes on it; httptools reads the bytes.

One connection has one request at a time; who leaves a response before its end closes its
connection, for nothing else tells the server to stop.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, cast

import httptools

if TYPE_CHECKING:
    from workbench.serving.backends.http_client import HttpClient

_MOST_HEAD_BYTES = 65_536
_PAUSE_BYTES = 262_144  # so much of a response may wait to be read


class ProtocolError(Exception):
    """What came is no HTTP response, or ends before its end."""


class Response:
    """A response whose head is there. Its body is read as it comes; then, or earlier, close it."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.status = 0
        self.headers: dict[str, str] = {}  # by lower-case name; of a repeated one, the last
        self._parts: list[bytes] = []
        self._size = 0
        self._ended = False
        self._error: Exception | None = None
        self._waiter: asyncio.Future[None] | None = None

    async def read(self, *, wait_s: float) -> bytes:
        """The whole body; so long at most between two of its parts. Raises as ``read_some``."""
        parts = []
        # Taken as it comes: what waits to be read is held back when it is much.
        while part := await self.read_some(wait_s=wait_s):
            parts.append(part)
        return parts[0] if len(parts) == 1 else b"".join(parts)

    async def read_some(self, *, wait_s: float) -> bytes:
        """The next bytes of the body; none at its end.

        Raises:
            TimeoutError: Nothing came for so long.
            ProtocolError: It broke off, or is none.
            OSError: The connection failed.
        """
        while not self._parts and not self._ended:
            await self._next(wait_s)
        return self._take()

    def close(self) -> None:
        """Be done with it. If it has not come to its end, its connection is closed."""
        if not self._ended:
            self._connection.drop()

    async def _next(self, wait_s: float) -> None:
        """Wait until something has come."""
        if self._error is not None:
            raise self._error
        loop = asyncio.get_running_loop()
        waiter = self._waiter = loop.create_future()
        timer = loop.call_later(wait_s, _expire, waiter)
        try:
            await waiter
        finally:
            timer.cancel()
            self._waiter = None
        if self._error is not None:
            raise self._error

    def _take(self) -> bytes:
        parts, self._parts = self._parts, []
        if self._size > _PAUSE_BYTES:
            self._connection.go_on()
        self._size = 0
        return parts[0] if len(parts) == 1 else b"".join(parts)

    async def begin(self, wait_s: float) -> None:
        """Wait for the head."""
        while not self.status:
            await self._next(wait_s)

    def feed(self, part: bytes) -> None:
        """A part of the body has come."""
        self._parts.append(part)
        self._size += len(part)
        if self._size > _PAUSE_BYTES:
            self._connection.hold()
        if self._waiter is not None:
            self.wake()

    def end(self, error: Exception | None = None) -> None:
        """It has come to its end, or nothing more will come because of an error."""
        self._ended, self._error = error is None, error
        if self._waiter is not None:
            self.wake()

    def wake(self) -> None:
        """Let who waits look again."""
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


class Connection(asyncio.Protocol):
    """One connection, and the parser's callbacks.

    Args:
        client: Keeps it.
    """

    def __init__(self, client: HttpClient) -> None:
        self._client = client
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._response: Response | None = None
        self._head_bytes = self._header_bytes = 0
        self._until_end = False
        self._held = False
        self._headers: dict[str, str] = {}
        self.idle_since_s = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """See ``asyncio.Protocol``."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's derive from nothing
        self._client.remember(self)

    def send(self, request: bytes) -> Response:
        """Send a request; what comes next is its response."""
        if self._transport is None or self._transport.is_closing():
            raise ConnectionResetError("closed as soon as it was opened")
        self._response = Response(self)
        self._transport.write(request)
        return self._response

    @property
    def is_usable(self) -> bool:
        """Whether a request can be sent."""
        return self._transport is not None and not self._transport.is_closing()

    def drop(self) -> None:
        """Close it at once."""
        self._response = None
        if self._transport is not None:
            self._transport.abort()

    def hold(self) -> None:
        """Read no more for now."""
        if not self._held and self.is_usable:
            self._held = True
            cast("asyncio.Transport", self._transport).pause_reading()

    def go_on(self) -> None:
        """Read again."""
        if self._held and self.is_usable:
            cast("asyncio.Transport", self._transport).resume_reading()
        self._held = False

    def data_received(self, data: bytes) -> None:
        """See ``asyncio.Protocol``."""
        if self._response is None:  # nothing was asked
            self.drop()
            return
        if not self._response.status:
            self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
            if self._response is not None and not self._response.status:
                self._check_head(self._head_bytes)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade, ProtocolError) as error:
            self._fail(ProtocolError(f"no HTTP response: {type(error).__name__}"))

    def connection_lost(self, exc: Exception | None) -> None:
        """See ``asyncio.Protocol``."""
        if self._response is not None:
            if self._until_end and exc is None and self._response.status:
                self._response.end()
                self._response = None
            else:
                self._fail(exc or ProtocolError("the connection was closed"))
        self._client.forget(self)

    def on_message_begin(self) -> None:
        """The first byte of a response."""
        if self._response is None:
            raise ProtocolError("nothing was asked")

    def on_header(self, name: bytes, value: bytes) -> None:
        """A line of the head, or of what follows a body in chunks."""
        if self._response is not None and not self._response.status:
            self._header_bytes += len(name) + len(value)
            self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        """The head is whole. One of 1xx comes before the response's own."""
        response, headers, size_bytes = self._response, self._headers, self._header_bytes
        self._headers, self._header_bytes = {}, 0
        status = self._parser.get_status_code()
        if response is None or status < 200:
            return
        self._check_head(size_bytes)
        if headers.get("content-encoding", "identity") != "identity":
            raise ProtocolError("compressed, unasked")
        response.status, response.headers, self._head_bytes = status, headers, 0
        self._until_end = not ("content-length" in headers or "transfer-encoding" in headers)
        response.wake()

    def on_body(self, body: bytes) -> None:
        """A part of the body."""
        if self._response is not None:
            self._response.feed(body)

    def on_message_complete(self) -> None:
        """The response is whole."""
        response = self._response
        if response is None or not response.status:
            return
        self._response = None
        response.end()
        if self._parser.should_keep_alive():
            self.go_on()
            self._client.give_back(self)
        else:
            self.drop()

    def _check_head(self, size_bytes: int) -> None:
        if size_bytes > _MOST_HEAD_BYTES:
            raise ProtocolError("the head is too large")

    def _fail(self, error: Exception) -> None:
        response, self._response = self._response, None
        if response is not None:
            response.end(error)
        self.drop()


def _expire(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_exception(TimeoutError())
