"""One WebSocket: what comes in goes to the desk, and what the desk says goes out."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from starlette.websockets import WebSocket, WebSocketDisconnect

from workbench.core.errors import WorkbenchError

from .doors import MALFORMED, Door
from .messages import SUBPROTOCOL
from .showing import answer_error, space_of

if TYPE_CHECKING:
    from .app import LiveApp

AT_ONCE, A_SECOND = 1000, 200
_LAST_WORDS_S = 5.0
_GONE = (WebSocketDisconnect, OSError, RuntimeError)  # the last: sent after the socket closed


class Pace:
    """How fast one connection is heard: so many messages at once, and a rate in the long run.

    Args:
        clock: Tells seconds; tests give their own.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock, self._left, self._last_s = clock, float(AT_ONCE), clock()

    def wait_s(self) -> float:
        """How long the next message has to wait."""
        now_s = self._clock()
        self._left = min(AT_ONCE, self._left + (now_s - self._last_s) * A_SECOND) - 1
        self._last_s = now_s
        return max(0.0, -self._left / A_SECOND)


async def serve_socket(live: LiveApp, websocket: WebSocket) -> None:
    """Serve a client until it or its rights are gone."""
    asked = SUBPROTOCOL in websocket.scope["subprotocols"]
    try:
        signed = await live.signed(websocket)
        door = Door(signed, space_of(websocket), acknowledges=asked)
        await live.desk.enter(door)
    except WorkbenchError as error:
        await websocket.send_denial_response(answer_error(error))
        return
    try:
        await websocket.accept(SUBPROTOCOL if asked else None)
        await _until_its_end(live, websocket, door)
    finally:
        live.desk.leave(door)


async def _until_its_end(live: LiveApp, websocket: WebSocket, door: Door) -> None:
    """Send and receive until the client goes or the door is cut off."""
    sending = asyncio.create_task(_send(websocket, door))
    tasks = [
        sending,
        asyncio.create_task(_receive(live, websocket, door)),
        asyncio.create_task(door.cut_off.wait()),
    ]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        if door.closing is not None:  # what is left goes out first, if the client takes it
            await asyncio.wait([sending], timeout=_LAST_WORDS_S)
    finally:
        for task in tasks:
            task.cancel()
        for done in await asyncio.gather(*tasks, return_exceptions=True):
            if isinstance(done, Exception) and not isinstance(done, _GONE):
                raise done


async def _send(websocket: WebSocket, door: Door) -> None:
    while True:
        await door.woken.wait()
        door.woken.clear()
        while door.waiting:
            await websocket.send_bytes(door.take())
        if door.closing is not None:
            await websocket.close(*door.closing)
            return


async def _receive(live: LiveApp, websocket: WebSocket, door: Door) -> None:
    pace = Pace()
    while door.closing is None:
        message = await websocket.receive()
        if message["type"] == "websocket.disconnect":
            return
        data = message.get("bytes")
        if not data:
            door.cut(MALFORMED, "only messages in bytes are taken")
            return
        live.desk.hear(door, data)
        # Who sends faster than can be written waits here, and so does his socket; and who sends
        # faster than anybody types, for each word of his goes to all others.
        await door.has_room.wait()
        if wait_s := pace.wait_s():
            await asyncio.sleep(wait_s)
