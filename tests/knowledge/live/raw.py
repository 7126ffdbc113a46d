"""A client that speaks the messages by hand, and does what no honest one would."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Sequence
from typing import Any

import pycrdt
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from workbench.knowledge.live.messages import (
    AWARENESS,
    STEP1,
    STEP2,
    SUBPROTOCOL,
    SYNC,
    UPDATE,
    Cursor,
    awareness_message,
    sync_message,
    write_block,
    write_integer,
)


class RawClient:
    """One connection, and a document of its own that nothing is applied to by itself."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.doc: Any = pycrdt.Doc()
        self.source = self.doc.get("source", type=pycrdt.Text)

    def send(self, data: bytes) -> None:
        """Send bytes as they are."""
        self.socket.send(data)

    def heard(self, *, timeout_s: float = 2.0, until: int | None = None) -> list[bytes]:
        """All that comes within the time, or up to the first message of a kind."""
        found: list[bytes] = []
        with contextlib.suppress(TimeoutError):
            while True:
                data = self.socket.recv(timeout=timeout_s)
                assert isinstance(data, bytes)
                found.append(data)
                if until is not None and data[0] == until:
                    break
        return found

    def join(self) -> None:
        """Ask for the page and take it in."""
        self.send(sync_message(STEP1, self.doc.get_state()))
        while True:
            cursor = Cursor(self.socket.recv(timeout=10))  # type: ignore[arg-type]
            if cursor.integer() == SYNC and cursor.integer() == STEP2:
                self.doc.apply_update(cursor.block())
                return

    def written(self, text: str) -> bytes:
        """The update of writing a text at the front."""
        before = self.doc.get_state()
        self.source.insert(0, text)
        update: bytes = self.doc.get_update(before)
        return update

    def write(self, text: str, *, step: int = UPDATE) -> None:
        """Write a text at the front, whether one may or not."""
        self.send(sync_message(step, self.written(text)))

    def show(self, state: dict[str, Any] | None, *, clock: int = 1, client: int = 0) -> None:
        """Say where one is."""
        parts = (1, client or self.doc.client_id, clock)
        body = b"".join(map(write_integer, parts)) + write_block(json.dumps(state).encode())
        self.send(awareness_message(body))

    def closed(self, *, timeout_s: float = 10.0) -> int | None:
        """The code that the connection is closed with, if it is in time."""
        try:
            while True:
                self.socket.recv(timeout=timeout_s)
        except TimeoutError:
            return None
        except ConnectionClosed as error:
            return error.rcvd.code if error.rcvd else 1006


@contextlib.contextmanager
def raw(
    url: str,
    space: str,
    *,
    token: str | None = None,
    headers: Sequence[tuple[str, str]] = (),
    acknowledges: bool = True,
    path: str = "/live/page",
) -> Iterator[RawClient]:
    """A connection for a ``with`` block. Raises what websockets raises if it is refused."""
    shown = [*headers, *([("Authorization", f"Bearer {token}")] if token else [])]
    with connect(
        url.replace("http", "ws", 1) + path + space,
        additional_headers=shown,
        subprotocols=[SUBPROTOCOL] if acknowledges else None,  # type: ignore[list-item]
        compression=None,
        proxy=None,
        max_size=None,
        close_timeout=1,
    ) as socket:
        yield RawClient(socket)


def presences(messages: Sequence[bytes]) -> dict[int, Any]:
    """What messages said of who is there, the last word of each client."""
    found: dict[int, Any] = {}
    for data in messages:
        cursor = Cursor(data)
        if cursor.integer() == AWARENESS:
            body = Cursor(cursor.block())
            for _ in range(body.count()):
                client, _, text = body.integer(), body.integer(), body.text()
                found[client] = json.loads(text)
    return found
