"""No client gets its last byte before its settlement is on the disk, nor a whole answer's first."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import sqlite3
import threading
import urllib.parse
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from workbench.serving.accounts import Account
from workbench.serving.server import serving
from workbench.serving.settings import ServingSettings, UpstreamSettings
from workbench.store.database import Database

from .conftest import Client
from .upstreams import Upstream

LOOK_S = 0.3  # so long nothing may come; a gateway that does not wait answers within a hundredth


@pytest.fixture
def client(home: Path) -> Iterator[Client]:
    """Of a gateway in this process, in front of an upstream with a fixed answer."""
    upstream = Upstream()
    far = UpstreamSettings("far", upstream.url, {"words": "words"})
    with serving(chosen=ServingSettings(load_at_start=(), upstreams={"far": far})) as server:
        yield Client(server.url, server.key)
    upstream.close()


@contextlib.contextmanager
def disk_held(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """The usage log's thread stands before the end of its transaction until it is let go."""
    let_go, real = threading.Event(), Database.transaction

    @contextlib.contextmanager
    def transaction(self: Database) -> Iterator[sqlite3.Connection]:
        with real(self) as connection:
            yield connection
            if threading.current_thread().name == "usage-log":
                let_go.wait(30)

    monkeypatch.setattr(Database, "transaction", transaction)
    try:
        yield let_go
    finally:
        let_go.set()


def ask(client: Client, **more: Any) -> socket.socket:
    """Send a chat; its connection."""
    place = urllib.parse.urlsplit(client.url)
    assert place.hostname is not None and place.port is not None
    connection = socket.create_connection((place.hostname, place.port), timeout=LOOK_S)
    said = [{"role": "user", "content": "Go"}]
    body = json.dumps({"model": "words", "messages": said, **more}).encode()
    head = f"POST /v1/chat/completions HTTP/1.1\r\nHost: {place.netloc}\r\n"
    head += f"Authorization: Bearer {client.key}\r\nContent-Length: {len(body)}\r\n\r\n"
    connection.sendall(head.encode() + body)
    return connection


def read(connection: socket.socket) -> bytes:
    """What comes until nothing more does for a while."""
    found = b""
    with contextlib.suppress(TimeoutError):
        while part := connection.recv(1 << 16):
            found += part
    return found


def settled(home: Path) -> int:
    """The rows that another process would find."""
    with contextlib.closing(sqlite3.connect(home / "store.sqlite")) as other:
        return int(other.execute("SELECT count(*) FROM usage").fetchone()[0])


WISHES: list[dict[str, Any]] = [
    {},
    {"temperature": 0, "workbench": {"cache": "on"}},  # a run that others may join
    {"stream": True},
    {"stream": True, "temperature": 0, "workbench": {"cache": "on"}},
]


@pytest.mark.parametrize("wish", WISHES)
def test_the_last_byte_waits_for_the_disk(
    client: Client, home: Path, monkeypatch: pytest.MonkeyPatch, wish: dict[str, Any]
) -> None:
    with disk_held(monkeypatch) as let_go, ask(client, **wish) as connection:
        before = read(connection)
        assert settled(home) == 0
        if wish.get("stream"):
            assert b"data: " in before and b"[DONE]" not in before
        else:
            assert before == b""
        let_go.set()
        connection.settimeout(30)
        after = connection.recv(1 << 16)
        assert settled(home) == 1
        assert b"[DONE]" in after if wish.get("stream") else after.startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize("wish", WISHES[:2])
def test_a_gateway_that_does_not_wait_is_found_out(
    client: Client, home: Path, monkeypatch: pytest.MonkeyPatch, wish: dict[str, Any]
) -> None:
    """It writes the row all the same, but says nothing of it to who sends the answer."""
    real = Account.begin_settling

    def hasty(self: Account, **given: Any) -> Any:
        real(self, **given)
        done = asyncio.get_running_loop().create_future()
        done.set_result(True)
        return done

    monkeypatch.setattr(Account, "begin_settling", hasty)
    with disk_held(monkeypatch), ask(client, **wish) as connection:
        assert read(connection).startswith(b"HTTP/1.1 200")
        assert settled(home) == 0


def test_a_client_who_leaves_meanwhile_is_settled_all_the_same(
    client: Client, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with disk_held(monkeypatch) as let_go:
        with ask(client) as connection:
            assert read(connection) == b""
        with ask(client) as other:  # the loop goes on meanwhile
            assert read(other) == b""
            let_go.set()
            other.settimeout(30)
            assert other.recv(1 << 16).startswith(b"HTTP/1.1 200")
    assert settled(home) == 2
    told = client.request("GET", "/metrics").body.decode()
    assert 'status="499"' in told and 'status="200"' in told
    assert "workbench_settlements_waiting 0.0" in told
