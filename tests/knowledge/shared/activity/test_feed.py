"""The feed of a drawn history is that of a plain reference, for every reader, page by page."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from workbench.core.errors import AccessError, InputError, NotFoundError
from workbench.identity.grants import Grants
from workbench.identity.users import Users
from workbench.knowledge.shared.activity import feed
from workbench.knowledge.shared.activity.feed import Entry, Filter, activity
from workbench.knowledge.shared.activity.happenings import Happenings
from workbench.knowledge.shared.blaming import blame_page
from workbench.knowledge.shared.landing import merge_proposal
from workbench.knowledge.shared.operations import list_proposals
from workbench.knowledge.shared.proposing import open_proposal
from workbench.knowledge.shared.reviewing import comment
from workbench.knowledge.shared.space import Space
from workbench.knowledge.shared.version_operations import log
from workbench.store.database import open_database

from ..conftest import MakeSpace
from .made_activity import WRITERS, Made, Note, give, go_on, make

READERS = ("local", "rea", "vera", "con", "adm")
Told = tuple[str, str, int | None]


def whole(made: Made, reader: str, asked: Filter, chance: random.Random) -> list[Entry]:
    """All pages of a feed, of drawn lengths."""
    found: list[Entry] = []
    before = None
    while True:
        page = activity(
            made.space, asked=asked, before=before, limit=chance.randint(1, 9),
            by=None if reader == "local" else reader,
        )  # fmt: skip
        found += page.entries
        before = page.before
        if before is None:
            return found


def told(note: Note) -> Told:
    return note.kind, "local" if note.kind == "role" else note.actor, note.proposal


def asks(chance: random.Random, made: Made) -> tuple[Filter, Callable[[Note], bool]]:
    """A filter that is drawn, and what it asks for as a plain question to a note."""
    which = chance.choice(("all", "all", "person", "kind", "proposal", "page"))
    if which == "person":
        who = chance.choice(WRITERS)
        return Filter(person=who), lambda note: told(note)[1] == who
    if which == "kind":
        kind = chance.choice(("opened", "merged", "role", "commented"))
        return Filter(kind=kind), lambda note: note.kind == kind  # type: ignore[arg-type]
    if which == "proposal" and (numbers := [each.proposal for each in made.notes if each.proposal]):
        number = chance.choice(numbers)
        return Filter(proposal=number), lambda note: note.proposal == number
    pages = sorted(made.space.contents().pages.items())
    if which != "page" or not pages:
        return Filter(), lambda note: True
    key, page = chance.choice(pages)

    def is_about(note: Note) -> bool:
        return any(each in (key, None) or path == page.path for each, path in note.pages)

    return Filter(page=page.path), is_about


def faults(made: Made, chance: random.Random, turns: int = 6) -> list[str]:
    """Where the feed says otherwise than the reference."""
    found = []
    for reader in READERS:
        for turn in range(turns):
            asked, fits = asks(chance, made) if turn else (Filter(), lambda note: True)
            expected = [
                told(each) for each in reversed(made.notes)
                if fits(each) and made.may_see(each, reader)
            ]  # fmt: skip
            try:
                got = whole(made, reader, asked, chance)
            except NotFoundError:
                got = []
            if [(each.kind, each.actor, each.proposal) for each in got] != expected:
                found.append(f"{reader} {asked}: {len(got)} entries and not {len(expected)}")
            titles = " ".join(each.title or "" for each in got)
            if turn == 0 and reader == "rea" and "closed/" in titles:
                found.append("the title of a closed page is told")
    return found


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_feed_of_a_drawn_history_is_that_of_a_plain_reference(space: Space, seed: int) -> None:
    made = make(space, seed=seed)
    with open_database().transaction():
        go_on(made, 75)
        give(made, "rea", "none", f"{space.path}/closed")
    assert {each.kind for each in made.notes} >= {"opened", "merged", "commented", "role"}
    assert len(made.notes) > 40
    assert not faults(made, random.Random(seed))


def test_a_feed_that_asks_no_rights_or_only_the_spaces_is_found_out(
    space: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It tells a reader the titles of pages that are closed to him."""
    made = make(space, seed=2)
    with open_database().transaction():
        go_on(made, 75)
        give(made, "rea", "none", f"{space.path}/closed")
    titles = {each.title or "" for each in activity(space, limit=1000).entries}
    assert any("closed/" in each for each in titles)
    assert not faults(made, random.Random(1), 2)
    with monkeypatch.context() as broken:
        broken.setattr(Happenings, "may_see", lambda self, found: found.role is None)
        assert "the title of a closed page is told" in faults(made, random.Random(1), 2)
    # By where the pages of an event stood then, without where they and the proposal's others are.
    monkeypatch.setattr(Happenings, "_with_now", lambda self, found: found.paths)
    monkeypatch.setattr(Happenings, "may_see_proposal", lambda self, number: True)
    assert faults(made, random.Random(1), 2)


def paged(space: Space, add: Callable[[], Any]) -> list[str]:
    """The ids of a feed that is read in pages of three while somebody goes on."""
    found: list[str] = []
    before = None
    while True:
        page = activity(space, before=before, limit=3)
        found += [each.id for each in page.entries]
        before = page.before
        if before is None:
            return found
        add()


