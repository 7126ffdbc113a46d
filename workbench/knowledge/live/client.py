"""A live page from Python: a document here that is kept the same as the server's.

    async with LivePage(url, "/knowledge/leads/plan.md", token=token) as page:
        page.source.insert(0, "# Plan\\n")
        await page.saved()

It joins again by itself when the connection breaks: what was written meanwhile, here and there, is
exchanged then. ``saved`` says that all that was written here is on the server's disk. What was
refused stays in the document here, and goes to the server with what is written or saved next, if
who writes may do so by then.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import random
from types import TracebackType
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit, urlunsplit

from workbench.core.errors import AccessError, DeadlineError, InputError, LimitError, PeerError
from workbench.core.optional import require

from .doors import FORBIDDEN, MALFORMED, SIGNED_OUT
from .messages import (
    AWARENESS,
    MOST_UPDATE_BYTES,
    REFUSED,
    STEP1,
    STEP2,
    STORED,
    SUBPROTOCOL,
    SYNC,
    UPDATE,
    Cursor,
    awareness_message,
    sync_message,
    write_block,
    write_integer,
)
from .open_page import ROOT

if TYPE_CHECKING:
    from collections.abc import Mapping

log = logging.getLogger(__name__)
_FOR_GOOD = (SIGNED_OUT, FORBIDDEN, MALFORMED, 1009)
_FIRST_WAIT_S, _MOST_WAIT_S = 0.05, 5.0
_MOST_MESSAGE_BYTES = 96 << 20  # a whole page in one


class LivePage:
    """One page, joined for a ``with`` block.

    Args:
        url: The server's, as in ``http://127.0.0.1:8410``.
        space: The page's path.
        token: A personal token, or a session's text.
        doc: A document to go on with; a new one if None.
    """

    def __init__(self, url: str, space: str, *, token: str, doc: Any = None) -> None:
        pycrdt = require("pycrdt", extra="knowledge")
        parts = urlsplit(url)
        scheme = {"http": "ws", "https": "wss"}.get(parts.scheme, parts.scheme)
        self._url = urlunsplit((scheme, parts.netloc, "/live/page" + quote(space), "", ""))
        self._headers = {"Authorization": f"Bearer {token}"}
        self.doc = pycrdt.Doc() if doc is None else doc
        self.source = self.doc.get(ROOT, type=pycrdt.Text)
        self.people: dict[int, dict[str, Any]] = {}
        self.refusals: list[str] = []
        self.failed: Exception | None = None
        self.joined = 0  # how many times
        self._socket: Any = None
        self._applying = False
        self._sent = self._stored = 0
        self._present: dict[str, Any] | None = None
        self._present_clock = 0
        self._told = asyncio.Condition()
        self._outgoing: asyncio.Queue[bytes] = asyncio.Queue()
        self._synced = self._answered = self._unsent = False
        self._refusing: str | None = None  # of the update that is acknowledged next
        self._refused: str | None = None  # why something that stands here is not on the server
        self._refusal_told = False
        self._whole = 0  # the number of the last update that had all that the server lacked

    async def __aenter__(self) -> LivePage:
        self._watch = self.doc.observe(self._changed)
        self._task = asyncio.create_task(self._stay())
        try:
            await self._until(lambda: self._synced)
        except BaseException:
            await self.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        self.doc.unobserve(self._watch)

    @property
    def text(self) -> str:
        """What the page says here and now."""
        return str(self.source)

    async def saved(self, *, timeout_s: float = 30.0) -> None:
        """Wait until all that was written here is on the server's disk.

        What was refused and told as such is sent again by the next call: a role may be back.

        Raises:
            AccessError: The server refused some of it; the document here is not the server's.
            DeadlineError: It was not stored in time.
            LimitError: Too much was written at once.
            PeerError: The server is gone for good.
        """
        if self._refused is not None and self._refusal_told and self._synced:
            self._refusal_told = False
            self._send_whole(UPDATE, self.doc.get_update())
        try:
            async with asyncio.timeout(timeout_s):
                await self._until(lambda: self._synced and self._stored >= self._sent)
        except TimeoutError:
            raise DeadlineError(f"not all was stored within {timeout_s:g} s") from None
        if self._refused is not None:
            self._refusal_told = True
            raise AccessError(self._refused, reason="role")

    async def show(self, state: Mapping[str, Any] | None) -> None:
        """Tell the others where one is, as in ``{"cursor": 12}``; None for nowhere."""
        self._present = None if state is None else dict(state)
        self._present_clock += 1
        self._outgoing.put_nowait(self._presence())

    def drop(self) -> None:
        """Break the connection as a network does, without a word. It is joined again."""
        if self._socket is not None:
            self._socket.transport.abort()

    def _changed(self, event: Any) -> None:
        if self._applying:
            return
        if self._answered or self._synced:
            self._send_update(UPDATE, event.update)
        else:
            self._unsent = True

    def _send_update(self, step: int, update: bytes) -> None:
        if len(update) > MOST_UPDATE_BYTES:
            self.failed = LimitError(
                f"{len(update):,} bytes were written; more than {MOST_UPDATE_BYTES >> 20} MiB at "
                "once are not taken",
                hint="write it in pieces, and save after each",
                limit="message",
            )
            return
        self._sent += 1
        self._outgoing.put_nowait(sync_message(step, update))

    def _send_whole(self, step: int, update: bytes) -> None:
        """Send all that the server lacks: if it is stored, nothing is refused any more."""
        self._send_update(step, update)
        self._whole = self._sent

    def _acknowledged(self, number: int) -> None:
        """A refusal comes right before the word that its update was dealt with."""
        refused, self._refusing = self._refusing, None
        self._stored = number
        if refused is not None:
            self._refused, self._refusal_told = refused, False
        elif number == self._whole:
            self._refused = None

    async def _until(self, true: Any) -> None:
        async with self._told:
            await self._told.wait_for(lambda: self.failed is not None or true())
        if self.failed is not None:
            raise self.failed

    async def _stay(self) -> None:
        """Join, and join again."""
        wait_s = _FIRST_WAIT_S
        while self.failed is None:
            before = self.joined
            try:
                await self._join()
            except _refusals() as error:
                self.failed = _meaning(error)
            except _breaks() as error:
                log.debug("the connection to %s broke, and is joined again: %s", self._url, error)
            except Exception as error:  # noqa: BLE001 - raised by whoever waits for the page
                self.failed = error
            self._synced, self._answered, self._socket = False, False, None
            async with self._told:
                self._told.notify_all()
            if self.failed is None:
                # At once where a connection broke; all who lost it do not come at one moment.
                broke = self.joined > before
                wait_s = _FIRST_WAIT_S if broke else min(wait_s * 2, _MOST_WAIT_S)
                await asyncio.sleep(random.uniform(0, 0.02) if broke else wait_s)

    async def _join(self) -> None:
        from websockets.asyncio.client import connect

        async with connect(
            self._url,
            additional_headers=self._headers,
            subprotocols=[SUBPROTOCOL],  # type: ignore[list-item]
            compression=None,
            proxy=None,
            max_size=_MOST_MESSAGE_BYTES,
        ) as socket:
            self._socket = socket
            self.joined += 1
            self._outgoing = asyncio.Queue()
            self._sent = self._stored = self._whole = 0
            self._refusing = None
            await socket.send(sync_message(STEP1, self.doc.get_state()))
            if self._present is not None:
                self._present_clock += 1
                await socket.send(self._presence())
            sending = asyncio.create_task(self._send_all(socket))
            try:
                async for data in socket:
                    await self._hear(data)
                code = socket.close_code
                if code in _FOR_GOOD:
                    raise _ClosedForGoodError(code, socket.close_reason or "")
            except _websockets().ConnectionClosedError as error:
                if error.rcvd is not None and error.rcvd.code in _FOR_GOOD:
                    raise _ClosedForGoodError(error.rcvd.code, error.rcvd.reason) from None
                raise
            finally:
                sending.cancel()
                await asyncio.gather(sending, return_exceptions=True)

    async def _send_all(self, socket: Any) -> None:
        while True:
            await socket.send(await self._outgoing.get())

    async def _hear(self, data: Any) -> None:
        cursor = Cursor(data)
        kind = cursor.integer()
        if kind == SYNC:
            self._sync(cursor.integer(), cursor.block())
        elif kind == AWARENESS:
            self._meet(cursor.block())
        elif kind == REFUSED:
            cursor.integer()
            self._refusing = cursor.text()
            self.refusals.append(self._refusing)
        elif kind == STORED:
            self._acknowledged(cursor.integer())
        async with self._told:
            self._told.notify_all()

    def _sync(self, step: int, body: bytes) -> None:
        if step == STEP1:
            self._answered, self._unsent = True, False
            self._send_whole(STEP2, self.doc.get_update(body))
            return
        self._applying = True
        try:
            self.doc.apply_update(body)
        finally:
            self._applying = False
        if step == STEP2:
            self._synced = True
            if self._unsent:  # who may not write is not asked for it: he is to hear the refusal
                self._unsent = False
                self._send_whole(UPDATE, self.doc.get_update())

    def _meet(self, body: bytes) -> None:
        cursor = Cursor(body)
        for _ in range(cursor.count()):
            client, _, text = cursor.integer(), cursor.integer(), cursor.text()
            state = json.loads(text)
            if state is None:
                self.people.pop(client, None)
            else:
                self.people[client] = state

    def _presence(self) -> bytes:
        parts = (1, self.doc.client_id, self._present_clock)
        text = json.dumps(self._present).encode()
        return awareness_message(b"".join(map(write_integer, parts)) + write_block(text))


class _ClosedForGoodError(Exception):
    """The server closed the connection and would do so again."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(code, reason)
        self.code, self.reason = code, reason


def _websockets() -> Any:
    return require("websockets.exceptions", extra="knowledge")


def _refusals() -> tuple[type[Exception], ...]:
    return (_ClosedForGoodError, _websockets().InvalidStatus)


def _breaks() -> tuple[type[Exception], ...]:
    """What a network or a server that goes down does, also half-way through a handshake."""
    exceptions = _websockets()
    return (
        OSError,
        EOFError,
        TimeoutError,
        exceptions.ConnectionClosed,
        exceptions.InvalidHandshake,
    )


def _meaning(error: Any) -> Exception | None:
    """The server's refusal in words; None if it is none for good."""
    if isinstance(error, _ClosedForGoodError):
        if error.code in (SIGNED_OUT, FORBIDDEN):
            return AccessError(error.reason, reason="closed")
        return InputError(error.reason or "a message was too large", reason="closed")
    status = error.response.status_code
    if status >= 500:
        return None
    try:
        said = json.loads(error.response.body)["error"]["message"]
    except (ValueError, KeyError, TypeError):
        said = f"the server answered {status}"
    if status in (401, 403):
        return AccessError(said, reason="refused")
    return InputError(said) if status == 400 else PeerError(said)
