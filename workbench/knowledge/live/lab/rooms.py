"""The sockets of JupyterLab's documents, and the one on which it says who is here at all.

A document's socket is a door to the desk, as one of ``workbench knowledge live serve`` is: rights
are asked at each update, in the transaction that writes it. JupyterLab adds one message, to save,
and ends a connection on which it hears nothing for half a minute.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import Any

from jupyter_server.base.handlers import JupyterHandler
from tornado import web
from tornado.websocket import WebSocketClosedError, WebSocketHandler

from workbench.core.errors import AccessError, InputError, NotFoundError, WorkbenchError
from workbench.identity.web.asking import is_of_server

from ..connection import Pace
from ..doors import MALFORMED, SIGNED_OUT, Door
from ..messages import (
    ASK_AWARENESS,
    AWARENESS,
    MOST_UPDATE_BYTES,
    REFUSED,
    Cursor,
    awareness_message,
    read_message,
    write_block,
)
from ..presence import Presence
from .gate import shows_bearer, who_asks

_ALIVE_S = 12.0  # so often something is said
_ALIVE = awareness_message(b"\x00")  # that nobody came or went


class LiveSocket(WebSocketHandler, JupyterHandler):
    """What both sockets share: from where they are opened, and how much they take."""

    live: Any

    async def prepare(self, **_: Any) -> None:
        """Know who asks."""
        self.live = self.settings["workbench_live"]
        await JupyterHandler.prepare(self, _redirect_to_login=False)

    @property
    def max_message_size(self) -> int:
        """The largest update, and what stands before it."""
        return MOST_UPDATE_BYTES + 64

    def check_origin(self, origin: str = "") -> bool:
        """A browser's session opens a socket for a page of this server alone."""
        if shows_bearer(self.request):
            return True
        return is_of_server(origin, self.request.host)

    def require_own_page(self) -> None:
        """Raise HTTPError where a cookie comes without the word of whose page it is."""
        if not shows_bearer(self.request) and not self.request.headers.get("Origin"):
            raise web.HTTPError(403, "a session is shown without the page that shows it")

    async def stay_alive(self) -> None:
        """Say something now and then, until the connection is gone."""
        with contextlib.suppress(WebSocketClosedError):
            while True:
                await asyncio.sleep(_ALIVE_S)
                await self.write_message(_ALIVE, binary=True)


class RoomSocket(LiveSocket):
    """One document. Its name is ``FORMAT:TYPE:NUMBER``, as ``SessionAnswer`` gave it."""

    async def get(self, room: str) -> None:
        """Open the door, and then the socket."""
        self.require_own_page()
        try:
            signed = who_asks(self.request, self.live.sessions)
            space, kind = await self._found(room)
            self.door = Door(signed, space)
            self.live.doorkeeper.authority.require(signed, space, "read")
            await self.live.keeper.open(space, kind)
            await self.live.desk.enter(self.door)
        except NotFoundError as error:
            raise web.HTTPError(404, str(error)) from None
        except InputError as error:
            raise web.HTTPError(400, str(error)) from None
        except WorkbenchError as error:
            raise web.HTTPError(403, str(error)) from None
        self._pace = Pace()
        try:
            await super().get()
        except BaseException:
            self.live.desk.leave(self.door)
            raise

    async def _found(self, room: str) -> tuple[str, str]:
        parts = room.split(":")
        if len(parts) != 3 or not parts[2].isascii() or not parts[2].isdigit():
            raise NotFoundError("there is no such document")
        space = await self.live.desk.space_at(int(parts[2]))
        if space is None:
            raise NotFoundError("there is no such document")
        return space, "notebook" if parts[1] == "notebook" else "file"

    def open(self, *args: str, **kwargs: str) -> None:
        """Begin to send."""
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._send()), loop.create_task(self.stay_alive())]

    async def on_message(self, message: str | bytes) -> None:
        """Hear one message, and the next once there is room."""
        door = self.door
        if door.closing is not None:
            return
        if isinstance(message, str) or not message:
            door.cut(MALFORMED, "only messages in bytes are taken")
            return
        if message[0] == REFUSED:  # JupyterLab's own messages have this number
            await self._save(message)
            return
        self.live.desk.hear(door, message)
        await door.has_room.wait()
        if wait_s := self._pace.wait_s():
            await asyncio.sleep(wait_s)

    async def _save(self, message: bytes) -> None:
        """What was typed is stored already; now the file is written, if its reader may write."""
        cursor = Cursor(message)
        try:
            cursor.integer()
            if cursor.text() != "save":
                return
            number = cursor.integer()
        except InputError as error:
            self.door.cut(MALFORMED, str(error))
            return
        status = "failed"
        if self.door.rights.edit:
            try:
                await self.live.keeper.write(self.door.space)
                status = "success"
            except (WorkbenchError, web.HTTPError, OSError) as error:
                self.log.warning("%s could not be saved: %s", self.door.space, error)
        said = json.dumps({"type": "save", "responseTo": number, "status": status})
        self.door.push(bytes((REFUSED,)) + write_block(said.encode()))

    async def _send(self) -> None:
        door = self.door
        with contextlib.suppress(WebSocketClosedError):
            while True:
                await door.woken.wait()
                door.woken.clear()
                while door.waiting:
                    await self.write_message(door.take(), binary=True)
                if door.closing is not None:
                    self.close(*door.closing)
                    return

    def on_close(self) -> None:
        """Close the door."""
        self.live.desk.leave(self.door)
        for task in getattr(self, "_tasks", []):
            task.cancel()


