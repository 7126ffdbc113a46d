"""A client of somebody else's: pycrdt's own provider, which knows nothing of ours."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

import pycrdt
import pytest
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from workbench.knowledge.live import hearing
from workbench.knowledge.live.messages import REFUSED
from workbench.knowledge.live.pages import Pages
from workbench.knowledge.live.server import LiveServer

from .conftest import SPACE, People, ask


class Channel:
    """A socket as pycrdt's provider wants it; keeps what it was refused."""

    path = SPACE

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.refused = 0

    def __aiter__(self) -> Channel:
        return self

    async def __anext__(self) -> bytes:
        try:
            data = await self.recv()
        except ConnectionClosed:
            raise StopAsyncIteration from None
        self.refused += data[0] == REFUSED
        return data

    async def send(self, message: bytes) -> None:
        with contextlib.suppress(ConnectionClosed):
            await self.socket.send(message)

    async def recv(self) -> bytes:
        data = await self.socket.recv()
        assert isinstance(data, bytes)
        return data


async def until(true: Callable[[], bool]) -> None:
    async with asyncio.timeout(20):
        while not true():
            await asyncio.sleep(0.02)


def joined(server: LiveServer, token: str) -> Any:
    url = server.url.replace("http", "ws", 1) + "/live/page" + SPACE
    return connect(url, additional_headers={"Authorization": f"Bearer {token}"}, proxy=None)


def play(server: LiveServer, writer: str, reader: str) -> tuple[int, int | None]:
    """A writer writes and cuts; how often the reader was refused, and whether he was cut off."""

    async def run() -> tuple[int, int | None]:
        async with joined(server, writer) as one, joined(server, reader) as two:
            docs = [pycrdt.Doc(), pycrdt.Doc()]
            texts = [doc.get("source", type=pycrdt.Text) for doc in docs]
            channels = [Channel(one), Channel(two)]
            async with (
                pycrdt.Provider(docs[0], channels[0]) as first,
                pycrdt.Provider(docs[1], channels[1]) as second,
            ):
                await first.synced.wait()
                await second.synced.wait()
                for number in range(70):
                    texts[0].insert(0, f"{number} word ")
                    if number % 3 == 0:
                        del texts[0][1:4]
                    await asyncio.sleep(0)
                await until(lambda: str(texts[0]) == str(texts[1]) or two.close_code is not None)
                await asyncio.sleep(0.3)  # what the reader sends back comes after what he is sent
                assert ask_text(server, writer) == str(texts[0])
                return channels[1].refused, two.close_code

    return asyncio.run(run())


def ask_text(server: LiveServer, token: str) -> str:
    text: str = ask(f"{server.url}/live/page{SPACE}", token=token)[1]["text"]
    return text


def test_a_reader_whose_client_sends_back_what_it_is_sent_stays(
    server: LiveServer, people: People
) -> None:
    ann, rob = people.add("ann", _="admin"), people.add("rob", knowledge="reader")
    assert play(server, ann, rob) == (0, None)
    assert {each.user for each in Pages().history(SPACE, most=1000)} == {"ann"}


def test_a_check_that_refuses_what_is_known_is_caught(
    server: LiveServer, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann, rob = people.add("ann", _="admin"), people.add("rob", knowledge="reader")
    monkeypatch.setattr(hearing.OpenPage, "has", lambda self, update: False)
    refused, code = play(server, ann, rob)
    assert refused > 0 or code is not None
