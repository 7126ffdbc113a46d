"""Server-sent events as they are read: bytes in any pieces to the data of each event."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.core.errors import EngineError

_MOST_BYTES = 8 << 20  # of one event


class EventReader:
    """Puts the bytes of a stream together to events (WHATWG HTML, section 9.2.6)."""

    def __init__(self) -> None:
        self._rest = b""
        self._data: list[bytes] = []

    def feed(self, received: bytes) -> Iterator[bytes]:
        """The data of each event that is whole now."""
        lines = (self._rest + received).split(b"\n")
        self._rest = lines.pop()
        if len(self._rest) > _MOST_BYTES:
            raise EngineError("an event of a stream is larger than 8 MiB", http_status=502)
        for line in lines:
            if line.endswith(b"\r"):
                line = line[:-1]
            if not line:
                if self._data:
                    data, self._data = self._data, []
                    yield b"\n".join(data) if len(data) > 1 else data[0]
            elif line.startswith(b"data:"):
                self._data.append(line[6:] if line[5:6] == b" " else line[5:])
