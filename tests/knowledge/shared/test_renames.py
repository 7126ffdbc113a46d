"""A statement's source stays with its page, whatever that is called by whom and when."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.core.errors import ConflictError, NotFoundError
from workbench.identity.grants import Grants
from workbench.knowledge.shared import merging, page_sources
from workbench.knowledge.shared.approval_rules import set_rule
from workbench.knowledge.shared.blaming import blame_page, blame_value
from workbench.knowledge.shared.bringing import bring
from workbench.knowledge.shared.checks import check_change
from workbench.knowledge.shared.contents import Contents, files_of
from workbench.knowledge.shared.differences import difference
from workbench.knowledge.shared.landing import merge_proposal, resolve, revert
from workbench.knowledge.shared.merging import merge
from workbench.knowledge.shared.operations import show_review
from workbench.knowledge.shared.page_sources import follow_renames, only_followed
from workbench.knowledge.shared.proposing import open_proposal, revise_proposal
from workbench.knowledge.shared.reviewing import comment, review
from workbench.knowledge.shared.settling import Choice, settle
from workbench.knowledge.shared.settling_own import Own
from workbench.knowledge.shared.space import Space
from workbench.knowledge.shared.statements import MOST_CHARS, Statement
from workbench.knowledge.shared.version_operations import blame

from ..places import MakePlace

SAID = Statement("Ada", "born_in", "London", sources=("page:ada.md#in London",))
KEY = SAID.key
BASE = Contents().with_page("ada.md", "# Ada\n\nBorn in London.\n").with_statement(SAID)


def agree(space: Space, contents: Contents, *, by: str | None = None) -> str:
    number = open_proposal(space, contents, title="change", by=by).number
    return merge_proposal(space, number).record


@pytest.fixture
def known(space: Space) -> Space:
    """A space that has the page and what rests on it."""
    set_rule(space, approvals=0, checks=["sources"], by=None)
    agree(space, BASE)
    return space


def sources(space: Space, key: str = KEY) -> tuple[str, ...]:
    return space.contents().statements[key].sources


def test_a_source_follows_its_page(known: Space) -> None:
    before = known.head
    renamed = agree(known, known.contents().with_renamed("ada.md", "people/ada.md"))
    assert sources(known) == ("page:people/ada.md#in London",)
    assert "page:people/ada.md" in blame_value(known, KEY)[0].said
    revert(known, renamed)
    assert files_of(known.contents()) == files_of(known.contents(before))


def test_a_rename_while_a_proposal_is_open(known: Space) -> None:
    other = Statement("Ada", "wrote", "Notes", sources=("page:ada.md",))
    edited = known.contents().with_page("ada.md", "# Ada\n\nBorn in London.\n\nMore.\n")
    noted = edited.with_statement(replace(SAID, note="seen")).with_statement(other)
    number = open_proposal(known, noted, title="edit", by="con").number
    agree(known, known.contents().with_renamed("ada.md", "a.md"))
    assert review(known, number).findings == ()
    merge_proposal(known, number)
    assert sources(known) == ("page:a.md#in London",)
    assert sources(known, other.key) == ("page:a.md",)
    assert known.contents().statements[KEY].note == "seen"


def test_a_new_statement_under_an_old_name(known: Space) -> None:
    agree(known, known.contents().with_renamed("ada.md", "b.md"))
    agree(known, known.contents().with_renamed("b.md", "c.md"))
    said = [
        Statement("Ada", "wrote", "Notes", sources=("page:ada.md#in London",)),
        Statement("Ada", "knew", "Babbage", sources=("page:b.md",)),
        Statement("Ada", "knew", "Faraday", sources=("page:nobody.md",)),
    ]
    contents = known.contents()
    for each in said:
        contents = contents.with_statement(each)
    found = open_proposal(known, contents, title="more", by="con")
    made = known.contents(found.head).statements
    assert [made[each.key].sources for each in said] == [
        ("page:c.md#in London",), ("page:c.md",), ("page:nobody.md",),
    ]  # fmt: skip
    assert [each.said for each in review(known, found.number).findings] == [
        "its source, the page nobody.md, is not there"
    ]


def test_an_old_name_of_a_page_that_is_closed_is_not_told(known: Space) -> None:
    agree(known, known.contents().with_renamed("ada.md", "shut/ada.md"))
    Grants().give("con", "none", space=f"{known.path}/shut")
    said = Statement("Ada", "wrote", "Notes", sources=("page:ada.md",))
    found = open_proposal(known, known.contents().with_statement(said), title="guess", by="con")
    assert known.contents(found.head).statements[said.key].sources == ("page:ada.md",)
    with pytest.raises(NotFoundError) as caught:
        blame_page(known, "ada.md", by="con")
    assert "shut" not in str(caught.value)


def test_who_may_rename_a_page_need_not_be_allowed_to_change_facts(known: Space) -> None:
    Grants().give("rea", "contributor", space=f"{known.path}/ada.md")
    Grants().give("rea", "contributor", space=f"{known.path}/a.md")
    renamed = known.contents().with_renamed("ada.md", "a.md")
    found = open_proposal(known, renamed, title="rename", by="rea")
    change = review(known, found.number).change
    assert change.paths == ("a.md", "ada.md")
    assert [each.follows for each in change.values] == [True]


def test_a_rename_back_and_a_revision(known: Space) -> None:
    number = open_proposal(known, known.contents().with_renamed("ada.md", "a.md"), title="r").number
    theirs = review(known, number).proposal.head
    again = known.contents(theirs).with_renamed("a.md", "z.md")
    found = revise_proposal(known, number, again, base=theirs)
    assert known.contents(found.head).statements[KEY].sources == ("page:z.md#in London",)
    back = known.contents(found.head).with_renamed("z.md", "ada.md").with_page("n.md", "# N\n")
    found = revise_proposal(known, number, back, base=found.head)
    assert known.contents(found.head).statements == known.contents().statements


def test_both_rename_and_one_name_is_taken(known: Space) -> None:
    number = open_proposal(
        known, known.contents().with_renamed("ada.md", "theirs.md"), title="r", by="con"
    ).number
    agree(known, known.contents().with_renamed("ada.md", "ours.md"))
    theirs = review(known, number).proposal.head
    merged = known.merged(known.head, theirs)
    choices: list[tuple[Choice, str]] = [
        ("ours", "ours.md"), ("theirs", "theirs.md"), (Own("my.md"), "my.md"),
    ]  # fmt: skip
    for choice, path in choices:
        found = settle(merged, known.contents(), known.contents(theirs), {1: choice})
        assert found.statements[KEY].sources == (f"page:{path}#in London",)
    resolve(known, number, found, by="con")
    merge_proposal(known, number)
    assert sources(known) == ("page:my.md#in London",)


def test_another_page_takes_the_old_name(known: Space) -> None:
    old = known.contents().with_renamed("ada.md", "lovelace.md")
    both = old.with_page("ada.md", "# The language\n\nSince 1980.\n")
    new = Statement("Ada", "since", "1980", sources=("page:ada.md#Since 1980",))
    agree(known, both.with_statement(new))
    assert sources(known) == ("page:lovelace.md#in London",)
    assert sources(known, new.key) == ("page:ada.md#Since 1980",)
    # Names exchanged, and told so by hand: it is not followed twice.
    a, b = (known.contents().page_at(path) for path in ("ada.md", "lovelace.md"))
    assert a is not None and b is not None
    pages = {a[0]: replace(a[1], path="lovelace.md"), b[0]: replace(b[1], path="ada.md")}
    exchanged = replace(known.contents(), pages=pages)
    by_hand = exchanged.with_statement(replace(SAID, sources=("page:ada.md#in London",)))
    once = follow_renames(exchanged, known.contents())
    assert once.statements[KEY].sources == ("page:ada.md#in London",)
    assert follow_renames(by_hand, known.contents()).statements[KEY] == once.statements[KEY]
    assert follow_renames(once, known.contents()) == once


def test_a_page_that_goes_is_told(known: Space) -> None:
    found = check_change(known.contents(), known.contents().without_page("ada.md"))
    assert [each.said for each in found] == ["its source, the page ada.md, is taken away"]
    number = open_proposal(known, known.contents().without_page("ada.md"), title="gone").number
    with pytest.raises(ConflictError, match=r"ada\.md, is taken away"):
        merge_proposal(known, number)


def test_an_old_name_says_where_the_page_went(known: Space) -> None:
    agree(known, known.contents().with_renamed("ada.md", "a.md"))
    with pytest.raises(NotFoundError, match=r"ada\.md was renamed to a\.md"):
        blame_page(known, "ada.md", by="rea")
    number = open_proposal(known, known.contents().with_page("b.md", "# B\n"), title="b").number
    with pytest.raises(NotFoundError, match=r"ada\.md was renamed to a\.md"):
        comment(known, number, "so?", page="ada.md", by="rev")


def test_a_longer_name_leaves_a_source_that_can_be_kept() -> None:
    words = "word " * 397
    said = replace(SAID, sources=(f"page:ada.md#{words.strip()}",))
    after = BASE.with_page("ada.md", f"{words}\n").with_statement(said)
    renamed = follow_renames(after.with_renamed("ada.md", f"{'long/' * 20}ada.md"), after)
    found = renamed.statements[KEY].sources[0]
    assert len(found) <= MOST_CHARS and check_change(renamed, renamed) == []
    assert [each.check for each in check_change(after, renamed)] == []


# --- over random histories: pages with numbers for texts, statements that name them by these

LINES = "".join(f"line {number}\n" for number in range(24))
NAMES = [f"{letter}.md" for letter in "abcde"]
STEPS = st.lists(
    st.tuples(st.sampled_from(("rename", "cite", "edit", "add", "merge")), st.integers(0, 99)),
    max_size=14,
)


def _named(contents: Contents) -> set[tuple[str, str]]:
    """Which statement rests on which page, by what no rename changes: the page's first line."""
    texts = {page.path: page.text.split("\n")[0] for page in contents.pages.values()}
    return {
        (said.object, texts.get(source.removeprefix("page:"), f"none: {source}"))
        for said in contents.statements.values()
        for source in said.sources
    }


