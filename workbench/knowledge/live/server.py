"""The server of live pages: uvicorn on an address of this machine."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import logging
import signal
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.core import events
from workbench.core.errors import EngineError
from workbench.core.listening import address_of, listen
from workbench.core.optional import require_installed
from workbench.core.viewers import Viewable
from workbench.store.database import Database

from .messages import MOST_UPDATE_BYTES

_PING_S = 20.0
_MOST_CONNECTIONS = 2000


@dataclass(frozen=True)
class ServedPages(Viewable):
    """A server of live pages that has ended."""

    url: str


class LiveServer:
    """Live pages on an address. ``run`` serves in the calling thread until ``stop`` or a signal.

    Args:
        host: An address or name of this machine; another than loopback needs ``allow_remote``.
        port: 0 takes a free one.
        allow_remote: Let other machines reach it, without encryption of its own.
        hosts: Further names that requests may give it.
        secure: Whether something before it speaks TLS, so that cookies are for that alone.
        database: The store, by default that of WORKBENCH_HOME.

    Raises:
        ConflictError: The port is taken.
        DependencyError: What it needs is not installed.
        InputError: The address is not this machine's, or open to others without leave.
    """

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        allow_remote: bool = False,
        hosts: Sequence[str] = (),
        secure: bool = False,
        database: Database | None = None,
    ) -> None:
        for module in ("pycrdt", "starlette", "uvicorn", "websockets"):
            require_installed(module, extra="knowledge")
        self._socket = listen(host, port, allow_remote=allow_remote, what="the server")
        self.url = address_of(host, self._socket)
        self._hosts = ("localhost", "127.0.0.1", "::1", host, *hosts)
        self._secure, self._database = secure, database
        self._uvicorn: Any = None
        self._stopping = False
        self.ready, self.ended = threading.Event(), threading.Event()

    def run(self) -> ServedPages:
        """Serve until told to stop; what was heard until then is written first."""
        try:
            asyncio.run(self._serve())
        finally:
            self._socket.close()
            self.ended.set()
        return ServedPages(self.url)

    def stop(self) -> None:
        """Begin the end, from any thread."""
        self._stopping = True
        if self._uvicorn is not None:
            self._uvicorn.should_exit = True

    async def _serve(self) -> None:
        import uvicorn

        from .app import build_app
        from .desk import Desk

        logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
        desk = Desk(self._database)
        config = uvicorn.Config(
            build_app(desk, hosts=self._hosts, secure=self._secure),
            ws="websockets-sansio",
            ws_max_size=MOST_UPDATE_BYTES + 64,  # and what stands before it
            ws_ping_interval=_PING_S,
            ws_ping_timeout=_PING_S,
            ws_per_message_deflate=False,  # a few bytes could come to as many as the limit
            lifespan="on",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=5,
            limit_concurrency=_MOST_CONNECTIONS,
        )

        class Server(uvicorn.Server):
            """It sends itself each signal again at its end otherwise."""

            @contextlib.contextmanager
            def capture_signals(self) -> Iterator[None]:
                """Leave the signals to `_end_by_signals`."""
                yield

        server = self._uvicorn = Server(config)
        server.should_exit = self._stopping
        self._end_by_signals()
        telling = asyncio.create_task(self._tell_ready(server))
        try:
            await server.serve(sockets=[self._socket])
        finally:
            telling.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await telling
        events.emit("knowledge.live_ended", url=self.url)

    def _end_by_signals(self) -> None:
        """SIGTERM and SIGINT end it in order; in a thread of a notebook they are others'."""
        if threading.current_thread() is threading.main_thread():
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, self.stop)

    async def _tell_ready(self, server: Any) -> None:
        while not server.started:
            await asyncio.sleep(0.01)
        self.ready.set()
        events.emit("knowledge.live_ready", url=self.url)


@contextlib.contextmanager
def serving(**options: Any) -> Iterator[LiveServer]:
    """Live pages in a thread of this process, for a notebook or a test, for a ``with`` block.

    Args:
        options: Of ``LiveServer``; by default a free port of 127.0.0.1.
    """
    server = LiveServer(**options)
    faults: list[BaseException] = []

    def run() -> None:
        try:
            server.run()
        except BaseException as error:  # noqa: BLE001 - raised in the thread that waits
            faults.append(error)

    context = contextvars.copy_context()
    thread = threading.Thread(target=context.run, args=(run,), name="live pages", daemon=True)
    thread.start()
    try:
        while not server.ready.wait(0.05):
            if server.ended.is_set():
                raise faults[0] if faults else EngineError("the server ended before it was ready")
        yield server
    finally:
        server.stop()
        thread.join()
    if faults:
        raise faults[0]