def test_pages_have_each_entry_once_while_others_go_on(
    space: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make(space, seed=4)
    go_on(made, 20)
    expected = [each.id for each in activity(space, limit=1000).entries]
    add = lambda: (go_on(made, 2), give(made, "rea", "reader", space.path))  # noqa: E731
    assert paged(space, add) == expected
    # A place that counts from the newest has entries twice as soon as there are new ones.
    monkeypatch.setattr(feed, "_read_place", _counting_place)
    assert paged(space, add) != [each.id for each in activity(space, limit=1000).entries]


def _counting_place(before: str | None, done: Happenings) -> tuple[int, int]:
    if before is None:
        return 1 << 62, 1 << 62
    event, role = map(int, before.split("."))
    return event + 1, role + 1


def test_a_clock_that_is_behind_moves_nothing(make_space: MakeSpace) -> None:
    moments = iter([10**18, 10**18 + 10**9, 10**18 - 3600 * 10**9, 10**18 + 2 * 10**9] * 3)
    now = [next(moments)]
    space = make_space(clock=lambda: now[0])
    for number in range(3):
        now[0] = next(moments)
        open_proposal(space, space.contents().with_page(f"{number}.md", "x\n"), title=str(number))
    events = [each for each in activity(space).entries if each.kind != "role"]
    assert [each.id for each in events] == ["e4", "e3", "e2", "e1"]
    assert [each.clock_behind for each in events] == [False, True, False, False]


def test_what_a_lost_right_hides_is_in_no_entry(space: Space) -> None:
    made = open_proposal(
        space,
        space.contents().with_page("open/pay.md", "# Pay\n"),
        title="what Rev earns",
        by="con",
    )
    merge_proposal(space, made.number, by="cur")
    other = open_proposal(space, space.contents().with_page("a.md", "# A\n"), title="A", by="con")
    comment(space, other.number, "as in pay", page="open/pay.md", by="rev")
    kinds = [each.kind for each in activity(space, by="rea").entries]
    assert kinds == ["commented", "opened", "merged", "opened", "role", "begun"]
    # The page is moved to where he may not look: what was said of it before goes with it.
    Grants().give("rea", "none", space=f"{space.path}/closed")
    moved = space.contents().with_renamed("open/pay.md", "closed/pay.md")
    merge_proposal(space, open_proposal(space, moved, title="move", by="cur").number, by="cur")
    found = activity(space, by="rea").entries
    assert [(each.kind, each.title) for each in found] == [
        ("opened", "A"), ("role", None), ("begun", None)
    ]  # fmt: skip
    assert "closed" not in repr(found) and "pay" not in repr(found)
    with pytest.raises(NotFoundError) as error:
        activity(space, asked=Filter(page="closed/pay.md"), by="rea")
    assert "known: a.md" in str(error.value)


def test_who_has_a_role_in_one_folder_sees_that_folder(space: Space) -> None:
    Users().add("eve")
    with pytest.raises(AccessError, match="has no role"):
        activity(space, by="eve")
    with pytest.raises(AccessError, match="not known here"):
        activity(space, by="nobody")
    for path in ("people/a.md", "b.md"):
        contents = space.contents().with_page(path, "# X\n")
        merge_proposal(space, open_proposal(space, contents, title=path).number)
    Grants().give("eve", "reader", space=f"{space.path}/people")
    found = activity(space, by="eve").entries
    assert {each.title for each in found if each.kind != "role"} == {"people/a.md"}
    assert [each.words for each in found if each.kind == "role"] == [
        "eve: no role -> reader in /knowledge/leads/people"
    ]


@pytest.mark.parametrize("before", ["", "x", "12", "1.2.3", "-1.2", "1" * 19 + ".1"])
def test_a_place_that_is_none_is_named(space: Space, before: str) -> None:
    with pytest.raises(InputError, match="no place in a feed"):
        activity(space, before=before)


def test_a_person_page_or_proposal_of_whom_nothing_can_be_seen_is_named(space: Space) -> None:
    open_proposal(space, space.contents().with_page("a.md", "# A\n"), title="A", by="con")
    for asked, near in (
        (Filter(person="conn"), "did you mean 'con'"),
        (Filter(page="a.mt"), "did you mean 'a.md'"),
        (Filter(proposal=7), "has no proposal 7"),
    ):
        with pytest.raises(NotFoundError, match=near):
            activity(space, asked=asked)
    assert not activity(space, asked=Filter(person="con", kind="merged")).entries
    with pytest.raises(InputError, match="cannot be shown"):
        activity(space, limit=0)


def test_queue_log_and_near_names_say_nothing_of_a_closed_page(space: Space) -> None:
    """They told titles, words and paths to everybody who may read the space."""
    for path in ("open/pie.md", "closed/pay.md"):
        contents = space.contents().with_page(path, "# X\n")
        made = open_proposal(space, contents, title=f"write {path}", by="con")
        merge_proposal(space, made.number, by="cur")
        changed = space.contents().with_page(path, "# X\n\nmore\n")
        open_proposal(space, changed, title=f"more of {path}", by="con")
    Grants().give("rea", "none", space=f"{space.path}/closed")
    Grants().give("con", "none", space=f"{space.path}/closed")

    def told(user: str | None) -> str:
        queue = list_proposals(space.name, all_states=True, user=user)
        return repr((queue, log(space.name, user=user)))

    assert "closed/pay" in told(None) and "closed/pay" in told("vera")
    assert "open/pie" in told("rea") and "pay" not in told("rea")
    with pytest.raises(NotFoundError) as missing:
        blame_page(space, "open/pi.md", by="rea")
    assert "open/pie.md" in str(missing.value) and "closed" not in str(missing.value)
    with pytest.raises(NotFoundError) as missing:
        comment(space, 2, "so?", page="open/pi.md", by="con")
    assert "closed" not in str(missing.value)
