"""What comes back from an isolated program: bounded, and read as data from a stranger."""

from __future__ import annotations

import contextlib
import json
import threading
from typing import IO, Any

_CHUNK_BYTES = 1 << 16
_JOIN_S = 5.0
STARTED = b"started\n"


class Reader:
    """Reads a pipe to its end in a thread of its own, and keeps the first ``most_bytes``.

    The rest is read and dropped: a program that writes without end neither fills our memory nor
    stands still.
    """

    def __init__(self, pipe: IO[bytes], *, most_bytes: int) -> None:
        self._pipe, self._most_bytes = pipe, most_bytes
        self._kept = bytearray()
        self.cut = False
        self._thread = threading.Thread(target=self._read, daemon=True, name="sandbox-reader")
        self._thread.start()

    def _read(self) -> None:
        with contextlib.suppress(OSError, ValueError), self._pipe:
            while chunk := self._pipe.read1(_CHUNK_BYTES):  # type: ignore[attr-defined]
                room = self._most_bytes - len(self._kept)
                self._kept += chunk[:room]
                self.cut = self.cut or len(chunk) > room

    @property
    def content(self) -> bytes:
        """What was kept so far."""
        return bytes(self._kept)

    @property
    def text(self) -> str:
        """What was kept so far, as text."""
        return self.content.decode("utf-8", "replace")

    def join(self) -> None:
        """Wait for the end. A process that got away may hold the pipe: not for ever."""
        self._thread.join(_JOIN_S)


def read_answer(content: bytes) -> tuple[dict[str, Any], dict[str, bytes]]:
    """What the supervisor said at the end, and the files; nothing of it if it makes no sense."""
    head, _, body = content.partition(b"\n")
    try:
        said = json.loads(head)
        files, start = {}, 0
        for name, size in said["files"]:
            if not isinstance(name, str) or not isinstance(size, int) or size < 0:
                return {}, {}
            files[name] = body[start : start + size]
            start += size
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}, {}
    return said, files
