"""A reader writes all the same: what no client does by itself, and any program can.

The room of pycrdt-websocket, which jupyter-collaboration has too, lets in by one check and then
takes whatever comes. The attack below is made on it first, and succeeds; on ours it must not.
Variants of our own check that are wrong in ways seen elsewhere must be caught by the same attack.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator

import pycrdt
import pytest
import uvicorn
from pycrdt.websocket import ASGIServer, WebsocketServer

from workbench.core.errors import AccessError
from workbench.identity.grants import Grants
from workbench.identity.scopes import SignedIn
from workbench.knowledge.live import hearing, messages
from workbench.knowledge.live.doors import Door
from workbench.knowledge.live.messages import REFUSED, STEP2, UPDATE
from workbench.knowledge.live.rights import Authority, Rights
from workbench.knowledge.live.server import LiveServer

from .conftest import SPACE, People, ask
from .raw import RawClient, raw


class UpstreamRoom:
    """The room as it comes, behind a check at the door: who may read comes in.

    jupyter-collaboration asks its server whether a user may *read* *contents* before the socket is
    opened (``@authorized`` on a GET), and nothing afterwards.
    """

    def __init__(self) -> None:
        self.rooms = WebsocketServer(auto_clean_rooms=False)
        self.url = ""

    async def lifespan(self, receive: Callable, send: Callable) -> None:
        async with self.rooms:
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
        await send({"type": "lifespan.shutdown.complete"})

    async def app(self, scope: dict, receive: Callable, send: Callable) -> None:
        if scope["type"] == "lifespan":
            await self.lifespan(receive, send)
            return
        # Called for each connection: it keeps what it is told in itself.
        await ASGIServer(self.rooms, on_connect=_may_not_read)(scope, receive, send)

    def text(self) -> str:
        """What a page says in the server."""
        doc = self.rooms.rooms["/live/page" + SPACE].ydoc
        return str(doc.get("source", type=pycrdt.Text))


def _may_not_read(message: dict, scope: dict) -> bool:
    """What refuses a socket if it is true."""
    from workbench.identity.sessions import Sessions

    shown = dict(scope["headers"])[b"authorization"].decode().partition(" ")[2]
    signed = Sessions().verify(shown, kind="session")
    return not Grants().decide(signed, "read", space=SPACE).allowed


@pytest.fixture
def upstream(people: People) -> Iterator[UpstreamRoom]:
    room = UpstreamRoom()
    config = uvicorn.Config(
        room.app, port=0, ws="websockets-sansio", log_config=None, lifespan="on", interface="asgi3"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        assert thread.is_alive()
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    room.url = f"http://127.0.0.1:{port}"
    yield room
    server.should_exit = True
    thread.join()


def attack(url: str, reader: str, *, says: dict | None = None) -> list[str]:
    """Write as a reader in each way that there is; returns what was written."""
    tried = []
    for step, name in ((UPDATE, "update"), (STEP2, "step2")):
        with raw(url, SPACE, token=reader) as client:
            if says is not None:
                client.show(says)
            client.join()
            client.write(f"<{name} of a reader>", step=step)
            client.heard(timeout_s=0.4)
            tried.append(f"<{name} of a reader>")
    return tried


def begin(url: str, writer: str) -> None:
    with raw(url, SPACE, token=writer) as client:
        client.join()
        client.write("what was here")
        client.heard(timeout_s=0.4)


def test_the_room_as_it_comes_takes_what_a_reader_writes(
    upstream: UpstreamRoom, people: People
) -> None:
    begin(upstream.url, people.add("ann", _="admin"))
    tried = attack(upstream.url, people.add("rob", knowledge="reader"))
    assert all(text in upstream.text() for text in tried)


def accepted(server: LiveServer, admin: str, tried: list[str]) -> list[str]:
    text = ask(f"{server.url}/live/page{SPACE}", token=admin)[1]["text"]
    assert "what was here" in text
    return [each for each in tried if each in text]


def test_a_live_page_does_not_and_says_so(server: LiveServer, people: People) -> None:
    ann, rob = people.add("ann", _="admin"), people.add("rob", knowledge="reader")
    begin(server.url, ann)
    assert accepted(server, ann, attack(server.url, rob, says={"role": "admin"})) == []
    with raw(server.url, SPACE, token=rob) as client:
        client.join()
        client.write("once more")
        said = client.heard(until=REFUSED)[-1]
        assert said[0] == REFUSED
        assert b"may not edit in /knowledge/leads/plan.md" in said
        client.show({"cursor": 1})  # and he may stay, and be seen
        people_there = ask(f"{server.url}/live/people{SPACE}", token=ann)[1]["people"]
        assert [(each["user"], each["may_edit"]) for each in people_there] == [("rob", False)]


def test_a_writer_writes(server: LiveServer, people: People) -> None:
    """The attack succeeds where it is none: what it looks for would be seen."""
    ann, cat = people.add("ann", _="admin"), people.add("cat", knowledge="contributor")
    begin(server.url, ann)
    assert len(accepted(server, ann, attack(server.url, cat))) == 2


def trusts_the_client(door: Door) -> None:
    assert door.page is not None
    said = [each.state for each in door.page.presence.clients.values() if each.door == door.number]
    if not door.rights.edit and not any(each and each.get("role") == "admin" for each in said):
        raise AccessError("no")


def asks_for_read(door: Door) -> None:
    if not door.rights.read:
        raise AccessError("no")


def only_updates_are_updates(message: messages.Message) -> bool:
    """Filters that look for the one message, and forget that a sync's second step writes too."""
    return message.step == UPDATE and message.body != messages.NO_UPDATE


