"""Pages whose text is put whole: what stands there besides, and what is kept of it."""

from __future__ import annotations

from typing import Any

import pycrdt
import pytest

from workbench.core.errors import LimitError
from workbench.knowledge.live import open_page
from workbench.knowledge.live.messages import STORED, UPDATE, sync_message
from workbench.knowledge.live.open_page import OpenPage
from workbench.knowledge.live.pages import Pages
from workbench.knowledge.live.server import LiveServer

from .conftest import SPACE, People, ask
from .raw import raw


def put(server: LiveServer, token: str, text: str, space: str = SPACE) -> int:
    url = f"{server.url}/live/page{space}"
    return ask(url, token=token, method="PUT", body={"text": text})[0]


def send(server: LiveServer, token: str, doc: Any) -> None:
    with raw(server.url, SPACE, token=token) as client:
        client.join()
        client.send(sync_message(UPDATE, doc.get_update()))
        assert client.heard(until=STORED)[-1] == bytes((STORED, 1))


def test_a_text_is_put_where_pictures_stand_too(server: LiveServer, people: People) -> None:
    ann, doc = people.add("ann", _="admin"), pycrdt.Doc()
    source = doc.get("source", type=pycrdt.Text)
    source.insert(0, "a🎉b")
    source.insert_embed(0, {"picture": 1})
    source.insert(1, "é")
    send(server, ann, doc)
    for text in ("éa🎉", "", "zz"):
        assert put(server, ann, text) == 200
        assert ask(f"{server.url}/live/page{SPACE}", token=ann)[1]["text"] == text


def test_a_list_where_the_text_should_stand_fails_its_own_page_alone(
    server: LiveServer, people: People
) -> None:
    """The library panics, which is no error that one catches, and all pages are one thread's."""
    ann, doc = people.add("ann", _="admin"), pycrdt.Doc()
    doc.get("source", type=pycrdt.Array).extend([1, "x"])
    send(server, ann, doc)
    other = "/knowledge/leads/other.md"
    with raw(server.url, other, token=ann) as client:
        client.join()
        assert put(server, ann, "text") == 409
        client.write("goes on")
        assert client.heard(until=STORED)[-1] == bytes((STORED, 1))
    assert ask(f"{server.url}/live/page{other}", token=ann)[1]["text"] == "goes on"


def test_a_page_that_nobody_has_open_is_summed_up(server: LiveServer, people: People) -> None:
    ann, doc, pages = people.add("ann", _="admin"), pycrdt.Doc(), Pages()
    source = doc.get("source", type=pycrdt.Text)
    with pages.database.transaction():
        page = pages.create(SPACE, user="ann").id
        for _ in range(500):
            before = doc.get_state()
            source.insert(0, "x")
            pages.append(page, doc.get_update(before), user="ann")
    assert put(server, ann, "y") == 200
    state, updates, _ = pages.read(page)
    assert state is not None and updates == ()
    assert str(OpenPage(pages, SPACE).source()) == "y"


def test_what_is_put_has_the_limit_that_a_page_has(
    people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(open_page, "MOST_PAGE_BYTES", 10_000)
    page = OpenPage(Pages(), SPACE)
    page.write_text("x" * 9_000, user="ann")
    with pytest.raises(LimitError, match="would be larger"):
        page.write_text("y" * 9_000, user="ann")
    assert str(page.source()) == "x" * 9_000
