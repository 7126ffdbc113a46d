"""From a live page to a proposal, and what was merged back onto the page, while others type."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest

from workbench.core.errors import AccessError, ConflictError, InputError
from workbench.identity.grants import Grants
from workbench.identity.users import Users
from workbench.knowledge.live import agreeing
from workbench.knowledge.live.agreeing_operations import bring_up, propose
from workbench.knowledge.live.client import LivePage
from workbench.knowledge.live.lab import following
from workbench.knowledge.live.lab.file_desk import FileDesk
from workbench.knowledge.live.messages import STORED, UPDATE, sync_message
from workbench.knowledge.live.operations import show
from workbench.knowledge.live.server import LiveServer
from workbench.knowledge.shared.landing import merge_proposal
from workbench.knowledge.shared.opening import opened_space
from workbench.knowledge.shared.proposing import open_proposal
from workbench.knowledge.shared.space import Space

from .conftest import SPACE, People, ask
from .raw import raw

START = "# Plan\n\none\ntwo\nthree\nfour\nfive\n"


@pytest.fixture
def agreed(server: LiveServer, people: People) -> Iterator[str]:
    """A space in which the plan is agreed on, and its live page; gives an admin's session."""
    space = Space("leads")
    space.begin()
    space.shelf.close()
    land(START)
    bring_up(SPACE)
    yield people.add("ann", _="admin")


def land(text: str) -> None:
    """Have a text agreed on, by proposals as others make them."""
    with opened_space("leads") as space:
        contents = space.contents().with_page("plan.md", text)
        merge_proposal(space, open_proposal(space, contents, title="theirs").number)


def text_of(server: LiveServer, session: str) -> str:
    return str(ask(f"{server.url}/live/page{SPACE}", token=session)[1]["text"])


def put(server: LiveServer, session: str, text: str) -> None:
    assert (
        ask(f"{server.url}/live/page{SPACE}", token=session, method="PUT", body={"text": text})[0]
        == 200
    )


def test_a_page_is_begun_with_what_is_agreed_on(server: LiveServer, agreed: str) -> None:
    assert text_of(server, agreed) == START == show(SPACE).text
    assert not bring_up(SPACE).changed


def test_what_a_page_says_is_proposed_and_merged(server: LiveServer, agreed: str) -> None:
    put(server, agreed, START.replace("two", "zwei"))
    made = propose(SPACE, title="in German", user="ann")
    with opened_space("leads") as space:
        assert merge_proposal(space, made.number).record
        assert space.contents().page_at("plan.md")[1].text == START.replace("two", "zwei")
    done = bring_up(SPACE)
    assert done.ok and not done.changed
    with pytest.raises(ConflictError):
        propose(SPACE, title="the same again")


def test_what_others_had_merged_comes_beside_what_was_typed(
    server: LiveServer, agreed: str
) -> None:
    put(server, agreed, START.replace("five", "fünf 5"))
    land(START.replace("one", "eins").replace("three\n", ""))
    assert bring_up(SPACE).changed
    assert text_of(server, agreed) == "# Plan\n\neins\ntwo\nfour\nfünf 5\n"


def test_what_was_typed_after_one_proposed_stays(server: LiveServer, agreed: str) -> None:
    """The same line, changed further: the page comes from what was proposed, not from before."""
    put(server, agreed, START.replace("two", "zwei"))
    made = propose(SPACE, title="in German")
    put(server, agreed, START.replace("two", "zwei, further"))
    with opened_space("leads") as space:
        merge_proposal(space, made.number)
    land(START.replace("two", "zwei").replace("five", "fünf"))
    assert bring_up(SPACE).ok
    assert text_of(server, agreed) == START.replace("two", "zwei, further").replace("five", "fünf")


def test_lines_that_both_changed_are_told_and_nothing_is_touched(
    server: LiveServer, agreed: str
) -> None:
    put(server, agreed, START.replace("two", "mine").replace("five", "V"))
    land(START.replace("two", "theirs").replace("one", "I"))
    done = bring_up(SPACE)
    assert not done.ok and done.clashes
    assert text_of(server, agreed) == START.replace("two", "mine").replace("five", "V")
    made = propose(SPACE, title="mine")
    with opened_space("leads") as space, pytest.raises(ConflictError):
        merge_proposal(space, made.number)