class TheRoomsLast:
    """The rights of whoever came in last are those of the room (jupyverse #505)."""

    def __init__(self) -> None:
        self.rights = Rights()

    def __call__(self, door: Door) -> None:
        assert door.page is not None
        last = max(door.page.doors.values(), key=lambda each: each.number)
        if not last.rights.edit:
            raise AccessError("no")


def check(monkeypatch: pytest.MonkeyPatch, broken: Callable[[Door], None]) -> None:
    monkeypatch.setattr(hearing, "require_edit", broken)


@pytest.mark.parametrize("broken", [trusts_the_client, asks_for_read])
def test_a_check_that_is_wrong_is_caught(
    broken: Callable[[Door], None],
    server: LiveServer,
    people: People,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ann, rob = people.add("ann", _="admin"), people.add("rob", knowledge="reader")
    begin(server.url, ann)
    check(monkeypatch, broken)
    assert len(accepted(server, ann, attack(server.url, rob, says={"role": "admin"}))) == 2


def test_a_filter_that_forgets_the_second_step_is_caught(
    server: LiveServer, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if such a message were answered, and applied, without a look at who sends it."""
    ann, rob = people.add("ann", _="admin"), people.add("rob", knowledge="reader")
    begin(server.url, ann)
    stepped: dict[int, bool] = {}
    real = hearing._write

    def write(page: object, door: Door, message: messages.Message, out: object) -> bytes | None:
        stepped[door.number] = message.step == STEP2
        return real(page, door, message, out)  # type: ignore[arg-type]

    def broken(door: Door) -> None:
        if not stepped[door.number] and not door.rights.edit:
            raise AccessError("no")

    monkeypatch.setattr(hearing, "_write", write)
    check(monkeypatch, broken)
    assert accepted(server, ann, attack(server.url, rob)) == ["<step2 of a reader>"]


def test_rights_of_who_came_last_are_caught(
    server: LiveServer, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    ann, rob = people.add("ann", _="admin"), people.add("rob", knowledge="reader")
    begin(server.url, ann)

    def beside_a_writer() -> list[str]:
        with raw(server.url, SPACE, token=rob) as reader:
            reader.join()
            with raw(server.url, SPACE, token=ann) as writer:
                writer.join()
                reader.write("<beside a writer>")
                reader.heard(timeout_s=0.4)
        return accepted(server, ann, ["<beside a writer>"])

    assert beside_a_writer() == []
    check(monkeypatch, TheRoomsLast())
    assert beside_a_writer() == ["<beside a writer>"]


# Doors that stay open while what is behind them changes.


def lower(people: People) -> None:
    Grants().give("cat", "reader", space="/knowledge")


def shut_out(people: People) -> None:
    Grants().give("cat", "none", space="/knowledge/leads")


def take(people: People) -> None:
    Grants().take("cat", space="/knowledge")


def disable(people: People) -> None:
    from workbench.identity.users import Users

    Users().disable("cat")


def remove(people: People) -> None:
    from workbench.identity.users import Users

    Users().remove("cat")


def end(people: People) -> None:
    from workbench.identity.sessions import Sessions

    Sessions().end_all("cat")


CHANGES = [lower, shut_out, take, disable, remove, end]


def written_after(change: Callable[[People], None], server: LiveServer, people: People) -> int:
    """A contributor writes without pause; how many updates are taken once the change is made."""
    from workbench.knowledge.live.pages import Pages

    ann, cat = people.add("ann", _="admin"), people.add("cat", knowledge="contributor")
    begin(server.url, ann)
    with raw(server.url, SPACE, token=cat) as client:
        client.join()
        stop = threading.Event()
        thread = threading.Thread(target=write_on, args=(client, stop))
        thread.start()
        page = Pages().get(SPACE).id
        first = Pages().last_number(page)
        while Pages().last_number(page) < first + 20:
            time.sleep(0.01)
        change(people)
        last = Pages().last_number(page)
        time.sleep(0.5)
        stop.set()
        thread.join()
        return Pages().last_number(page) - last


def write_on(client: RawClient, stop: threading.Event) -> None:
    from websockets.exceptions import ConnectionClosed

    with contextlib.suppress(ConnectionClosed):
        while not stop.is_set():
            client.write("x")
            time.sleep(0.002)


@pytest.mark.parametrize("change", CHANGES)
def test_nothing_is_taken_once_a_right_is_gone(
    change: Callable[[People], None], server: LiveServer, people: People
) -> None:
    assert written_after(change, server, people) == 0


def test_a_look_at_the_door_alone_is_caught(
    server: LiveServer, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = Authority.now

    def at_the_door(
        self: Authority, signed: SignedIn, space: str, rights: Rights, *, number: int, used: bool
    ) -> None:
        if rights.number < 0:
            real(self, signed, space, rights, number=number, used=used)

    monkeypatch.setattr(Authority, "now", at_the_door)
    assert written_after(lower, server, people) > 0


@pytest.mark.parametrize(
    ("change", "code"), [(lower, None), (take, 4403), (disable, 4401), (end, 4401)]
)
def test_a_silent_door_is_closed_too(
    change: Callable[[People], None], code: int | None, server: LiveServer, people: People
) -> None:
    """Who only reads is sent nothing more, though he does nothing that could be refused."""
    ann, cat = people.add("ann", _="admin"), people.add("cat", knowledge="contributor")
    begin(server.url, ann)
    with raw(server.url, SPACE, token=cat) as client:
        client.join()
        change(people)
        assert client.closed(timeout_s=1.0 if code is None else 10.0) == code
        begin(server.url, ann)