def _step(contents: Contents, kind: str, number: int, tag: str) -> tuple[Contents, set]:
    """A change as people make it, who say nothing of sources; and what rests on what anew."""
    paths = sorted(page.path for page in contents.pages.values())
    free = [each for each in NAMES if each not in paths]
    path = paths[number % len(paths)]
    text = contents.page_at(path)[1].text  # type: ignore[index]
    if kind == "rename" and free:
        return contents.with_renamed(path, free[number % len(free)]), set()
    if kind == "add" and free:
        return contents.with_page(free[number % len(free)], f"page {tag}\n{LINES}"), set()
    if kind == "edit":  # each in a place of its own, so that most can be merged
        lines = text.split("\n")
        place = 1 + number % 7 * 3
        return contents.with_page(path, "\n".join([*lines[:place], tag, *lines[place:]])), set()
    said = Statement("It", "says", tag, sources=(f"page:{path}",))
    return contents.with_statement(said), {(tag, text.split("\n")[0])}


def follow_history(steps: list[tuple[str, int]]) -> None:
    start = (
        Contents().with_page("a.md", f"page one\n{LINES}").with_page("b.md", f"page two\n{LINES}")
    )
    base = main = branch = start
    expected: set[tuple[str, str]] = set()
    for place, (kind, number) in enumerate([*steps, ("merge", 0)]):
        if kind != "merge":
            before = branch if number % 2 else main
            changed, rests = _step(before, kind, number // 2, f"n{place}")
            changed = follow_renames(changed, before)
            assert follow_renames(changed, before) == changed
            assert _named(changed) == _named(before) | rests
            branch, main = (changed, main) if number % 2 else (branch, changed)
            expected |= rests
            continue
        merged, mirrored = merge(base, main, branch), merge(base, branch, main)
        if merged.conflicts:  # what is made of them is for people
            branch, expected = base, {each for each in expected if each in _named(main)}
            continue
        assert files_of(merged.contents) == files_of(mirrored.contents)
        assert _named(merged.contents) == expected
        base = main = branch = merged.contents


@given(STEPS)
def test_after_any_history_each_statement_rests_on_the_page_that_it_was_said_of(
    steps: list[tuple[str, int]],
) -> None:
    follow_history(steps)


RENAMED_AND_CITED = [("rename", 0), ("cite", 1)]


class ByName(page_sources.Cited):
    """Merges statements by what is written in them."""

    def __init__(self, *pages: page_sources.Pages) -> None:
        super().__init__(*pages)
        self.is_needed = False


def test_a_merge_that_goes_by_names_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    follow_history(RENAMED_AND_CITED)
    monkeypatch.setattr(merging, "Cited", ByName)
    with pytest.raises(AssertionError):
        follow_history(RENAMED_AND_CITED)


def test_a_rename_that_leaves_sources_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = [("cite", 0), ("rename", 0)]
    follow_history(steps)
    monkeypatch.setitem(globals(), "follow_renames", lambda after, *befores: after)
    with pytest.raises(AssertionError):
        follow_history(steps)


def test_what_only_follows_is_told_from_what_changes_too() -> None:
    renamed = follow_renames(BASE.with_renamed("ada.md", "a.md"), BASE)
    assert only_followed(BASE, renamed) == {KEY}
    noted = renamed.with_statement(replace(renamed.statements[KEY], note="seen"))
    assert only_followed(BASE, noted) == set()
    assert "" in difference(BASE, noted).paths and "" not in difference(BASE, renamed).paths


def test_the_graph_follows_and_one_that_is_built_afterwards_is_the_same(
    space: Space, make_place: MakePlace
) -> None:
    place = make_place({}, name="leads")
    place.update()
    agree(space, BASE)
    before = place.dump()
    renamed = agree(space, space.contents().with_renamed("ada.md", "people/ada.md"))
    assert b"page:people/ada.md#in London" in place.dump() and place.dump() != before
    fresh = make_place({}, name="fresh")
    fresh.update()
    bring(fresh.graph, space)
    assert fresh.dump() == place.dump()
    revert(space, renamed)
    assert b"people/ada.md" not in place.dump()


def test_what_is_asked_of_it_says_the_new_name(known: Space) -> None:
    agree(known, known.contents().with_renamed("ada.md", "a.md"))
    told = [blame(known.name, KEY, value=True).values[0].said]
    told.append(str(show_review(known.name, 2).change.values[0].new))
    assert all("page:a.md#in London" in each for each in told), told
    with pytest.raises(NotFoundError, match=r"ada\.md was renamed to a\.md"):
        blame(known.name, "ada.md")
