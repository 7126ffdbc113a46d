"""Many at once: what each has written is everywhere in the end, whatever broke in between."""

from __future__ import annotations

import asyncio
import random
import socket
from collections import Counter

import pycrdt
import pytest

from workbench.identity.users import Users
from workbench.knowledge.live.client import LivePage
from workbench.knowledge.live.open_page import OpenPage
from workbench.knowledge.live.pages import Pages
from workbench.knowledge.live.server import LiveServer, serving
from workbench.store.database import open_database

from .conftest import SPACE, People

CLIENTS, EDITS = 20, 50


async def write_and_break(
    server: LiveServer, token: str, name: str, rng: random.Random, docs: dict[str, str]
) -> None:
    """Write words, each once, cut what others wrote beside theirs, and lose the connection."""
    async with LivePage(server.url, SPACE, token=token) as page:
        for number in range(EDITS):
            text = page.text
            if number % 5 == 4 and "~" in text:  # cut only what nobody counts
                at = len(text[: rng.choice(_at(text, "~"))].encode())
                del page.source[at : at + 1]
                text = page.text
            places = _at(text, " ") or [-1]
            at = len(text[: rng.choice(places) + 1].encode())
            page.source.insert(at, f"{name}:{number}é~ ")
            if rng.random() < 0.06:
                page.drop()
            await asyncio.sleep(rng.uniform(0, 0.05))
        await page.saved(timeout_s=120)
        docs[name] = page.text
        await _all_there(page, docs)
        docs[name] = page.text
        assert page.joined >= 1


async def _all_there(page: LivePage, docs: dict[str, str]) -> None:
    """Until everybody is done and all of it is here."""
    for _ in range(1200):
        if len(docs) == CLIENTS and page.text.count(":") == CLIENTS * EDITS:
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"{len(docs)} done, {page.text.count(':')} words here")


def _at(text: str, mark: str) -> list[int]:
    return [at for at, each in enumerate(text) if each == mark]


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_twenty_write_a_thousand_times_and_break_off(server: LiveServer, people: People) -> None:
    seed = 20261127
    tokens = {f"w{n}": people.add(f"w{n}", knowledge="contributor") for n in range(CLIENTS)}
    docs: dict[str, str] = {}

    async def everybody() -> None:
        await asyncio.gather(
            *(
                write_and_break(server, token, name, random.Random(f"{seed} {name}"), docs)
                for name, token in tokens.items()
            )
        )

    asyncio.run(everybody())
    kept = str(OpenPage(Pages(), SPACE).source())
    words = Counter(word.split("é")[0] for word in kept.split())
    # Each word once: nothing lost, and nothing twice by being sent again.
    assert words == Counter(f"{name}:{n}" for name in tokens for n in range(EDITS))
    # Cuts may come after somebody has looked; words do not.
    assert {text.replace("~", "") for text in docs.values()} == {kept.replace("~", "")}
    history = Pages().history(SPACE, most=100_000)
    assert {each.user for each in history} == set(tokens)


def test_what_is_written_apart_comes_together(server: LiveServer, people: People) -> None:
    ann, bob = people.add("ann", _="admin"), people.add("bob", knowledge="contributor")

    async def play() -> None:
        async with LivePage(server.url, SPACE, token=ann) as one:
            one.source.insert(0, "middle")
            await one.saved()
            async with LivePage(server.url, SPACE, token=bob) as two:
                for page, at, text in ((one, 0, "left "), (two, 6, " right")):
                    page.drop()
                    page.source.insert(at, text)  # while the connection is gone
                await one.saved()
                await two.saved()
                for _ in range(200):
                    if one.text == two.text:
                        break
                    await asyncio.sleep(0.02)
                assert one.text == two.text == "left middle right"
                assert (one.joined, two.joined) == (2, 2)

    asyncio.run(play())


def test_who_joins_again_is_sent_what_he_lacks_alone(server: LiveServer, people: People) -> None:
    """By the state vector: not the page again."""
    from .raw import raw

    ann = people.add("ann", _="admin")
    with raw(server.url, SPACE, token=ann) as client:
        client.join()
        client.write("x" * 100_000)
        client.heard(timeout_s=0.5)
        doc = client.doc
    with raw(server.url, SPACE, token=ann) as other:
        other.join()
        other.write("more")
        other.heard(timeout_s=0.5)
    from workbench.knowledge.live.messages import STEP1, STEP2, SYNC, sync_message

    with raw(server.url, SPACE, token=ann) as again:
        again.send(sync_message(STEP1, doc.get_state()))
        heard = [each for each in again.heard(timeout_s=0.5) if each[:2] == bytes((SYNC, STEP2))]
    assert len(heard) == 1
    assert len(heard[0]) < 100


