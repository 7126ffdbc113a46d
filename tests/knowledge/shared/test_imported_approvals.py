"""An attack: whoever takes a space in writes into its repository that others approved."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from workbench.core.errors import AccessError
from workbench.identity.grants import Grants
from workbench.identity.users import Users
from workbench.knowledge.shared.approval_rules import counted_approvals, judged_approvals, set_rule
from workbench.knowledge.shared.events import Event
from workbench.knowledge.shared.git_export import export_git
from workbench.knowledge.shared.git_import import import_git
from workbench.knowledge.shared.landing import merge_proposal
from workbench.knowledge.shared.proposals import find_proposal
from workbench.knowledge.shared.proposing import open_proposal
from workbench.knowledge.shared.reviewing import approve
from workbench.knowledge.shared.shelf import MIGRATIONS, SqliteShelf, place_of
from workbench.knowledge.shared.space import Space
from workbench.store.database import Database


@pytest.fixture
def taken_in(space: Space, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Space]:
    """A space of the attacker's, in whose repository vera approved what she never saw.

    He administers the space under which it is taken in, and everybody has there the role that he
    has in the real one.
    """
    set_rule(space, approvals=1, checks=(), by="adm")
    contents = space.contents().with_page("a.md", "# What nobody looked at\n")
    number = open_proposal(space, contents, title="mine", by="con").number
    record = find_proposal(space, number).head
    forged = Event(space.last_event + 1, "approved", "vera", space.now_us(), number, record)
    events = space.shelf.events()
    with monkeypatch.context() as patch:
        patch.setattr(space.shelf, "events", lambda **_: [*events, forged])
        export_git(space, tmp_path / "out")
    Users().add("mal")
    for user, role in (("mal", "admin"), ("vera", "reviewer"), ("con", "contributor")):
        Grants().give(user, role, space="/knowledge/taken")
    made = Space("taken", shelf=SqliteShelf(place_of("taken"), durable=False))
    import_git(made, tmp_path / "out", by="mal")
    yield made
    made.shelf.close()


def test_an_approval_that_nobody_gave_here_does_not_count(taken_in: Space) -> None:
    proposal = find_proposal(taken_in, 1)
    assert [each.user for each in proposal.approvals] == ["vera"]  # as the repository tells it
    assert counted_approvals(taken_in, proposal, ["a.md"]) == []
    assert "nobody gave it here" in judged_approvals(taken_in, proposal, ["a.md"])["vera"]
    with pytest.raises(AccessError, match="that of vera does not count: it came with an import"):
        merge_proposal(taken_in, 1, by="mal")
    assert taken_in.contents().page_at("a.md") is None


def test_the_attack_works_where_imports_are_not_noted(
    taken_in: Space, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taken_in.shelf, "imported", lambda: 0)
    merge_proposal(taken_in, 1, by="mal")
    assert taken_in.contents().page_at("a.md") is not None


def test_who_is_said_to_have_approved_can_do_so_here(taken_in: Space) -> None:
    approve(taken_in, 1, by="vera")
    assert counted_approvals(taken_in, find_proposal(taken_in, 1), ["a.md"]) == ["vera"]
    merge_proposal(taken_in, 1, by="mal")


def test_a_space_of_before_is_taken_as_not_imported(tmp_path: Path) -> None:
    path = tmp_path / "space.sqlite"
    old = Database(path, migrations=MIGRATIONS[:1])
    old.read("SELECT 1")
    old.close()
    shelf = SqliteShelf(path)
    assert shelf.imported() == 0
    with shelf.transaction():
        shelf.note_imported(7)
        shelf.note_imported(3)
    assert shelf.imported() == 7
    shelf.close()
