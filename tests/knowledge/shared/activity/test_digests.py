"""What is watched is told once it happens, in so many lines, and to nobody who lost the right."""

from __future__ import annotations

from pathlib import Path

import pytest

from workbench.core.errors import AccessError, ConflictError, InputError, NotFoundError
from workbench.identity.grants import Grants
from workbench.identity.users import Users
from workbench.knowledge.shared.activity.digests import Digest, digest
from workbench.knowledge.shared.activity.happenings import Happenings
from workbench.knowledge.shared.activity.watches import Wanted, Watches
from workbench.knowledge.shared.landing import merge_proposal, release
from workbench.knowledge.shared.proposing import open_proposal
from workbench.knowledge.shared.reviewing import approve, comment
from workbench.knowledge.shared.shelf import list_spaces
from workbench.knowledge.shared.space import Space
from workbench.knowledge.shared.statements import Statement

from ..conftest import MakeSpace


def propose(space: Space, path: str, text: str, title: str = "t") -> int:
    return open_proposal(
        space, space.contents().with_page(path, text), title=title, by="con"
    ).number


def land(space: Space, path: str, text: str, title: str = "t") -> None:
    merge_proposal(space, propose(space, path, text, title), by="cur")


def say(space: Space, subject: str, thing: str) -> None:
    said = Statement(subject, "knows", thing, sources=("a book",))
    made = open_proposal(space, space.contents().with_statement(said), title=subject, by="con")
    merge_proposal(space, made.number, by="cur")


def told(space: Space, by: str = "rea", **more: object) -> Digest:
    return digest(space, Watches(), by=by, **more)  # type: ignore[arg-type]


def watching(space: Space, by: str | None) -> list[tuple[str, str]]:
    return [(each.kind, each.what) for each in Watches().of(Happenings(space, by))]


def test_each_thing_that_is_watched_is_told_from_then_on_and_once(space: Space) -> None:
    land(space, "a.md", "# A\n")
    land(space, "b.md", "# B\n")
    say(space, "Ada", "Babbage")
    number = propose(space, "c.md", "# C\n", "see")
    watches = Watches()
    for wanted in (Wanted("a.md"), Wanted(entity="ada"), Wanted(proposal=number)):
        watches.watch(space, wanted, by="rea")
    assert watching(space, "rea") == [
        ("page", "a.md"), ("entity", "Ada"), ("proposal", f"{number} see")
    ]  # fmt: skip
    assert told(space).entries == 0
    land(space, "a.md", "# A\n\nmore\n")
    land(space, "b.md", "# B\n\nmore\n")
    say(space, "Ada", "Cora")
    say(space, "Dora", "Cora")
    approve(space, number, by="rev")
    found = told(space)
    assert [(each.kind, each.what) for each in found.groups] == watching(space, "rea")
    assert [[item.did for item in each.items] for each in found.groups] == [
        [(("opened", ("con",)), ("merged", ("cur",)))],
        [(("opened", ("con",)), ("merged", ("cur",)))],
        [(("approved", ("rev",)),)],
    ]
    assert "Dora" not in found.markdown and "b.md" not in found.markdown
    assert told(space) == found
    assert told(space, mark=True).groups == found.groups
    assert told(space).entries == 0
    assert told(space, since_us=0).entries > found.entries
    land(space, "a.md", "# A\n\nless\n")
    assert told(space).entries == 2


def test_a_page_is_watched_over_renames_and_to_its_end(space: Space) -> None:
    land(space, "a.md", "# A\n")
    Watches().watch(space, Wanted("a.md"), by="rea")
    moved = space.contents().with_renamed("a.md", "z.md")
    merge_proposal(space, open_proposal(space, moved, title="move", by="con").number, by="cur")
    land(space, "z.md", "# Z\n")
    land(space, "a.md", "# another\n")
    assert watching(space, "rea") == [("page", "z.md")]
    (group,) = told(space).groups
    assert group.what == "z.md" and len(group.items) == 2
    gone = space.contents().without_page("z.md")
    merge_proposal(space, open_proposal(space, gone, title="end", by="con").number, by="cur")
    assert told(space).groups[0].items[0].title == "end"


