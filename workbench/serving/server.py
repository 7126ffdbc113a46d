"""Starting and ending the gateway: the socket, the signals, the draining."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import gc
import logging
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

import uvicorn

from workbench.core import events, settings
from workbench.core.errors import EngineError
from workbench.core.listening import address_of, listen
from workbench.serving.app import build_app
from workbench.serving.connection import connection_class
from workbench.serving.gateway import Gateway
from workbench.serving.key_file import owner_key, passing_key_file, take_back
from workbench.serving.limits.opening import open_limits
from workbench.serving.running import announce, withdraw
from workbench.serving.settings import ServingSettings, read_settings
from workbench.serving.watching import watch_over

log = logging.getLogger(__name__)
_FORCED_STATUS = 130
_left_open: dict[GatewayServer, Callable[[], None]] = {}
_registered = threading.Event()


@dataclass(frozen=True)
class Served:
    """What a gateway did from start to end."""

    url: str
    requests: int


class _Uvicorn(uvicorn.Server):
    """uvicorn without signal handling of its own: it would send each signal again at its end."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signals alone."""
        yield


class GatewayServer:
    """A gateway on an address. ``run`` serves in the calling thread until ``stop`` or a signal.

    Args:
        host: An address or name of this machine; another than loopback needs ``allow_remote``.
        port: 0 takes a free one.
        key_file: Holds the owner's key, or will.
        allow_remote: Let other machines reach it.
        chosen: The gateway's settings; those of ``workbench.toml`` if None.

    Raises:
        ConflictError: The port is taken.
        InputError: The address is not this machine's, or open to others without leave.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        key_file: Path,
        allow_remote: bool = False,
        chosen: ServingSettings | None = None,
    ) -> None:
        self._chosen = chosen or read_settings()
        self._socket = listen(host, port, allow_remote=allow_remote, what="the gateway")
        try:
            self.key = owner_key(key_file)
        except BaseException:
            self._socket.close()
            raise
        self._key_file = key_file
        self.url = address_of(host, self._socket)
        self._host = host
        self._drain_s: float = settings.get("drain_s")
        self._uvicorn: _Uvicorn | None = None
        self._stopping = self._alone = False
        self.ready = threading.Event()
        self.ended = threading.Event()

    def run(self, *, alone: bool = False) -> Served:
        """Serve until told to stop, then let the answers in work come to their end.

        Args:
            alone: The process is the gateway's own. What it has loaded when it is ready is kept
                from the garbage collector then, which would look through all of it every few
                thousand requests and hold everybody up for a tenth of a second.

        Raises:
            WorkbenchError: A model that is loaded at the start could not be.
        """
        import uvloop

        self._alone = alone
        try:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                return runner.run(self._serve())
        finally:
            self._socket.close()
            if alone:
                gc.unfreeze()
            self.ended.set()

    def stop(self) -> None:
        """Begin the end, from any thread."""
        self._stopping = True
        if self._uvicorn is not None:
            self._uvicorn.should_exit = True

    async def _serve(self) -> Served:
        # One line for each request that is none would fill a disk; `/metrics` counts refusals.
        logging.getLogger("uvicorn.error").setLevel(logging.ERROR)
        # The loop keeps a list of generators that were begun, to end those that are left at its own
        # end; here each stands in a ``with`` block that ends it, and there are six to a request.
        sys.set_asyncgen_hooks(firstiter=None)
        gateway = Gateway(self._chosen, limits=await open_limits())
        server = self._uvicorn = _Uvicorn(self._configure(gateway))
        server.should_exit = self._stopping
        running = announce(self.url, self._key_file)
        starting = asyncio.create_task(self._start(gateway, server))
        watching = watch_over(gateway)
        try:
            with self._signals(gateway):
                events.emit("serving.listening", url=self.url, key_file=str(self._key_file))
                await server.serve(sockets=[self._socket])
        finally:
            withdraw(running)
            await asyncio.to_thread(watching.stop)
            starting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await starting
        if gateway.failed is not None:
            raise gateway.failed
        events.emit("serving.ended", url=self.url)
        return Served(self.url, server.server_state.total_requests)

    def _configure(self, gateway: Gateway) -> uvicorn.Config:
        chosen = self._chosen
        connection = connection_class(
            max_header_bytes=chosen.max_header_bytes,
            header_timeout_s=chosen.header_timeout_s,
            max_connections=chosen.max_connections,
        )
        # Said to be whole numbers; asyncio, which they are handed to, takes any.
        timeouts: dict[str, Any] = {
            "timeout_keep_alive": chosen.idle_timeout_s,
            "timeout_graceful_shutdown": self._drain_s,
        }
        return uvicorn.Config(
            build_app(gateway, host=self._host),
            http=connection,
            interface="asgi3",
            ws="none",
            lifespan="on",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            **timeouts,
        )

    async def _start(self, gateway: Gateway, server: _Uvicorn) -> None:
        try:
            await gateway.start()
        except Exception as error:  # noqa: BLE001 - raised by `run`, once the server has ended
            if not self._stopping:  # else the end came while a model was being loaded
                gateway.failed = error
                server.should_exit = True
            return
        if self._alone:
            gc.collect()
            gc.freeze()
        self.ready.set()
        events.emit("serving.ready", url=self.url)

    def _tell_end(self, gateway: Gateway) -> None:
        events.emit("serving.ending", answers=gateway.accounts.under_way, drain_s=self._drain_s)

    @contextlib.contextmanager
    def _signals(self, gateway: Gateway) -> Iterator[None]:
        """SIGTERM and SIGINT drain; a second one ends the process at once."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        loop, context = asyncio.get_running_loop(), contextvars.copy_context()

        def receive(number: int, frame: FrameType | None) -> None:
            if self._stopping:
                log.warning("got signal %d again: answers in work are cut off", number)
                os._exit(_FORCED_STATUS)  # the models' processes end when their input closes
            log.info(
                "got signal %d: no new request, answers go on up to %g s", number, self._drain_s
            )
            loop.call_soon_threadsafe(self._tell_end, gateway, context=context)
            self.stop()

        before = {each: signal.signal(each, receive) for each in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for each, handler in before.items():
                signal.signal(each, handler)


@contextlib.contextmanager
def serving(**options: Any) -> Iterator[GatewayServer]:
    """A gateway in a thread of this process, for a notebook or a test, for a ``with`` block.

    Args:
        options: Of ``GatewayServer``; by default a free port of 127.0.0.1, with the owner's key
            in WORKBENCH_HOME. If there is none, one is made that is revoked at the end, and
            refused after a day.

    A notebook may leave the block open: the gateway ends with the interpreter then.
    """
    # What is set for a block in the caller's thread holds for the gateway's as well, and at the
    # end for its key, which may come once that block was left.
    context = contextvars.copy_context()
    passing = "key_file" not in options and not default_key_file().is_file()
    key_file = passing_key_file() if passing else default_key_file()
    server = GatewayServer(**{"host": "127.0.0.1", "port": 0, "key_file": key_file, **options})
    faults: list[BaseException] = []

    def run() -> None:
        try:
            server.run()
        except BaseException as error:  # noqa: BLE001 - raised in the thread that waits
            faults.append(error)

    thread = threading.Thread(target=context.copy().run, args=(run,), name="gateway")

    def end() -> None:
        server.stop()
        thread.join()
        if passing:
            context.run(take_back, key_file)

    thread.start()
    _end_with_interpreter(server, end)
    try:
        while not server.ready.wait(0.05):
            if server.ended.is_set():
                thread.join()
                raise faults[0] if faults else EngineError("the gateway ended before it was ready")
        yield server
    finally:
        _left_open.pop(server, None)
        end()
    if faults:
        raise faults[0]


def _end_with_interpreter(server: GatewayServer, end: Callable[[], None]) -> None:
    """Have a gateway ended when the interpreter ends, should its block still be open.

    A kernel that is shut down leaves no block: it would wait for the gateway's thread until it is
    killed, and the key and the word that a gateway runs would stay. ``atexit`` comes too late, when
    that thread was waited for. These functions run before, the last registered first; the gateway
    needs the executor's threads to end, so theirs has to be registered by then.
    """
    import concurrent.futures.thread  # noqa: F401 - registers its own

    register = getattr(threading, "_register_atexit", None)  # CPython's own, without a promise
    if register is not None and not _registered.is_set():
        register(_end_left_open)
        _registered.set()
    _left_open[server] = end


def _end_left_open() -> None:
    for end in list(_left_open.values()):
        end()


def default_key_file() -> Path:
    """Where the owner's key is if nobody says otherwise."""
    return settings.home() / "serving" / "owner.key"
