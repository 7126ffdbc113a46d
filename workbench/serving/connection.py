"""A connection that is not kept open by a client who sends slowly, or sends headers without end."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.http.httptools_impl import (
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

from workbench.serving.corked import Corked
from workbench.serving.requests import CONNECTION, Headers

_OF_THE_CONNECTION = frozenset({b"connection", b"transfer-encoding"})
_LINGER_S = 1.0  # for a client to read the response before its half-sent request is cut off


class Connection(HttpToolsProtocol):
    """uvicorn's connection with a deadline and a size for the head of each request.

    uvicorn's own timeout runs between two requests only, and httptools reads headers of any size.
    """

    max_header_bytes = 65_536
    header_timeout_s = 10.0
    max_connections = 1000

    _head_bytes = 0
    _header_bytes = 0
    _in_head = True
    _head_timer: asyncio.TimerHandle | None = None
    _when_lost: Callable[[], None] | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """See ``asyncio.Protocol``."""
        super().connection_made(Corked(transport, self.loop))  # type: ignore[arg-type]
        if len(self.connections) > self.max_connections:
            self._turn_away(b"503 Service Unavailable", b"there are too many connections")
            return
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """See ``asyncio.Protocol``."""
        self._stop_timer()
        super().connection_lost(exc)
        if self._when_lost is not None:
            self._when_lost()

    def call_when_lost(self, call: Callable[[], None] | None) -> None:
        """Call that once if the client goes away; None for nothing any more."""
        if call is not None and self.transport.is_closing():
            call()
        self._when_lost = call

    def data_received(self, data: bytes) -> None:
        """See ``asyncio.Protocol``."""
        if self._in_head:
            self._head_bytes += len(data)
        super().data_received(data)
        if self._in_head and self._head_timer is None and not self.transport.is_closing():
            self._head_timer = self.loop.call_later(self.header_timeout_s, self._too_slow)
        # A body that came along has been told apart by now: only a head that is not yet whole is
        # measured by what was received.
        if self._in_head and self._head_bytes > self.max_header_bytes:
            self._turn_away(b"431 Request Header Fields Too Large", b"the headers are too large")

    @staticmethod
    def whole_body(receive: Any) -> bytes | None:
        """The body of a request, if it has come whole and its client is still there.

        Args:
            receive: Of the request.
        """
        cycle = getattr(receive, "__self__", None)
        if not isinstance(cycle, RequestResponseCycle) or cycle.more_body or cycle.disconnected:
            return None
        cycle.flow.resume_reading()  # a large one had it paused, and the client's end must be seen
        body, cycle.body = cycle.body, bytearray()
        return bytes(body)

    @staticmethod
    def send_whole(send: Any, status: int, headers: Headers, body: bytes) -> bool:
        """Send a response that is whole, head and body in one write, past ASGI's two messages.

        Args:
            send: Of the request.
            status: Of the response.
            headers: Of the response, ``content-length`` among them; names in small letters.
            body: All of it.

        Returns:
            Whether that was done. Not so where somebody stands between who would see or change
            the messages, where the client does not read, or where a header means more than text.
        """
        cycle = getattr(send, "__self__", None)
        if not isinstance(cycle, RequestResponseCycle) or cycle.scope["method"] == "HEAD":
            return False
        if cycle.response_started or cycle.disconnected or cycle.flow.write_paused:
            return False
        if any(name in _OF_THE_CONNECTION for name, _ in headers):
            return False
        told = [*cycle.default_headers, *headers]
        if not cycle.keep_alive:
            told.append((b"connection", b"close"))
        lines = [b"%b: %b\r\n" % each for each in told]
        head = STATUS_LINE[status] + b"".join(lines)
        if head.count(b"\n") != len(lines) + 1 or head.count(b"\r") != len(lines) + 1:
            return False  # a line break in a value: there it is refused
        cycle.response_started = cycle.response_complete = True
        cycle.waiting_for_100_continue = False
        cycle.transport.write_now(b"%b\r\n%b" % (head, body))  # type: ignore[attr-defined]
        cycle.message_event.set()
        if not cycle.keep_alive:
            cycle.transport.close()
        cycle.on_response()
        return True

    def on_message_begin(self) -> None:
        """A request's first byte."""
        super().on_message_begin()
        self._header_bytes = 0
        if not self._in_head:  # nearly always all of it has come: else ``data_received`` times it
            self._in_head, self._head_bytes = True, 0

    def on_header(self, name: bytes, value: bytes) -> None:
        """A line of the head."""
        self._header_bytes += len(name) + len(value) + 4
        name = name.lower()
        if name == b"expect":
            self.expect_100_continue = value.lower() == b"100-continue"
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        """The head is whole; the time that the body takes is watched where it is read."""
        self._in_head = False
        self._stop_timer()
        if self._header_bytes > self.max_header_bytes:
            self._turn_away(b"431 Request Header Fields Too Large", b"the headers are too large")
            raise ValueError("the headers are too large")  # ends the parser's work
        self.scope[CONNECTION] = self  # type: ignore[literal-required]
        super().on_headers_complete()

    def on_response_complete(self) -> None:
        """The response is out; a body that nobody reads must not keep the connection."""
        unread = self.cycle.more_body
        super().on_response_complete()
        if unread:
            self.loop.call_later(_LINGER_S, self.transport.close)

    def send_400_response(self, msg: str) -> None:
        """Tell of a malformed request, unless the client was told something already."""
        if not self.transport.is_closing():
            super().send_400_response(msg)

    def _await_head(self) -> None:
        self._in_head, self._head_bytes = True, 0
        self._stop_timer()
        self._head_timer = self.loop.call_later(self.header_timeout_s, self._too_slow)

    def _stop_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _too_slow(self) -> None:
        if self._in_head:
            self._turn_away(b"408 Request Timeout", b"the request's headers did not arrive in time")

    def _turn_away(self, status: bytes, said: bytes) -> None:
        """Answer without the application, and close."""
        self._stop_timer()
        if self.transport.is_closing():
            return
        head = b"HTTP/1.1 %s\r\ncontent-type: text/plain\r\ncontent-length: %d\r\n"
        self.transport.write(head % (status, len(said)) + b"connection: close\r\n\r\n" + said)
        self.transport.close()


def connection_class(**limits: Any) -> type[Connection]:
    """A class with limits of its own: uvicorn makes the connections itself."""
    return type("LimitedConnection", (Connection,), limits)
