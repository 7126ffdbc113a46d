"""Whose a client's number is: nobody writes under another's, and so nobody's words are lost."""

from __future__ import annotations

import pycrdt
import pytest

from workbench.knowledge.live.messages import REFUSED, STORED, UPDATE, sync_message
from workbench.knowledge.live.open_page import OpenPage
from workbench.knowledge.live.pages import Pages
from workbench.knowledge.live.server import LiveServer

from .conftest import SPACE, People, ask
from .raw import RawClient, raw


def written_ahead(client: RawClient, number: int) -> bytes:
    """What a client writes under another's number, after all that is known of it."""
    forged = pycrdt.Doc(client_id=number)
    forged.apply_update(client.doc.get_update())
    before = forged.get_state()
    forged.get("source", type=pycrdt.Text).insert(0, "<forged>")
    update: bytes = forged.get_update(before)
    return update


def play(server: LiveServer, people: People) -> tuple[str, str, list[bytes]]:
    """Ann writes, Bob writes ahead under her number, Ann writes on: her text, the page's, and what
    Bob was told."""
    ann, bob = people.add("ann", _="admin"), people.add("bob", knowledge="contributor")
    with raw(server.url, SPACE, token=ann) as hers, raw(server.url, SPACE, token=bob) as his:
        hers.join()
        hers.write("her first. ")
        hers.heard(until=STORED)
        his.join()
        his.heard(timeout_s=0.3)
        his.send(sync_message(UPDATE, written_ahead(his, hers.doc.client_id)))
        told = his.heard(timeout_s=0.5)
        hers.write("her second. ")
        hers.heard(until=STORED)
        text = ask(f"{server.url}/live/page{SPACE}", token=ann)[1]["text"]
        return str(hers.source), text, told


def test_nobody_writes_under_anothers_number(server: LiveServer, people: People) -> None:
    hers, text, told = play(server, people)
    assert any(each[0] == REFUSED and b"which is that of 'ann'" in each for each in told)
    assert text == hers == "her second. her first. "
    assert {each.user for each in Pages().history(SPACE)} == {"ann"}


def test_without_that_look_her_words_are_lost(
    server: LiveServer, people: People, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(OpenPage, "_new_writers", lambda self, user: [])
    hers, text, _ = play(server, people)
    assert "her second" in hers
    assert "her second" not in text


def test_whose_a_number_is_outlives_the_server_and_a_summing_up(people: People) -> None:
    people.add("ann")
    page = OpenPage(Pages(), SPACE)
    doc = pycrdt.Doc()
    doc.get("source", type=pycrdt.Text).insert(0, "hers")
    assert page.missing_from(doc.get_update()) == {}
    page.take(doc.get_update(), user="ann")
    page.sum_up(least=1)
    Pages().compact(SPACE, keep_days=0)
    assert OpenPage(Pages(), SPACE).writers == {doc.client_id: "ann"}


def test_one_user_goes_on_with_his_document_elsewhere(server: LiveServer, people: People) -> None:
    ann = people.add("ann", _="admin")
    with raw(server.url, SPACE, token=ann) as one:
        one.join()
        one.write("first ")
        one.heard(until=STORED)
        doc, source = one.doc, one.source
    with raw(server.url, SPACE, token=people.token("ann", "admin:/")) as two:
        two.doc, two.source = doc, source
        two.write("second ")
        assert two.heard(until=STORED)
    assert str(OpenPage(Pages(), SPACE).source()) == "second first "
