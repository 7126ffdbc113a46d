"""The client against servers that say what they are told to, byte by byte, on both loops."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
import uvloop

from workbench.serving.backends import http_client, http_connection
from workbench.serving.backends.http_client import HttpClient
from workbench.serving.backends.http_connection import ProtocolError

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"
CHUNKED = (
    b"HTTP/1.1 200 OK\r\nX-Word: a\r\nTRANSFER-ENCODING: chunked\r\n\r\n"
    b"3;why=not\r\nhel\r\n2\r\nlo\r\n0\r\nX-After: b\r\n\r\n"
)
STRAY = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstray"
Play = Callable[..., Awaitable[Any]]


class Server:
    """Answers each request with the next of its scripts; a script is bytes, or pauses between."""

    def __init__(self, *scripts: Any) -> None:
        self.scripts = list(scripts)
        self.requests: list[bytes] = []
        self.opened = self.open_now = self.most_open = 0
        self.sent_bytes = 0
        self.gone = asyncio.Event()

    @contextlib.asynccontextmanager
    async def running(self, tls: ssl.SSLContext | None = None) -> AsyncIterator[str]:
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0, ssl=tls)
        try:
            port = server.sockets[0].getsockname()[1]
            yield f"{'https' if tls else 'http'}://127.0.0.1:{port}/v1"
        finally:
            server.close()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.opened += 1
        self.open_now += 1
        self.most_open = max(self.most_open, self.open_now)
        try:
            while await self._answer(reader, writer):
                pass
        except (asyncio.IncompleteReadError, ConnectionError):
            self.gone.set()
        finally:
            self.open_now -= 1
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        self.requests.append(head + await reader.readexactly(length))
        script = self.scripts.pop(0) if len(self.scripts) > 1 else self.scripts[0]
        for step in [script] if isinstance(script, bytes) else script:
            if step == "close":
                return False
            if isinstance(step, bytes):
                writer.write(step)
                await writer.drain()
                self.sent_bytes += len(step)
            else:
                await asyncio.sleep(step)
        return True


@pytest.fixture(params=["asyncio", "uvloop"])
def run(request: Any) -> Callable[..., Any]:
    """Runs a coroutine on one of the loops."""
    factory = uvloop.new_event_loop if request.param == "uvloop" else None

    def go(work: Any) -> Any:
        with asyncio.Runner(loop_factory=factory) as runner:
            return runner.run(work)

    return go


async def play(server: Server, game: Play, **given: Any) -> Any:
    """A coroutine with a client of a server."""
    async with server.running(given.pop("tls", None)) as url:
        client = HttpClient(url, {"X-Key": "secret"}, **given)
        try:
            return await game(client)
        finally:
            await client.close()


async def ask(client: HttpClient, wait_s: float = 10.0) -> bytes:
    response = await client.post("/chat", b"{}", wait_s=wait_s)
    try:
        return await response.read(wait_s=wait_s)
    finally:
        response.close()


@pytest.mark.parametrize(
    "content",
    [
        OK,
        CHUNKED,
        b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + CHUNKED,
        [b"HTTP/1.1 200 OK\r\n\r\nhel", 0.01, b"lo", "close"],  # its end is the connection's
        [b"HTTP/1.0 200 OK\r\n\r\nhello", "close"],
    ],
)
def test_a_body_is_the_same_however_it_is_framed_and_cut(run: Any, content: Any) -> None:
    async def game(client: HttpClient) -> list[bytes]:
        return [await ask(client) for _ in range(3)]

    assert run(play(Server(content), game)) == [b"hello"] * 3
    if isinstance(content, bytes):
        bytewise = Server([content[n : n + 1] for n in range(len(content))])
        assert run(play(bytewise, game)) == [b"hello"] * 3


def test_what_is_sent(run: Any) -> None:
    server = Server(CHUNKED)

    async def game(client: HttpClient) -> None:
        response = await client.post("/chat", b"a body", wait_s=10)
        assert (response.status, response.headers["x-word"]) == (200, "a")
        assert await response.read(wait_s=10) == b"hello"
        assert "x-after" not in response.headers

    run(play(server, game))
    head, _, body = server.requests[0].partition(b"\r\n\r\n")
    line, *lines = head.decode().split("\r\n")
    told = dict(each.split(": ") for each in lines)
    assert (line, body) == ("POST /v1/chat HTTP/1.1", b"a body")
    assert told.pop("Host").startswith("127.0.0.1:")
    assert told == {
        "Accept": "*/*",
        "Accept-Encoding": "identity",
        "X-Key": "secret",
        "Content-Length": "6",
    }


@pytest.mark.parametrize(
    ("url", "line", "told"),
    [
        ("http://[::1]:81/a b/v1?k=ä", "POST /a%20b/v1/chat?k=%C3%A4 ", "Host: [::1]:81\r\n"),
        ("https://münchen.example/v1", "POST /v1/chat ", "Host: xn--mnchen-3ya.example\r\n"),
        ("http://ann:p%40ss@h:1", "POST /chat ", "Authorization: Basic YW5uOnBAc3M=\r\n"),
    ],
)
def test_addresses_of_all_kinds(url: str, line: str, told: str) -> None:
    client = HttpClient(url, {})
    assert told in client.head_of("/chat").decode()
    assert client.head_of("/chat").decode().startswith(line)


@pytest.mark.parametrize("url", ["http://host:port/v1", "http://[::1/v1", "http:///v1"])
def test_an_address_that_is_none_is_refused_at_once(url: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        HttpClient(url, {})


@pytest.mark.parametrize(
    ("content", "opened"),
    [
        (OK, 1),
        (CHUNKED, 1),
        (OK.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"), 3),
        (OK.replace(b"1.1", b"1.0"), 3),
        ([OK, "close"], 3),  # it closes without a word
    ],
)
def test_a_connection_is_used_again_where_it_may_be(run: Any, content: Any, opened: int) -> None:
    server = Server(content)

    async def game(client: HttpClient) -> None:
        for _ in range(3):
            assert await ask(client) == b"hello"
            await asyncio.sleep(0.02)  # for the server's end to be seen

    run(play(server, game))
    assert server.opened == opened


def test_one_that_was_idle_for_long_is_not_used(run: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    server = Server(OK)

    async def game(client: HttpClient) -> None:
        await ask(client)
        monkeypatch.setattr(http_client, "_IDLE_S", -1.0)
        await ask(client)

    run(play(server, game))
    assert server.opened == 2


@pytest.mark.parametrize(
    "content",
    [
        b"SSH-2.0-OpenSSH_9.6\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: five\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
        OK.replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n"),
        b"HTTP/1.1 200 OK\r\n" + b"X-Many: words\r\n" * 10_000 + b"\r\n",
        b"HTTP/1.1 200 " + b"O" * 200_000,
        [b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello", "close"],
        [b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n", "close"],
        ["close"],
    ],
)
def test_what_is_no_whole_response_is_an_error_and_ends_its_connection(
    run: Any, content: Any
) -> None:
    server = Server(content, OK)

    async def game(client: HttpClient) -> None:
        with pytest.raises((ProtocolError, ConnectionError)):
            await ask(client)
        assert client.idle() == 0
        assert await ask(client) == b"hello"

    run(play(server, game))
    assert server.opened == 2


def test_what_came_before_a_break_is_read(run: Any) -> None:
    async def game(client: HttpClient) -> bytes:
        response = await client.post("/chat", b"", wait_s=10)
        parts = [await response.read_some(wait_s=10)]
        with pytest.raises((ProtocolError, ConnectionError)):
            while True:
                parts.append(await response.read_some(wait_s=10))
        return b"".join(parts)

    broken = [b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhel", 0.01, b"lo", "close"]
    assert run(play(Server(broken), game)) == b"hello"


@pytest.mark.parametrize("late_s", [0.0, 0.02])
def test_what_nobody_asked_for_answers_no_later_request(run: Any, late_s: float) -> None:
    """Two responses to one request: the second must not be another's answer."""
    server = Server([OK, late_s, STRAY] if late_s else OK + STRAY[:-1], OK)

    async def game(client: HttpClient) -> None:
        assert await ask(client) == b"hello"
        await asyncio.sleep(3 * late_s)
        assert client.idle() == 0
        assert await ask(client) == b"hello"

    run(play(server, game))
    assert server.opened == 2


