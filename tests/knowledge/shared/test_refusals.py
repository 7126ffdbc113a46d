"""What cannot be proposed is refused where it is proposed, by its place and with its reason."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.core.errors import AccessError, InputError
from workbench.identity.users import Users
from workbench.knowledge.shared import proposing
from workbench.knowledge.shared.folders import read_folder, write_folder
from workbench.knowledge.shared.landing import merge_proposal, resolve
from workbench.knowledge.shared.operations import list_proposals
from workbench.knowledge.shared.proposing import open_proposal, revise_proposal
from workbench.knowledge.shared.space import Space
from workbench.knowledge.shared.statements import Statement

MakeSpace = Callable[..., Space]


def of(begins: str | None, ends: str | None) -> Statement:
    return Statement("Ada", "lives_in", "London", begins, ends, ("a letter",))


@pytest.mark.parametrize(
    ("begins", "ends", "early"),
    [
        ("1995", "1994", True),
        ("1995-06", "1995-05", True),
        ("1995-06", "1995", False),  # some time of that year
        ("1995", "1995-01-01", False),
        ("-0044-03-15", "-0044-03-14", True),
        ("-0044", "0014", False),
        ("-0014", "-0044", True),
        (None, "1994", False),
        ("1995", None, False),
    ],
)
def test_a_statement_ends_no_earlier_than_it_begins(
    begins: str | None, ends: str | None, early: bool
) -> None:
    assert of(begins, ends).ends_too_early == early


def test_a_statement_that_ends_too_early_is_not_proposed_and_an_old_one_can_go(
    make_space: MakeSpace,
) -> None:
    space = make_space()
    wrong = space.contents().with_statement(of("1995", "1990"))
    with pytest.raises(InputError, match="London since 1995 until 1990: it ends before it begins"):
        open_proposal(space, wrong, title="t")
    fine = open_proposal(space, space.contents().with_page("a.md", "x\n"), title="t")
    with pytest.raises(InputError, match="ends before"):
        revise_proposal(space, fine.number, wrong)
    with pytest.MonkeyPatch.context() as before:
        before.setattr(proposing, "require_in_time", lambda *args: None)
        merge_proposal(space, open_proposal(space, wrong, title="old").number)
    other = open_proposal(space, space.contents().with_page("b.md", "x\n"), title="t")
    head = merge_proposal(space, other.number).before
    later = wrong.with_statement(of("1995", "1989"))
    with pytest.raises(InputError, match="until 1989: it ends before"):
        resolve(space, fine.number, later)
    assert space.head != head
    gone = space.contents().without_statement(of("1995", "1990").key)
    merge_proposal(space, open_proposal(space, gone, title="mend").number)
    assert not space.contents().statements


@pytest.mark.parametrize(
    "title", ["a\nb", "a\u2028b", "a\rb", "a\x85b", "fine \u202egnihton", "x\u2066y", "t" * 201]
)
def test_a_title_is_one_line_that_shows_as_it_reads(make_space: MakeSpace, title: str) -> None:
    space = make_space()
    contents = space.contents().with_page("a.md", "x\n")
    with pytest.raises(InputError, match="one line of at most 200"):
        open_proposal(space, contents, title=title)
    with pytest.MonkeyPatch.context() as before:
        before.setattr(proposing, "checked_title", lambda title: title)
        open_proposal(space, contents, title=title)
    (shown,) = [each.title for each in list_proposals(space.name)]
    assert len(shown) <= 200 and shown.isprintable() and shown != title
    assert open_proposal(space, contents, title="é" * 200).title == "é" * 200


@pytest.mark.parametrize(
    ("name", "line", "said"),
    [
        ("statements.jsonl", '{"subject": "Ada"}', "is no statement"),
        ("statements.jsonl", '{"subject":"A","relation":"b c","object":"D"}', "no relation"),
        ("decisions.jsonl", '{"kind": "pair"}', "is no decision"),
        ("decisions.jsonl", '{"kind":"rule","about":["?",""],"verdict":"holds"}', ""),
    ],
)
def test_a_line_that_is_wrong_is_named_by_its_file_and_number(
    make_space: MakeSpace, tmp_path: Path, name: str, line: str, said: str
) -> None:
    space = make_space()
    write_folder(space, tmp_path / "out")
    (tmp_path / "out" / name).write_text(f"\n{line}\n")
    with pytest.raises(InputError, match=rf"{name}, line 2: .*{said}"):
        read_folder(space, tmp_path / "out")


def test_the_form_of_an_accent_is_said_to_be_the_reason(make_space: MakeSpace) -> None:
    contents = make_space().contents()
    with pytest.raises(InputError, match="has accents as characters of their own") as found:
        contents.with_page(unicodedata.normalize("NFD", "café.md"), "x\n")
    assert "café.md" in str(found.value.hint) and "u0301" in found.value.message
    assert contents.with_page("café.md", "x\n").page_at("café.md") is not None


def test_who_was_shut_out_or_is_not_known_is_helped_by_no_role(space: Space) -> None:
    Users().disable("rev")
    Users().remove("vera")
    for name in ("rev", "vera", "nobody"):
        with pytest.raises(AccessError) as found:
            space.require(name, "read")
        assert "grant" not in str(found.value.hint) and "users list" in str(found.value.hint)