def test_a_lost_right_hides_what_was_watched_and_a_regained_one_shows_it(space: Space) -> None:
    land(space, "closed/pay.md", "# Pay\n")
    land(space, "a.md", "# A\n")
    for wanted in (Wanted("closed/pay.md"), Wanted("a.md"), Wanted()):
        Watches().watch(space, wanted, by="rea")
    land(space, "closed/pay.md", "# Pay\n\nRev: 12\n", "what Rev earns")
    assert told(space).entries == 2
    Grants().give("rea", "none", space=f"{space.path}/closed")
    hidden = told(space)
    assert (hidden.entries, hidden.watched) == (0, 2)
    assert watching(space, "rea") == [("page", "a.md"), ("space", "leads")]
    assert "pay" not in repr(hidden).lower()
    with pytest.raises(NotFoundError) as error:
        Watches().unwatch(space, Wanted("closed/pay.md"), by="rea")
    assert "there is" not in str(error.value) and "known: a.md" in str(error.value)
    with pytest.raises(NotFoundError):
        Watches().watch(space, Wanted("closed/pay.md"), by="rea")
    Grants().take("rea", space=f"{space.path}/closed")
    assert told(space).groups[0].items[0].title == "what Rev earns"
    Grants().give("rea", "none", space=space.path)
    with pytest.raises(AccessError):
        told(space)


def test_ones_own_acts_are_told_only_if_asked_for(space: Space) -> None:
    Watches().watch(space, Wanted(), by="con")
    land(space, "a.md", "# A\n")
    assert [item.did for item in told(space, "con").groups[0].items] == [(("merged", ("cur",)),)]
    assert told(space, "con", own=True).entries == 2


@pytest.mark.parametrize("most", [5, 6, 8, 12, 100])
def test_a_digest_has_so_many_lines_at_most_and_counts_the_rest(space: Space, most: int) -> None:
    Watches().watch(space, Wanted(), by="rea")
    for number in range(3):
        land(space, f"p{number}.md", "# x\n", f"title {number} in *two* lines <b>")
        Watches().watch(space, Wanted(f"p{number}.md"), by="rea")
    for number in range(9):
        land(space, f"p{number % 3}.md", f"# {number}\n", "again")
    release(space, "v1", by="cur")
    found = told(space, most_lines=most)
    lines = found.markdown.splitlines()
    items = sum(len(each.items) for each in found.groups)
    assert len(lines) <= most and items + found.left_out == 3 + 9 + 1
    assert (f"*and {found.left_out} more*" in lines) == (found.left_out > 0)
    if most == 100:
        assert found.left_out == 0
        assert r"title 0 in \*two\* lines \<b>" in found.markdown


def test_what_cannot_be_watched_is_named(space: Space) -> None:
    land(space, "a.md", "# A\n")
    say(space, "Ada", "Babbage")
    watches = Watches()
    for wanted, near in (
        (Wanted("a.mt"), "did you mean 'a.md'"),
        (Wanted(entity="Babage"), "did you mean 'Babbage'"),
        (Wanted(proposal=9), "no proposal 9"),
    ):
        with pytest.raises(NotFoundError, match=near):
            watches.watch(space, wanted, by="rea")
        with pytest.raises(NotFoundError, match="no watched"):
            watches.unwatch(space, wanted, by="rea")
    with pytest.raises(InputError, match="one thing"):
        Wanted("a.md", "Ada")
    watches.watch(space, Wanted(), by="rea")
    with pytest.raises(ConflictError, match="watches leads already"):
        watches.watch(space, Wanted(), by="rea")
    assert watching(space, "con") == []  # each his own
    watches.unwatch(space, Wanted(), by="rea")
    assert watching(space, "rea") == []


def test_a_space_made_anew_under_a_name_has_no_watches(make_space: MakeSpace, home: Path) -> None:
    space = make_space()
    Watches().watch(space, Wanted())
    space.shelf.close()
    for file in (home / "shared" / "leads").iterdir():
        file.unlink()
    assert watching(make_space(), None) == []
    assert list_spaces() == ["leads"]


def test_an_entity_is_told_of_a_comment_on_its_statement(space: Space) -> None:
    say(space, "Ada", "Babbage")
    Watches().watch(space, Wanted(entity="Ada"), by="rea")
    number = propose(space, "c.md", "# C\n")
    (key,) = space.contents().statements
    comment(space, number, "truly?", statement=key, by="rev")
    (group,) = told(space).groups
    assert [item.did for item in group.items] == [(("commented", ("rev",)),)]


def test_a_removed_user_has_no_digest(space: Space) -> None:
    Watches().watch(space, Wanted(), by="rea")
    Users().remove("rea")
    with pytest.raises(AccessError, match="removed"):
        told(space)
