"""The line on which the processes of a run talk with the one that started them.

A message is one line of JSON with a ``kind``. It goes over a Unix socket in a folder that only its
owner can enter, from another machine through a relay.
"""

from __future__ import annotations

import contextlib
import json
import selectors
import socket
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from workbench.finetuning.distributed.cluster.relay import call

ADDRESS = "WORKBENCH_DISTRIBUTED_LINE"


class Line:
    """A process's end.

    Args:
        address: The socket's path, or that of a relay.
        rank: Which process this is; -1 is the one that starts and watches the others.
    """

    def __init__(self, address: str, rank: int) -> None:
        self._socket = call(address)
        self._file, self._rank = self._socket.makefile("rw", encoding="utf-8"), rank
        self._lock = threading.Lock()

    def tell(self, kind: str, **data: Any) -> None:
        """Say something. Raises OSError if nobody listens any more."""
        with self._lock:
            self._file.write(json.dumps({"kind": kind, "rank": self._rank, **data}) + "\n")
            self._file.flush()

    def ask(self, kind: str) -> str:
        """Ask, and wait for a word; "" if nobody is there any more."""
        self.tell(kind)
        return self._file.readline().strip()

    def close(self) -> None:
        """Hang up."""
        self._file.close()
        self._socket.close()


class Switchboard:
    """The other end, where all lines come together."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="workbench-")
        self.address = str(Path(self._folder.name) / "line")
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(self.address)
        self._listener.listen()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._listener, selectors.EVENT_READ)
        self._rests: dict[socket.socket, bytes] = {}

    def hear(self, timeout_s: float) -> Iterator[tuple[dict[str, Any], socket.socket]]:
        """What was said until now, waiting so long for the first word: messages and their lines."""
        for key, _ in self._selector.select(timeout_s):
            if key.fileobj is self._listener:
                caller, _ = self._listener.accept()
                self._rests[caller] = b""
                self._selector.register(caller, selectors.EVENT_READ)
                continue
            caller = key.fileobj  # type: ignore[assignment]
            try:
                content = caller.recv(1 << 20)
            except ConnectionError:
                content = b""
            if not content:
                self._drop(caller)
                continue
            *whole, self._rests[caller] = (self._rests[caller] + content).split(b"\n")
            for line in whole:
                yield json.loads(line), caller

    def has_more(self) -> bool:
        """Whether something was said that nobody has heard yet."""
        return bool(self._selector.select(0))

    def answer(self, caller: socket.socket, word: str) -> None:
        """Say a word to one that asked; one that is gone does not hear it."""
        with contextlib.suppress(OSError):
            caller.sendall(word.encode() + b"\n")

    def close(self) -> None:
        """Hang up."""
        for caller in list(self._rests):
            self._drop(caller)
        self._selector.close()
        self._listener.close()
        self._folder.cleanup()

    def _drop(self, caller: socket.socket) -> None:
        self._selector.unregister(caller)
        del self._rests[caller]
        caller.close()