class Everybody:
    """Who has JupyterLab open. Which documents each has is not told: not all may know of them."""

    def __init__(self) -> None:
        self.presence = Presence()
        self.sockets: dict[int, EverybodySocket] = {}
        self._next = 0

    def enter(self, socket: EverybodySocket) -> int:
        """Come in, and be told who is here."""
        self._next += 1
        self.sockets[self._next] = socket
        if here := self.presence.all():
            socket.tell(here)
        return self._next

    def hear(self, number: int, data: bytes, user: str) -> None:
        """Take what a socket says of itself. Raises InputError if it is malformed."""
        told = self.presence.hear(data, door=number, user=user)
        for each in self.presence.clients.values():
            if each.state is not None:
                each.state = {"user": each.state.get("user"), "current": None, "documents": []}
        if told is not None:
            self._tell(number)

    def leave(self, number: int) -> None:
        """Be gone."""
        self.sockets.pop(number, None)
        if (told := self.presence.leave(number)) is not None:
            for socket in self.sockets.values():
                socket.tell(told)

    def _tell(self, number: int) -> None:
        here = self.presence.all()
        for each, socket in self.sockets.items():
            if each != number and here is not None:
                socket.tell(here)


class EverybodySocket(LiveSocket):
    """Says who is here. What is no presence is not taken."""

    async def get(self, *args: str) -> None:
        """Open it to who signed in and may read anything."""
        self.require_own_page()
        self.signed = who_asks(self.request, self.live.sessions)
        if not self.live.doorkeeper.sees(self.signed, "/"):
            raise web.HTTPError(403, f"{self.signed.user!r} may read nothing here")
        self._pace, self._number = Pace(), 0
        await super().get()

    def open(self, *args: str, **kwargs: str) -> None:
        """Come in."""
        self._number = self.live.everybody.enter(self)
        self._task = asyncio.get_running_loop().create_task(self.stay_alive())

    def tell(self, body: bytes) -> None:
        """Send who came or went."""
        with contextlib.suppress(WebSocketClosedError):
            self.write_message(awareness_message(body), binary=True)

    async def on_message(self, message: str | bytes) -> None:
        """Hear where one is; whose session ended is not heard."""
        try:
            self.live.sessions.look(self.signed, used=False)
            if isinstance(message, str):
                raise InputError("only messages in bytes are taken")
            heard = read_message(message)
            if heard.kind == AWARENESS:
                self.live.everybody.hear(self._number, heard.body, self.signed.user)
            elif heard.kind == ASK_AWARENESS and (here := self.live.everybody.presence.all()):
                self.tell(here)
        except AccessError as error:
            self.close(SIGNED_OUT, str(error)[:100])
        except InputError as error:
            self.close(MALFORMED, str(error)[:100])
        if wait_s := self._pace.wait_s():
            await asyncio.sleep(wait_s)

    def on_close(self) -> None:
        """Be gone."""
        if self._number:
            self.live.everybody.leave(self._number)
            self._task.cancel()
