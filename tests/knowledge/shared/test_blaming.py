"""Who wrote each line and said each statement, over merges, renames and reverts."""

from __future__ import annotations

import random

import pytest

from workbench.core.errors import AccessError, NotFoundError
from workbench.identity.grants import Grants
from workbench.knowledge.shared import blaming
from workbench.knowledge.shared.approval_rules import set_rule
from workbench.knowledge.shared.blaming import blame_page, blame_value
from workbench.knowledge.shared.landing import merge_proposal, revert
from workbench.knowledge.shared.proposing import open_proposal
from workbench.knowledge.shared.space import Space
from workbench.knowledge.shared.statements import Statement


def land(space: Space, contents: object, author: str) -> str:
    made = open_proposal(space, contents, title="t", by=author)  # type: ignore[arg-type]
    return merge_proposal(space, made.number, by="cur").record


def authors(space: Space, path: str) -> list[str]:
    return [each.author for each in blame_page(space, path, by="rea")]


def test_lines_keep_their_authors_over_merges_and_renames(space: Space) -> None:
    land(space, space.contents().with_page("a.md", "one\ntwo\nthree\nfour\n"), "con")
    base = space.contents()
    changed = base.with_page("a.md", "ONE\ntwo\nthree\nfour\n")
    first = open_proposal(space, changed, title="t", by="rev")
    land(space, base.with_page("a.md", "one\ntwo\nthree\nFOUR\nfive\n"), "vera")
    land(space, space.contents().with_renamed("a.md", "b.md"), "adm")
    merge_proposal(space, first.number, by="cur")
    assert authors(space, "b.md") == ["rev", "con", "con", "vera", "vera"]
    with pytest.raises(NotFoundError):
        blame_page(space, "a.md")
    Grants().give("rea", "none", space=f"{space.path}/b.md")
    with pytest.raises(AccessError):
        blame_page(space, "b.md", by="rea")


def test_a_statements_changes_have_their_authors(space: Space) -> None:
    said = Statement("Ada", "works_for", "Babbage", sources=("a book",))
    land(space, space.contents().with_statement(said), "con")
    until = Statement("Ada", "works_for", "Babbage", None, "1843", ("a book",))
    ended = land(space, space.contents().with_statement(until), "rev")
    land(space, space.contents().with_page("a.md", "x\n"), "vera")
    revert(space, ended, by="cur")
    found = blame_value(space, said.key[:8], by="rea")
    assert [each.author for each in found] == ["cur", "rev", "con"]
    assert "1843" in found[1].said and "1843" not in found[0].said
    with pytest.raises(NotFoundError):
        blame_value(space, "0" * 64)


def drawn_blame(space: Space) -> tuple[list[str], list[str]]:
    """Lines that are drawn with their authors, and what blame says of them."""
    chance = random.Random(3)
    set_rule(space, approvals=0, checks=(), by=None)
    known: list[tuple[str, str]] = [("first\n", "con")]
    land(space, space.contents().with_page("a.md", "first\n"), "con")
    for number in range(25):
        author = chance.choice(["con", "rev", "vera", "adm"])
        at = chance.randint(0, len(known))
        new = [(f"line {number} {part}\n", author) for part in range(chance.randint(1, 3))]
        known[at : at + chance.randint(0, 2)] = new
        text = "".join(line for line, _ in known)
        land(space, space.contents().with_page("a.md", text), author)
    return [author for _, author in known], authors(space, "a.md")


def test_drawn_edits_are_blamed_on_who_made_them(space: Space) -> None:
    drawn, blamed = drawn_blame(space)
    assert len(drawn) > 20 and len({*drawn}) == 4
    assert blamed == drawn


def test_a_blame_that_looks_at_whole_pages_is_seen(
    space: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    def whole(old: str, new: str, lines: list[int]) -> list[tuple[int, int]]:
        return [(line, line) for line in lines] if old == new else []

    monkeypatch.setattr(blaming, "unchanged_lines", whole)
    drawn, blamed = drawn_blame(space)
    assert blamed != drawn
