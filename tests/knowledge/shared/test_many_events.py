"""A deed reads the events that it is about: what it costs does not grow with all that was done."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from workbench.identity.scopes import SignedIn
from workbench.knowledge.review.queue import MOST_ENDED, show_queue
from workbench.knowledge.shared import shelf
from workbench.knowledge.shared.events import MOVES_HEAD, Event
from workbench.knowledge.shared.landing import merge_proposal
from workbench.knowledge.shared.operations import list_proposals
from workbench.knowledge.shared.proposals import find_proposal, proposals_of
from workbench.knowledge.shared.proposing import end_proposal, open_proposal, revise_proposal
from workbench.knowledge.shared.reviewing import approve, ask_for_changes, comment, settle_comment
from workbench.knowledge.shared.space import Space
from workbench.knowledge.shared.version_operations import log

DEEDS: dict[str, Callable[[Space, int], object]] = {
    "comment": lambda space, number: comment(space, number, "so?", by="rev"),
    "settle": lambda space, number: settle_comment(
        space, number, comment(space, number, "so?", by="rev").number, by="rev"
    ),
    "approve": lambda space, number: approve(space, number, by="vera"),
    "ask": lambda space, number: ask_for_changes(space, number, "more", by="rev"),
    "revise": lambda space, number: revise_proposal(
        space, number, space.contents().with_page("new.md", "# Newer\n"), by="con"
    ),
    "merge": lambda space, number: merge_proposal(space, number, by="cur"),
    "withdraw": lambda space, number: end_proposal(space, number, by="con"),
}
_MANY = 400


@pytest.fixture
def busy(space: Space) -> tuple[Space, int]:
    """A space in which much was said of a proposal, and another that is new."""
    contents = space.contents().with_page("old.md", "# Old\n")
    number = open_proposal(space, contents, title="old", by="con").number
    head = find_proposal(space, number).head
    with space.shelf.transaction():
        for _ in range(_MANY):
            space.add_event("commented", "rev", proposal=number, record=head, words="so?")
    new = space.contents().with_page("new.md", "# New\n")
    return space, open_proposal(space, new, title="new", by="con").number


@pytest.mark.parametrize("name", DEEDS)
def test_a_deed_reads_few_events_of_many(
    busy: tuple[Space, int], monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    space, number = busy
    space.tell_ledger()
    read, made = [], shelf._event
    monkeypatch.setattr(shelf, "_event", lambda row: read.append(row["number"]) or made(row))
    DEEDS[name](space, number)
    assert 0 < len(read) < _MANY / 4, len(read)
    assert space.last_event > _MANY + 2


def test_what_is_asked_for_is_what_all_of_them_have(busy: tuple[Space, int]) -> None:
    space, number = busy
    approve(space, number, by="vera")
    merge_proposal(space, number, by="cur")
    all_of_them = space.shelf.events()
    assert space.shelf.events(proposal=number) == [
        each for each in all_of_them if each.proposal == number
    ]
    assert space.shelf.events(kinds=("opened", "merged"), after=2) == [
        each for each in all_of_them if each.kind in ("opened", "merged") and each.number > 2
    ]
    assert space.shelf.last() == all_of_them[-1]
    moves = [each for each in all_of_them if each.kind in MOVES_HEAD]
    assert space.shelf.last(MOVES_HEAD) == moves[-1] and space.head == moves[-1].record
    assert space.shelf.last(("ruled",)) is None
    assert find_proposal(space, number) == proposals_of(all_of_them)[number]
    assert space.last_event == len(all_of_them)


def test_numbers_of_proposals_that_came_out_of_order_are_given_once(space: Space) -> None:
    """As an import may bring them: the last that was opened has not the largest number."""
    contents = space.contents()
    first = open_proposal(space, contents.with_page("a.md", "a\n"), title="a", by="con")
    with space.shelf.transaction():
        for number in (7, 5):
            data = {"base": space.head, "title": "t"}
            event = Event(space.last_event + 1, "opened", "con", 0, number, first.head, data)
            space.shelf.add(event)
    made = open_proposal(space, contents.with_page("b.md", "b\n"), title="b", by="con")
    assert made.number == 8


def test_what_is_agreed_on_is_told_from_what_was_only_proposed(busy: tuple[Space, int]) -> None:
    space, number = busy
    begun, theirs = space.head, find_proposal(space, number).head
    merged = merge_proposal(space, number, by="cur").record
    other = open_proposal(
        space, space.contents().with_page("c.md", "c\n"), title="c", by="con"
    ).head
    agreed = {each: space.is_agreed(each) for each in (begun, merged, theirs, other, "f" * 64)}
    assert agreed == {begun: True, merged: True, theirs: False, other: False, "f" * 64: False}
    line = {digest for digest, _ in space.line()}
    assert {digest: digest in line for digest in agreed} == agreed


def test_the_queue_is_what_the_replay_of_all_events_says(
    space: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(20261128)
    for number in range(1, 13):
        contents = space.contents().with_page(f"p{number}.md", f"# {number}\n")
        open_proposal(space, contents, title=f"change {number}", by="con")
        for _ in range(chance.randrange(3)):
            comment(space, number, "so?", by="rev")
        ended = chance.choice(("", "", "merged", "declined"))
        if ended == "merged":
            approve(space, number, by="vera")
            merge_proposal(space, number, by="cur")
        elif ended:
            end_proposal(space, number, by="cur")
    asked = SignedIn("1", "session", "rev", 2.0**40)
    known = proposals_of(space.shelf.events())
    assert {each.state for each in known.values()} == {"open", "merged", "declined"}
    found = show_queue(space, by=asked)
    by_state = {
        state: [each.number for each in known.values() if (each.state == "open") is state]
        for state in (True, False)
    }
    assert [each.number for each in found.open] == by_state[True]
    assert [each.number for each in found.ended] == by_state[False][::-1]
    assert found.event == len(space.shelf.events())
    listed = list_proposals(space.name, all_states=True, user="rev")
    assert {each.number: each.state for each in listed} == {
        number: each.state for number, each in known.items()
    }
    assert [each.number for each in list_proposals(space.name, user="rev")] == by_state[True]
    monkeypatch.setattr(shelf, "ENDS", ("merged",))  # a variant that forgets what was declined
    assert [each.number for each in show_queue(space, by=asked).open] != by_state[True]


@pytest.mark.parametrize("look", ["queue", "list", "log"])
def test_a_look_reads_few_events_of_many(
    busy: tuple[Space, int], monkeypatch: pytest.MonkeyPatch, look: str
) -> None:
    space, _ = busy
    end_proposal(space, 1, by="con")
    for number in range(3, 3 + MOST_ENDED):  # so that the one of which much was said is far back
        contents = space.contents().with_page(f"p{number}.md", f"# {number}\n")
        open_proposal(space, contents, title="t", by="con")
        end_proposal(space, number, by="con")
    read, made = [], shelf._event
    monkeypatch.setattr(shelf, "_event", lambda row: read.append(row["number"]) or made(row))
    if look == "queue":
        show_queue(space, by=SignedIn("1", "session", "rev", 2.0**40))
    elif look == "list":
        list_proposals(space.name, user="rev")
    else:
        log(space.name, user="rev")
    assert 0 < len(read) < _MANY / 2, len(read)
