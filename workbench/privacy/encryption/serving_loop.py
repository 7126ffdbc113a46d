"""Serving in the foreground, until Ctrl-C, SIGTERM or a caller's cancel."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from workbench.core import events
from workbench.core.cancellation import check_cancelled

from .server import EncryptedServer, ServedModel

READY = "privacy.encryption_ready"
_POLL_S = 0.1


def serve_until_stopped(folder: Path, *, keys: Path | None, port: int) -> ServedModel:
    """See ``operations.serve``."""
    server = EncryptedServer(folder, keys=keys, port=port)
    stop = threading.Event()
    thread = threading.Thread(target=server.serve, name="encrypted-server", daemon=True)
    with _signals(stop):
        thread.start()
        try:
            events.emit(READY, url=server.url, plan=server.plan.sha256, name=server.plan.name)
            while not stop.wait(_POLL_S):
                check_cancelled()
        finally:
            server.close()
            thread.join()
    return server.told()


@contextmanager
def _signals(stop: threading.Event) -> Iterator[None]:
    """Ctrl-C and SIGTERM end the serving, where this thread may say so."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def receive(number: int, frame: object) -> None:
        stop.set()

    before = {each: signal.signal(each, receive) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
