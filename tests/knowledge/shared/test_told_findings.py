"""Checks are no oracle: who may not read a page cannot guess its path or words by what they say."""

from __future__ import annotations

import pytest

from workbench.core.errors import ConflictError
from workbench.identity.grants import Grants
from workbench.knowledge.shared.checks import Finding, check_change
from workbench.knowledge.shared.landing import merge_proposal
from workbench.knowledge.shared.proposing import open_proposal
from workbench.knowledge.shared.reviewing import approve, review
from workbench.knowledge.shared.space import Space
from workbench.knowledge.shared.statements import Statement

CLOSED = "# Plan\n\nWe sell the mill.\n"


@pytest.fixture
def closed(space: Space) -> Space:
    """A space with a page that the contributor and the curator may not read."""
    contents = space.contents().with_page("secret/plan.md", CLOSED).with_page("a.md", "# A\n")
    number = open_proposal(space, contents, title="a plan", by="con").number
    approve(space, number, by="rev")
    merge_proposal(space, number, by="adm")
    for name in ("con", "cur"):
        Grants().give(name, "none", space=f"{space.path}/secret")
    return space


def guess(space: Space, source: str) -> int:
    said = Statement("Mill", "sold_on", "2026", sources=(source,))
    contents = space.contents().with_statement(said)
    return open_proposal(space, contents, title="a guess", by="con").number


GUESSES = (
    "page:secret/plan.md#We sell the mill.",  # right
    "page:secret/plan.md#We keep the mill.",  # wrong
    "page:secret/plan.md",  # right
    "page:secret/none.md",  # wrong
    "page:secret/a#b.md#x",
)


def test_the_same_is_told_of_every_source_in_a_closed_place(closed: Space) -> None:
    told: list[tuple[Finding, ...]] = []
    for source in GUESSES:
        number = guess(closed, source)
        told.append(review(closed, number, by="con").findings)
    assert {(each.said, each.is_closed) for (each,) in told} == {(told[0][0].said, True)}
    # Whoever may read it sees what is so, and the checks themselves know.
    assert [len(review(closed, 2 + n, by="rev").findings) for n in range(5)] == [0, 1, 0, 1, 1]
    before = closed.contents()
    after = closed.contents(review(closed, 3).proposal.head)
    assert [each.is_closed for each in check_change(before, after)] == [False]


def test_a_page_with_the_text_of_a_closed_one_is_told_to_who_may_read_both(closed: Space) -> None:
    contents = closed.contents().with_page("b.md", CLOSED).with_page("c.md", "# A\n")
    number = open_proposal(closed, contents, title="copies", by="con").number
    assert [each.said for each in review(closed, number, by="con").findings] == [
        "it has the text of a.md"
    ]
    assert len(review(closed, number, by="rev").findings) == 2


def test_a_merge_is_held_up_all_the_same_and_does_not_say_by_which_words(closed: Space) -> None:
    number = guess(closed, "page:secret/plan.md#We keep the mill.")
    approve(closed, number, by="rev")
    with pytest.raises(ConflictError) as held:
        merge_proposal(closed, number, by="cur")
    assert held.value.message.endswith("hold proposal 2 up: what is closed to you")
    with pytest.raises(ConflictError, match="does not have the words 'We keep"):
        merge_proposal(closed, number, by="adm")
    right = guess(closed, "page:secret/plan.md#We sell the mill.")
    approve(closed, right, by="rev")
    assert merge_proposal(closed, right, by="cur").proposal == right
