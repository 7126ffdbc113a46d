"""A line between two programs that is cut after so many bytes, and counts them."""

from __future__ import annotations

import contextlib
import random
import socket
import threading


class CuttingLine:
    """A loopback port that leads to another one; each connection is cut when its luck runs out.

    Args:
        port: Where it leads.
        draw: Gives how many bytes from there a connection carries; None cuts nothing.
    """

    def __init__(self, port: int, draw: random.Random | None, *, most_bytes: int = 200_000) -> None:
        self.port, self.draw, self.most_bytes = port, draw, most_bytes
        self.bytes_back = self.bytes_there = self.cuts = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    @property
    def address(self) -> str:
        """Where it begins."""
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}/"

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", self.port))
            left = self.draw.randrange(self.most_bytes) if self.draw else None
            up = self.draw.randrange(self.most_bytes) if self.draw else None
            for source, target, there, budget in ((near, far, True, up), (far, near, False, left)):
                threading.Thread(
                    target=self._carry, args=(source, target, there, budget), daemon=True
                ).start()

    def _carry(
        self, source: socket.socket, target: socket.socket, there: bool, budget: int | None
    ) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(1 << 14):
                cut = budget is not None and len(data) >= budget
                data = data[:budget] if cut else data
                target.sendall(data)
                if there:
                    self.bytes_there += len(data)
                else:
                    self.bytes_back += len(data)
                if cut:
                    self.cuts += 1
                    break
                budget = None if budget is None else budget - len(data)
        for each in (source, target):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
        source.close()  # the other direction, which this has woken, closes its own

    def close(self) -> None:
        """No more connections."""
        self._listener.close()
