"""What the checks find in a change, and what they leave alone."""

from __future__ import annotations

import pytest

from workbench.core.errors import ConflictError
from workbench.knowledge.shared.approval_rules import set_rule
from workbench.knowledge.shared.checks import CHECKS, check_change
from workbench.knowledge.shared.contents import Contents
from workbench.knowledge.shared.decisions import Decision
from workbench.knowledge.shared.landing import merge_proposal
from workbench.knowledge.shared.operations import protect
from workbench.knowledge.shared.proposing import open_proposal
from workbench.knowledge.shared.reviewing import review
from workbench.knowledge.shared.single_values import single_valued
from workbench.knowledge.shared.space import Space
from workbench.knowledge.shared.statements import Statement

PAGE = "# Ada\n\nAda was born in London.\n"
SAID = Statement("Ada", "born_in", "London", sources=("page:ada.md#Ada was born\n in London",))
GOOD = Contents().with_page("ada.md", PAGE).with_statement(SAID)


def found(before: Contents, after: Contents) -> list[tuple[str, str]]:
    return [(each.check, each.said) for each in check_change(before, after)]


def test_what_is_good_has_no_findings() -> None:
    assert found(Contents(), GOOD) == []


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ((), "it names no source"),
        (("page:bob.md",), "its source, the page bob.md, is not there"),
        (("page:ada.md#in Paris",), "the page ada.md does not have the words 'in Paris'"),
    ],
)
def test_sources_are_looked_up(source: tuple[str, ...], said: str) -> None:
    new = Statement("Ada", "wrote", "Notes", sources=source)
    assert found(GOOD, GOOD.with_statement(new)) == [("sources", said)]
    # What was so before is not brought by the next change.
    bad = GOOD.with_statement(new)
    assert found(bad, bad.with_page("b.md", "# B\n")) == []


def test_a_path_with_a_number_sign_can_be_a_source() -> None:
    new = Statement("Ada", "wrote", "Notes", sources=("page:C#.md", "page:C#.md#a language"))
    page = GOOD.with_page("C#.md", "# C#\n\na language\n")
    assert found(GOOD, page.with_statement(new)) == []
    other = Statement("Ada", "wrote", "Notes", sources=("page:C#.md#a tongue", "page:D#.md#x"))
    assert [said for _, said in found(GOOD, page.with_statement(other))] == [
        "the page C#.md does not have the words 'a tongue'",
        "its source, the page D, is not there",
    ]


def test_a_page_that_a_statement_rests_on_cannot_go_or_lose_the_words() -> None:
    assert [each for each, _ in found(GOOD, GOOD.without_page("ada.md"))] == ["sources"]
    assert [each for each, _ in found(GOOD, GOOD.with_page("ada.md", "# Ada\n"))] == ["sources"]


def test_two_values_of_a_relation_of_one_value() -> None:
    assert ("born_in", 1) in single_valued() and ("capital_of", 0) in single_valued()
    other = Statement("ADA", "born_in", "Paris", sources=("a book",))
    assert [each for each, _ in found(GOOD, GOOD.with_statement(other))] == ["contradictions"]
    wider = Statement("Ada", "born_in", "London, England", sources=("a book",))
    assert found(GOOD, GOOD.with_statement(wider)) == []
    inside = Statement("Paris", "located_in", "London", sources=("a joke",))
    assert found(GOOD, GOOD.with_statement(other).with_statement(inside)) == []
    was = Statement("Bonn", "capital_of", "Germany", "1949", "1990", ("a book",))
    now = Statement("Berlin", "capital_of", "Germany", "1990", None, ("a book",))
    assert found(GOOD, GOOD.with_statement(was).with_statement(now)) == []
    early = Statement("Berlin", "capital_of", "Germany", "1980", None, ("a book",))
    after = GOOD.with_statement(was).with_statement(early)
    assert [each for each, _ in found(GOOD, after)] == ["contradictions"]


def test_what_is_said_twice() -> None:
    same = Decision("pair", ("Countess Lovelace", "Ada"), "one")
    again = Statement("Countess Lovelace", "born_in", "London", sources=("a book",))
    assert found(GOOD, GOOD.with_statement(again)) == []
    twice = GOOD.with_decision(same).with_statement(again)
    assert [each for each, _ in found(GOOD, twice)] == ["duplicates"]
    copied = GOOD.with_page("copy.md", PAGE)
    assert found(GOOD, copied) == [("duplicates", "it has the text of ada.md")] or found(
        GOOD, copied
    ) == [("duplicates", "it has the text of copy.md")]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "the page is empty"),
        ("# A", "the last line has no end"),
        ("# A\n\n### B\n", "leaves out a level"),
        ("# A\n\nword \n", "at the end of"),
        ("# A\n\n" + "x" * 2000 + "\n", "a line has 2000 characters"),
    ],
)
def test_style(text: str, said: str) -> None:
    (finding,) = check_change(GOOD, GOOD.with_page("b.md", text))
    assert finding.check == "style" and said in finding.said
    code = "# A\n\n```\n### not a heading\n```\n"
    assert check_change(GOOD, GOOD.with_page("b.md", code)) == []


def test_a_check_that_a_rule_names_holds_a_merge_up(space: Space) -> None:
    contents = space.contents().with_statement(Statement("Ada", "wrote", "Notes"))
    number = open_proposal(space, contents, title="t", by="con").number
    assert [each.check for each in review(space, number, by="rea").findings] == ["sources"]
    with pytest.raises(ConflictError, match="it names no source"):
        merge_proposal(space, number, by="cur")
    set_rule(space, approvals=0, checks=["style"], by="adm")
    merge_proposal(space, number, by="cur")


BAD = {
    "sources": GOOD.with_statement(Statement("Ada", "wrote", "Notes")),
    "contradictions": GOOD.with_statement(
        Statement("Ada", "born_in", "Paris", sources=("page:ada.md",))
    ),
    "duplicates": GOOD.with_page("copy.md", PAGE),
    "style": GOOD.with_page("b.md", "# B\n\n### C\n"),
}


@pytest.mark.parametrize("check", CHECKS)
def test_each_check_holds_up_what_it_finds_and_nothing_where_a_rule_asks_for_none(
    space: Space, check: str
) -> None:
    set_rule(space, approvals=0, checks=(), by="adm")
    base = open_proposal(space, GOOD, title="good", by="con").number
    merge_proposal(space, base, by="cur")
    set_rule(space, approvals=0, checks=[check], by="adm")
    number = open_proposal(space, BAD[check], title="bad", by="con").number
    with pytest.raises(ConflictError, match="the checks hold proposal 2 up"):
        merge_proposal(space, number, by="cur")
    others = [each for each in CHECKS if each != check]
    set_rule(space, approvals=0, checks=others, by="adm")
    merge_proposal(space, number, by="cur")  # it is bad in that way alone


def test_no_check_may_be_asked_for_on_the_command_line(space: Space) -> None:
    assert protect("leads", approvals=0, checks=[""], user="adm").checks == ()
    assert protect("leads", approvals=0, user="adm").checks == ("contradictions", "sources")
