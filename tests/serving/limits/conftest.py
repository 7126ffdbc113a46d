"""Both stores of limits, with a real redis-server that the tests start, stop and kill."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from workbench.identity import KeyLimits, Principal
from workbench.serving.limits import LimitStore, RedisLimits, SqliteLimits
from workbench.store.database import close_all

START_S = 1_795_600_000.0  # a Wednesday in November 2026, in the morning (UTC)
LONG_S = 3600.0  # nothing is renewed behind a test's back


class RedisServer:
    """A redis-server on a free port, without a file."""

    def __init__(self, folder: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it, and wait until it answers."""
        self._process = subprocess.Popen(
            ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "",
             "--appendonly", "no", "--dir", str(self._folder)],
            stdout=subprocess.DEVNULL,
        )  # fmt: skip
        for _ in range(1000):
            with contextlib.suppress(ConnectionError):
                if self.ask("PING") == b"+PONG\r\n":
                    return
            time.sleep(0.01)
        pytest.fail("redis-server did not start")

    def ask(self, command: str) -> bytes:
        """Send one command as text and give back what came."""
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as connection:
            connection.sendall(command.encode() + b"\r\n")
            return connection.recv(65536)

    def freeze(self) -> None:
        """A black hole: connections are taken, and nothing ever comes back."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """End that."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        """End it with all that it holds."""
        if self._process is not None:
            self.thaw()
            self._process.kill()
            self._process.wait()
            self._process = None


@pytest.fixture(scope="session")
def redis_session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """One server for all tests that do not harm it."""
    if shutil.which("redis-server") is None:
        pytest.skip("needs redis-server")
    server = RedisServer(tmp_path_factory.mktemp("redis"))
    server.start()
    yield server
    server.kill()


@pytest.fixture
def redis_server(redis_session: RedisServer) -> RedisServer:
    """The server, empty."""
    redis_session.ask("FLUSHALL")
    return redis_session


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[RedisServer]:
    """A server that the test may harm."""
    if shutil.which("redis-server") is None:
        pytest.skip("needs redis-server")
    server = RedisServer(tmp_path)
    server.start()
    yield server
    server.kill()


class Stores:
    """One kind of store: makes one, and runs a test's coroutine with it."""

    def __init__(self, kind: str, make: Callable[..., LimitStore]) -> None:
        self.kind, self.make = kind, make

    def now_s(self) -> float:
        """Now, on the clock of windows and leases."""
        return time.monotonic() if self.kind == "sqlite" else time.time()

    def run(self, play: Callable[[Any], Awaitable[Any]], **given: Any) -> Any:
        """What the coroutine gives, once the store is closed again."""

        async def run() -> Any:
            store = self.make(**{"lease_s": LONG_S, **given})
            try:
                return await play(store)
            finally:
                await store.close()

        return asyncio.run(run())


@pytest.fixture(params=["sqlite", "redis"])
def stores(request: pytest.FixtureRequest, home: Path) -> Iterator[Stores]:
    """Each kind of store by turns."""
    if request.param == "sqlite":
        yield Stores("sqlite", SqliteLimits)
    else:
        server = request.getfixturevalue("redis_server")
        yield Stores("redis", lambda **given: RedisLimits(server.url, **given))
    close_all()


def key(key_id: str = "key_1", **limits: Any) -> Principal:
    """A principal with these limits."""
    return Principal(key_id, "ci", "local", "user", frozenset(), None, KeyLimits(**limits))


def environment(home: Path) -> dict[str, str]:
    """What a process of its own needs to see the same home."""
    return {**os.environ, "WORKBENCH_HOME": str(home)}