def test_a_server_that_comes_back_has_everything_and_clients_go_on(people: People) -> None:
    ann = people.add("ann", _="admin")
    with serving() as first:
        port = int(first.url.rpartition(":")[2])

        async def before() -> object:
            async with LivePage(first.url, SPACE, token=ann) as page:
                page.source.insert(0, "kept ")
                await page.saved()
                return page.doc

        doc = asyncio.run(before())

    async def after(url: str) -> str:
        async with LivePage(url, SPACE, token=ann, doc=doc) as page:
            page.source.insert(0, "and more ")
            await page.saved()
            return page.text

    with serving(port=port) as second:
        assert asyncio.run(after(second.url)) == "and more kept "
    assert str(OpenPage(Pages(), SPACE).source()) == "and more kept "


def test_two_servers_on_one_store_tell_each_other(people: People) -> None:
    ann, bob = people.add("ann", _="admin"), people.add("bob", knowledge="contributor")

    async def play(one_url: str, two_url: str) -> None:
        async with (
            LivePage(one_url, SPACE, token=ann) as one,
            LivePage(two_url, SPACE, token=bob) as two,
        ):
            for number in range(10):
                one.source.insert(0, f"one{number} ")
                two.source.insert(0, f"two{number} ")
                await asyncio.gather(one.saved(), two.saved())
            for _ in range(400):
                if one.text == two.text and len(one.text.split()) == 20:
                    break
                await asyncio.sleep(0.02)
            assert one.text == two.text
            assert len(set(one.text.split())) == 20

    with serving() as one, serving() as two:
        asyncio.run(play(one.url, two.url))


@pytest.mark.parametrize("seed", range(5))
def test_states_and_updates_come_to_the_same(seed: int, people: People) -> None:
    """A page whose updates were summed up, and dropped, is the page it was."""
    Users().add("ann")
    rng = random.Random(seed)
    pages = Pages()
    page = OpenPage(pages, SPACE)
    writer = pycrdt.Doc()
    source = writer.get("source", type=pycrdt.Text)
    for number in range(200):
        before = writer.get_state()
        if rng.random() < 0.3 and len(str(source)):
            del source[0 : rng.randint(1, min(5, len(str(source))))]
        else:
            source.insert(0, rng.choice("abcd") * rng.randint(1, 9))
        update = writer.get_update(before)
        assert page.missing_from(update) == {}
        page.take(update, user="ann")
        if number in (70, 140):
            page.sum_up(least=1)
            pages.compact(SPACE, keep_days=0)
    text = str(source)
    assert str(page.source()) == text
    again = OpenPage(pages, SPACE)
    assert str(again.source()) == text
    assert again.known == page.known
    assert pages.get(SPACE).updates == 59
    with pytest.raises(Exception, match="no state holds"):
        open_database().connection().execute("DELETE FROM live_updates")


def test_no_word_waits_for_the_one_before_it_to_be_acknowledged(
    server: LiveServer, people: People
) -> None:
    """Nagle's algorithm and delayed acknowledgements together hold a small message for 40 ms."""
    from .raw import raw

    with raw(server.url, SPACE, token=people.add("ann", _="admin")) as client:
        client.join()
        (connection,) = server._uvicorn.server_state.connections
        accepted = connection.transport.get_extra_info("socket")
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY) == 1


@pytest.mark.parametrize(
    "answer", [b"", b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"]
)
def test_a_server_that_goes_down_in_a_handshake_is_joined_again(
    answer: bytes, people: People
) -> None:
    ann = people.add("ann", _="admin")
    with socket.create_server(("127.0.0.1", 0)) as going:
        port = going.getsockname()[1]

        async def play() -> None:
            page = LivePage(f"http://127.0.0.1:{port}", SPACE, token=ann)
            joining = asyncio.create_task(page.__aenter__())
            for _ in range(2):
                connection, _address = await asyncio.to_thread(going.accept)
                await asyncio.to_thread(connection.recv, 4096)
                connection.sendall(answer)
                connection.close()
            going.close()
            server = serving(port=port)
            await asyncio.to_thread(server.__enter__)
            try:
                await joining
                page.source.insert(0, "there")
                await page.saved()
                await page.__aexit__(None, None, None)
            finally:
                await asyncio.to_thread(server.__exit__, None, None, None)

        asyncio.run(play())
    assert str(OpenPage(Pages(), SPACE).source()) == "there"
