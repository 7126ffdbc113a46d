"""A transport that sends at once what was written in one turn of the loop.

uvicorn writes the head and the body of a response one after the other, each a system call; events
that were made in the same turn are as many. Written together they are one.
"""

from __future__ import annotations

import asyncio
from typing import Any


class Corked:
    """Stands in front of a connection's transport.

    Args:
        transport: Where it all goes.
        loop: Of the connection.
    """

    __slots__ = ("_held", "_loop", "_transport", "is_closing")

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport, self._loop = transport, loop
        self.is_closing = transport.is_closing
        self._held: list[bytes] = []

    def write(self, data: bytes) -> None:
        """Send at the end of this turn."""
        if not self._held:
            self._loop.call_soon(self.flush)
        self._held.append(data)

    def write_now(self, data: bytes) -> None:
        """Send at once, after what is held."""
        if self._held:
            self._held.append(data)
            self.flush()
        elif not self.is_closing():
            self._transport.write(data)

    def flush(self) -> None:
        """Send now."""
        held, self._held = self._held, []
        if held and not self.is_closing():
            self._transport.write(held[0] if len(held) == 1 else b"".join(held))

    def close(self) -> None:
        """Send what is held, then close."""
        self.flush()
        self._transport.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