def test_a_client_that_does_not_look_what_it_asked_for_mixes_answers_up(
    run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same with a client that keeps such a connection: it shows that the check is needed."""
    monkeypatch.delattr(http_connection.Connection, "on_message_begin")

    async def game(client: HttpClient) -> None:
        assert await ask(client) == b"hello"
        assert client.idle() == 1
        with pytest.raises((TimeoutError, ProtocolError)):
            await ask(client, wait_s=0.1)

    run(play(Server(OK + STRAY[:-1], OK), game))


def test_who_waits_too_long_gives_up_and_the_connection_ends(run: Any) -> None:
    begun = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhel"
    for script in ([30.0], [begun, 30.0]):
        server = Server(script)

        async def game(client: HttpClient) -> None:
            with pytest.raises(TimeoutError):
                await ask(client, wait_s=0.05)
            assert client.idle() == 0

        run(play(server, game))


@pytest.mark.parametrize("begun", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhel"])
def test_who_is_cancelled_closes_the_connection_so_that_the_server_stops(
    run: Any, begun: bytes
) -> None:
    endless = [begun, *[0.01, b"HTTP/1.1 100 Continue\r\n\r\n" if not begun else b""] * 1000]
    server = Server([each for each in endless if each != b""])

    async def game(client: HttpClient) -> None:
        task = asyncio.create_task(ask(client))
        await asyncio.sleep(0.05)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        assert client.idle() == 0
        await asyncio.sleep(0.02)
        assert not client._all

    run(play(server, game))


def test_no_more_are_open_than_may_be_and_nobody_waits_for_ever(run: Any) -> None:
    server = Server([0.005, OK])

    async def game(client: HttpClient) -> None:
        tasks = [asyncio.create_task(ask(client)) for _ in range(40)]
        await asyncio.sleep(0.012)
        for task in tasks[1::4]:  # some who wait, and some who have one, go away
            task.cancel()
        found = await asyncio.gather(*tasks, return_exceptions=True)
        assert all(each == b"hello" for n, each in enumerate(found) if n % 4 != 1)

    run(play(server, game, connections=3))
    assert 0 < server.most_open <= 3 + 10  # of those that were dropped the server hears later


def test_a_flood_is_not_read_faster_than_it_is_wanted(run: Any) -> None:
    flood = [b"HTTP/1.1 200 OK\r\nContent-Length: 900000000\r\n\r\n", *[b"x" * 100_000] * 9000]
    server = Server(flood)

    async def game(client: HttpClient) -> None:
        response = await client.post("/chat", b"", wait_s=10)
        await asyncio.sleep(0.2)
        assert server.sent_bytes < 60_000_000  # the two sockets' buffers, and ours
        first = server.sent_bytes
        read = 0
        while read < 20_000_000:
            read += len(await response.read_some(wait_s=10))
        assert server.sent_bytes > max(first, read)
        response.close()

    run(play(server, game))


@pytest.mark.parametrize("framing", ["length", "chunks", "end"])
def test_a_whole_answer_may_be_larger_than_what_may_wait(run: Any, framing: str) -> None:
    """As vectors of many texts are: it must not be held back from who wants all of it."""
    part, count = b"x" * 100_000, 20
    heads = {
        "length": b"Content-Length: 2000000\r\n",
        "chunks": b"Transfer-Encoding: chunked\r\n",
        "end": b"",
    }
    body = [b"186A0\r\n" + part + b"\r\n"] * count if framing == "chunks" else [part] * count
    last = {"length": [], "chunks": [b"0\r\n\r\n"], "end": ["close"]}[framing]
    script = [b"HTTP/1.1 200 OK\r\n" + heads[framing] + b"\r\n", *body, *last]

    async def game(client: HttpClient) -> list[int]:
        return [len(await ask(client, 5.0)) for _ in range(2)]

    assert run(play(Server(script), game)) == [2_000_000] * 2


def test_tls_is_spoken_with_those_who_are_trusted_alone(
    run: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
         "-nodes", "-days", "1", "-subj", "/CN=test", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", str(tmp_path / "key.pem"), "-out", str(tmp_path / "cert.pem")],
        check=True, capture_output=True,
    )  # fmt: skip
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(tmp_path / "cert.pem", tmp_path / "key.pem")

    async def refused(client: HttpClient) -> None:
        with pytest.raises(ssl.SSLCertVerificationError):
            await ask(client)

    run(play(Server(CHUNKED), refused, tls=tls))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "cert.pem"))

    async def trusted(client: HttpClient) -> list[bytes]:
        return [await ask(client) for _ in range(2)]

    assert run(play(Server(CHUNKED), trusted, tls=tls)) == [b"hello"] * 2
