"""An HTTP/1.1 client for one server: POST, kept connections, TLS; httptools reads what comes back.

A general client spends more on a request than the gateway's whole policy may. This one knows what
an upstream needs and no more: no redirects, cookies, proxies or compression (it asks for none, and
refuses an answer that has it). One connection has one request at a time; who leaves a response
before its end closes its connection, for nothing else tells the server to stop.
"""

from __future__ import annotations

import asyncio
import base64
import ssl
import time
import urllib.parse
from collections import deque
from collections.abc import Mapping
from typing import cast

import httptools

_IDLE_S = 30.0  # a server may close what is idle for longer at the moment in which it is used
_MOST_HEAD_BYTES = 65_536
_PATH_CHARS = "/%:@!$&'()*+,;=~"
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
        while not self._ended:
            await self._next(wait_s)
        return self._take()

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


class HttpClient:
    """Connections to one server. For one loop.

    Args:
        url: ``http://`` or ``https://``, to which the paths are added.
        headers: Of each request.
        connections: So many at most; who needs one more waits.
        connect_timeout_s: The longest wait for a new one.

    Raises:
        ValueError: The URL is none.
    """

    def __init__(
        self,
        url: str,
        headers: Mapping[str, str],
        *,
        connections: int = 256,
        connect_timeout_s: float = 5.0,
    ) -> None:
        parts = urllib.parse.urlsplit(url)
        if not parts.hostname:
            raise ValueError("it names no host")
        self._host = parts.hostname
        self._tls = ssl.create_default_context() if parts.scheme == "https" else None
        self._port = parts.port or (443 if self._tls else 80)
        self._path = urllib.parse.quote(parts.path, safe=_PATH_CHARS)
        query = urllib.parse.quote(parts.query, safe=f"{_PATH_CHARS}?")
        self._query = f"?{query}" if query else ""
        self._head = _head_of(parts, headers)
        self._most, self._connect_timeout_s = connections, connect_timeout_s
        self._heads: dict[str, bytes] = {}
        self._idle: deque[Connection] = deque()
        self._all: set[Connection] = set()
        self._opening = 0
        self._waiting: deque[asyncio.Future[None]] = deque()

    async def post(self, path: str, body: bytes, *, wait_s: float) -> Response:
        """Send a request; its response, once its head is there.

        Raises:
            TimeoutError: There was no connection in time, or no head within ``wait_s``.
            ProtocolError: What came is no HTTP response.
            OSError: The server cannot be reached.
        """
        head = self._heads.get(path) or self.head_of(path)
        connection = await self._acquire()
        response = connection.send(b"%b%d\r\n\r\n%b" % (head, len(body), body))
        try:
            await response.begin(wait_s)
        except BaseException:
            response.close()
            raise
        return response

    def head_of(self, path: str) -> bytes:
        """The head of a request to a path, up to the body's length."""
        line = f"POST {self._path}{path}{self._query} HTTP/1.1\r\n"
        head = self._heads[path] = line.encode() + self._head
        return head

    async def close(self) -> None:
        """Close all connections."""
        for connection in list(self._all):
            connection.drop()
        await asyncio.sleep(0)  # they are closed in the loop's next turn

    def idle(self) -> int:
        """How many connections wait to be used again."""
        return len(self._idle)

    def give_back(self, connection: Connection) -> None:
        """A connection can be used again."""
        now_s = connection.idle_since_s = time.monotonic()
        self._idle.append(connection)
        while self._idle[0].idle_since_s < now_s - _IDLE_S:
            self._idle.popleft().drop()
        if self._waiting:
            self._let_next()

    def remember(self, connection: Connection) -> None:
        """A connection is open."""
        self._all.add(connection)

    def forget(self, connection: Connection) -> None:
        """A connection is closed."""
        self._all.discard(connection)
        if connection in self._idle:
            self._idle.remove(connection)
        self._let_next()

    async def _acquire(self) -> Connection:
        """A connection that is idle, the one used last first, or a new one."""
        while True:
            oldest_s = time.monotonic() - _IDLE_S
            while self._idle:
                connection = self._idle.pop()
                if connection.is_usable and connection.idle_since_s >= oldest_s:
                    return connection
                connection.drop()
            if len(self._all) + self._opening < self._most:
                return await self._open()
            waiter = asyncio.get_running_loop().create_future()
            self._waiting.append(waiter)
            try:
                await waiter
            except asyncio.CancelledError:
                if waiter.done() and not waiter.cancelled():
                    self._let_next()
                raise

    async def _open(self) -> Connection:
        loop = asyncio.get_running_loop()
        self._opening += 1
        try:
            async with asyncio.timeout(self._connect_timeout_s):
                _, connection = await loop.create_connection(
                    lambda: Connection(self), self._host, self._port, ssl=self._tls
                )
        finally:
            self._opening -= 1
            self._let_next()
        return connection

    def _let_next(self) -> None:
        """Let one of those who wait for a connection look again."""
        while self._waiting:
            waiter = self._waiting.popleft()
            if not waiter.done():
                waiter.set_result(None)
                return


def _expire(waiter: asyncio.Future[None]) -> None:
    if not waiter.done():
        waiter.set_exception(TimeoutError())


def _head_of(parts: urllib.parse.SplitResult, headers: Mapping[str, str]) -> bytes:
    """What is the same in the head of each request, up to the body's length."""
    host = (parts.hostname or "").encode("idna").decode()
    place = f"[{host}]" if ":" in host else host
    lines = {"Host": place if parts.port is None else f"{place}:{parts.port}"}
    if parts.username is not None:
        secret = ":".join(
            urllib.parse.unquote(each or "") for each in (parts.username, parts.password)
        )
        lines["Authorization"] = "Basic " + base64.b64encode(secret.encode()).decode()
    lines |= {"Accept": "*/*", "Accept-Encoding": "identity", **headers}
    told = "".join(f"{name}: {value}\r\n" for name, value in lines.items())
    return f"{told}Content-Length: ".encode("latin-1")
