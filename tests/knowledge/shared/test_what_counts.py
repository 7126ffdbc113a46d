"""Approvals that do not count, clocks that were ahead and spaces that never began are told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click
import pytest

from workbench.cli.knowledge_shared import show_log, show_proposals_list, show_propose
from workbench.core.errors import AccessError, NotFoundError
from workbench.identity.grants import Grants
from workbench.identity.users import Users
from workbench.knowledge.shared.approval_rules import set_rule
from workbench.knowledge.shared.git_export import export_git
from workbench.knowledge.shared.landing import merge_proposal
from workbench.knowledge.shared.operations import add_space, list_proposals, show_review, spaces
from workbench.knowledge.shared.proposing import open_proposal
from workbench.knowledge.shared.reviewing import approve
from workbench.knowledge.shared.shelf import place_of
from workbench.knowledge.shared.space import Space, open_space
from workbench.knowledge.shared.version_operations import import_one, log

MakeSpace = Callable[..., Space]


def test_an_approval_that_does_not_count_is_told_with_its_reason(
    space: Space, capsys: pytest.CaptureFixture[str]
) -> None:
    set_rule(space, approvals=2, by=None)
    made = open_proposal(space, space.contents().with_page("a.md", "x\n"), title="t", by="con")
    for name in ("rev", "vera", "cur", None):
        approve(space, made.number, by=name)
    Grants().give("rev", "reader", space=space.path)
    Users().remove("vera")
    (row,) = list_proposals(space.name)
    assert row.approvals == ("cur",)
    reasons = {each.partition(": ")[0]: each.partition(": ")[2] for each in row.uncounted}
    assert {*reasons} == {"rev", "vera", "local"}
    assert "granted reader in /knowledge/leads" in reasons["rev"] and "removed" in reasons["vera"]
    assert "own user" in reasons["local"]
    assert show_review(space.name, made.number).proposal == row
    with pytest.raises(AccessError, match=r"1 approval that counts \(cur\)") as found:
        merge_proposal(space, made.number)
    assert "that of vera does not count: the user 'vera' is removed" in found.value.message
    show_propose(row)
    show_proposals_list([row])
    shown = click.unstyle(capsys.readouterr().out)
    assert "approved by cur\n" in shown and "rev (does not count)" in shown
    assert "an approval that does not count: vera: the user 'vera' is removed" in shown
    # Of what was merged, who approved it stays as it was.
    set_rule(space, approvals=1, by=None)
    merge_proposal(space, made.number)
    (row,) = list_proposals(space.name, all_states=True)
    assert {*row.approvals} == {"rev", "vera", "cur", "local"} and not row.uncounted


def test_the_record_from_the_future_is_marked_and_not_the_next_one(
    make_space: MakeSpace, capsys: pytest.CaptureFixture[str]
) -> None:
    now = [1_000_000 * 10**9]
    space = make_space(clock=lambda: now[0])
    for title, seconds in (("one", 10), ("two", 3600), ("three", -3590), ("four", -50)):
        now[0] += seconds * 10**9
        contents = space.contents().with_page(f"{title}.md", "x\n")
        merge_proposal(space, open_proposal(space, contents, title=title).number)
    found = log(space.name)
    assert {each.words for each in found if each.clock_ahead} == {"two"}
    assert [each.words for each in log(space.name, limit=3) if each.clock_ahead] == ["two"]
    show_log(found)
    shown = click.unstyle(capsys.readouterr().out)
    assert "two" in next(line for line in shown.splitlines() if "its clock was ahead" in line)


def test_an_import_that_is_refused_leaves_no_space_behind(
    make_space: MakeSpace, tmp_path: Path
) -> None:
    export_git(make_space("there"), tmp_path / "out")
    (tmp_path / "out" / "refs" / "heads" / "main").unlink()
    with pytest.raises(NotFoundError, match="has no refs/heads/main"):
        import_one("ghost", tmp_path / "out")
    assert place_of("ghost").exists()
    assert spaces() == ["there"]
    with pytest.raises(NotFoundError, match="ghost"):
        open_space("ghost")
    add_space("ghost")
    assert spaces() == ["ghost", "there"]
