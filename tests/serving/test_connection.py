"""A whole response in one write is what ASGI's two messages would have made of it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn

from workbench.serving.connection import Connection, connection_class
from workbench.serving.door import Outgoing
from workbench.serving.requests import CONNECTION

PLACE = (b"x-place", b"here")


async def answer(scope: Any, receive: Any, send: Any) -> None:
    """Says its path, with the header that the query names."""
    headers = [PLACE]
    if scope["query_string"]:
        name, _, value = scope["query_string"].partition(b"=")
        headers.append((name, value.replace(b"%0a", b"\n").replace(b"%0d", b"\r")))
    if scope["path"] == "/wrapped":
        plain = send

        async def send(message: Any) -> None:
            if message["type"] == "http.response.start":
                message["headers"].append((b"x-added", b"1"))
            await plain(message)

    out = Outgoing(send, connection=scope[CONNECTION])
    await out.whole(200, headers, scope["path"].encode())


@contextlib.asynccontextmanager
async def serving(*, direct: bool) -> AsyncIterator[int]:
    """The port of a server; without ``direct`` each response goes as two messages."""
    kind = connection_class()
    if not direct:
        kind.send_whole = staticmethod(lambda *_: False)  # type: ignore[assignment, method-assign]
    config = uvicorn.Config(
        answer, http=kind, lifespan="off", ws="none", log_config=None, access_log=False,
        server_header=False, date_header=False, interface="asgi3",
    )  # fmt: skip
    server = uvicorn.Server(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    await server.startup()
    try:
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        await server.shutdown()


def exchange(sent: bytes, *, direct: bool) -> bytes:
    """All that comes back until the server closes, or says no more."""

    async def play() -> bytes:
        async with serving(direct=direct) as port:
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(sent)
            found = b""
            with contextlib.suppress(TimeoutError):
                while part := await asyncio.wait_for(reader.read(1 << 16), 0.15):
                    found += part
            closed = reader.at_eof()
            writer.close()
            return found + (b"<closed>" if closed else b"")

    return asyncio.run(play())


def request(path: str, *headers: str, method: str = "GET", version: str = "1.1") -> bytes:
    lines = [f"{method} {path} HTTP/{version}", "Host: h", *headers]
    return "\r\n".join([*lines, "", ""]).encode()


@pytest.fixture(autouse=True)
def _free_port(monkeypatch: pytest.MonkeyPatch) -> None:
    real = uvicorn.Config.__init__
    monkeypatch.setattr(
        uvicorn.Config, "__init__", lambda self, *a, **k: real(self, *a, **{"port": 0, **k})
    )


@pytest.mark.parametrize(
    "sent",
    [
        request("/a"),
        request("/a") + request("/b") + request("/wrapped") + request("/c"),
        request("/a", method="HEAD") + request("/b"),
        request("/a", "Connection: close") + request("/b"),
        request("/a", version="1.0"),
        request("/a?connection=close") + request("/b"),
        request("/a?x-word=one"),
        request("/wrapped"),
        request("/a", "Content-Length: 5", method="POST") + b"12345" + request("/b"),
    ],
)
def test_it_is_the_same_as_in_two_messages(sent: bytes) -> None:
    ours, plain = (exchange(sent, direct=direct) for direct in (True, False))
    assert ours == plain
    assert ours.startswith(b"HTTP/1.1 200 OK\r\nx-place: here\r\n")


@pytest.mark.parametrize("line", ["one%0d%0aset-cookie:%20a=b", "one%0atwo", "one%0dtwo"])
def test_no_value_becomes_a_line_of_its_own(line: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.CRITICAL):
        found = exchange(request(f"/a?x-word={line}"), direct=True)
    assert b"set-cookie" not in found and b"two" not in found
    assert found == b"<closed>"


def test_it_is_one_write(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[bool] = []
    real = Connection.send_whole

    def counted(*given: Any) -> bool:
        done.append(real(*given))
        return done[-1]

    monkeypatch.setattr(Connection, "send_whole", staticmethod(counted))
    exchange(request("/a") + request("/wrapped") + request("/b", method="HEAD"), direct=True)
    assert done == [True, False, False]
