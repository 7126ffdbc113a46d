"""An HTTP/1.1 client for one server: POST, kept connections, TLS; httptools reads what comes back.

A general client spends more on a request than the gateway's whole policy may. This one knows what
an upstream needs and no more: no redirects, cookies, proxies or compression (it asks for none, and
refuses an answer that has it).
"""

from __future__ import annotations

import asyncio
import base64
import ssl
import time
import urllib.parse
from collections import deque
from collections.abc import Mapping

from workbench.serving.backends.http_connection import Connection, Response

_IDLE_S = 30.0  # a server may close what is idle for longer at the moment in which it is used
_PATH_CHARS = "/%:@!$&'()*+,;=~"


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