def test_nothing_is_lost_of_what_two_type_while_a_merge_comes(
    server: LiveServer, agreed: str, people: People
) -> None:
    """Each line that is typed is there at the end, and so is what was merged, in every client."""
    sessions = [people.add(f"w{number}", knowledge="contributor") for number in range(2)]

    async def type_on() -> list[str]:
        pages = [LivePage(server.url, SPACE, token=session) for session in sessions]
        for page in pages:
            await page.__aenter__()
        for turn in range(30):
            for number, page in enumerate(pages):
                page.source.insert(0 if number else len(page.source), f"w{number} t{turn}\n")
                await asyncio.sleep(0.01)
            if turn % 10 == 5:
                word = ("one", "three", "four")[turn // 10]
                now = START
                for each in ("one", "three", "four")[: turn // 10 + 1]:
                    now = now.replace(each, f"{each} agreed")
                await asyncio.to_thread(land, now)
                assert (await asyncio.to_thread(bring_up, SPACE)).ok, word
        for page in pages:
            await page.saved()
        await asyncio.sleep(1.0)
        texts = [page.text for page in pages]
        for page in pages:
            await page.__aexit__(None, None, None)
        return texts

    texts = asyncio.run(type_on())
    assert texts[0] == texts[1] == text_of(server, agreed)
    lines = texts[0].splitlines()
    wanted = [f"w{number} t{turn}" for number in range(2) for turn in range(30)]
    wanted += ["# Plan", "", "one agreed", "two", "three agreed", "four agreed", "five"]
    assert sorted(lines) == sorted(wanted)


def typed_while_a_merge_came(server: LiveServer, agreed: str) -> str:
    """What the page says when words typed into a line before a merge arrive after it."""
    with raw(server.url, SPACE, token=agreed) as client:
        client.join()
        before = client.doc.get_state()
        client.source.insert(START.index("five") + 2, "<typed>")
        land(START.replace("one", "one agreed"))
        bring_up(SPACE)
        client.send(sync_message(UPDATE, client.doc.get_update(before)))
        client.heard(until=STORED)
    return text_of(server, agreed)


def test_what_is_on_its_way_lands_where_it_was_typed(server: LiveServer, agreed: str) -> None:
    wanted = START.replace("one", "one agreed").replace("five", "fi<typed>ve")
    assert typed_while_a_merge_came(server, agreed) == wanted


def test_a_page_that_is_replaced_as_a_whole_is_caught(
    server: LiveServer, agreed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The broken variant: the text is taken out and put in anew, over what is on its way."""

    def whole(source, before: str, after: str) -> None:
        del source[0 : len(source)]
        source.insert(0, after)

    monkeypatch.setattr(agreeing, "_replace_lines", whole)
    assert "fi<typed>ve" not in typed_while_a_merge_came(server, agreed)


def test_rights_and_names_are_asked(server: LiveServer, agreed: str) -> None:
    put(server, agreed, START + "six\n")
    Users().add("rob")
    Grants().give("rob", "reader", space="/knowledge")
    with pytest.raises(AccessError):
        propose(SPACE, title="x", user="rob")
    with pytest.raises(InputError):
        propose("/notebooks/a.md", title="x")
    with pytest.raises(ConflictError):
        propose("/knowledge/leads/other.md", title="x")


class _Opened(FileDesk):
    """A desk on which somebody has the plan open."""

    async def opened(self) -> dict[str, int]:
        return {SPACE: 1}


def test_a_page_that_cannot_follow_is_not_looked_through_again_and_again(
    server: LiveServer, agreed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each look would read what is agreed on, every two seconds, though nothing changed."""
    put(server, agreed, START.replace("two", "zwei"))
    land(START.replace("two", "deux"))
    looked: list[str] = []
    find = agreeing.find_agreed

    def counted(space: str, marks: agreeing.Marks) -> agreeing.Agreed | None:
        looked.append(space)
        return find(space, marks)

    monkeypatch.setattr(following, "find_agreed", counted)

    async def look() -> list[int]:
        desk, numbers = _Opened(), []
        desk.start()
        try:
            follower = following.Follower(desk)
            for text in (None, None, START.replace("two", "trois")):
                if text is not None:
                    await asyncio.to_thread(land, text)
                await follower.look()
                numbers.append(len(looked))
        finally:
            await desk.stop()
        return numbers

    assert asyncio.run(look()) == [1, 1, 2]
    assert text_of(server, agreed) == START.replace("two", "zwei")


def test_a_page_that_was_never_brought_replaces_nothing_unless_that_is_meant(
    server: LiveServer, people: People
) -> None:
    ann = people.add("ann", _="admin")
    space = Space("leads")
    space.begin()
    space.shelf.close()
    put(server, ann, "# Mine\n")
    first = propose(SPACE, title="the first")  # nothing is there, so nothing is replaced
    with opened_space("leads") as space:
        merge_proposal(space, first.number)
    put(server, ann, "# Mine\n\nmore\n")
    assert propose(SPACE, title="and more").number == 2  # it is what became agreed on, and more
    land(START)
    with pytest.raises(ConflictError, match="would be replaced") as found:
        propose(SPACE, title="over theirs")
    assert "live bring" in (found.value.hint or "") and "--replace" in (found.value.hint or "")
    made = propose(SPACE, title="over theirs", replace=True)
    with opened_space("leads") as space:
        assert space.contents(made.head).page_at("plan.md")[1].text == "# Mine\n\nmore\n"


def test_a_page_that_was_brought_is_proposed_as_before(server: LiveServer, agreed: str) -> None:
    land(START.replace("one", "eins"))  # since it was brought
    put(server, agreed, START.replace("five", "V"))
    made = propose(SPACE, title="V")
    with opened_space("leads") as space:
        merge_proposal(space, made.number)
        found = space.contents().page_at("plan.md")
    assert found[1].text == START.replace("one", "eins").replace("five", "V")
