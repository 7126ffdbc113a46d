"""Pages whose paths differ in case alone: refused where they would come to be; the way out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.core.errors import ConflictError
from workbench.identity.grants import Grants
from workbench.knowledge.shared import landing, proposing
from workbench.knowledge.shared.folders import write_folder
from workbench.knowledge.shared.landing import merge_proposal, revert
from workbench.knowledge.shared.proposing import open_proposal, revise_proposal
from workbench.knowledge.shared.space import Space

MakeSpace = Callable[..., Space]


def land(space: Space, path: str, text: str = "# T\n") -> str:
    """Merge one page."""
    made = open_proposal(space, space.contents().with_page(path, text), title=f"write {path}")
    return merge_proposal(space, made.number).record


def unchecked(monkeypatch: pytest.MonkeyPatch) -> None:
    """As the program was before it looked at this."""
    for module in (landing, proposing):
        monkeypatch.setattr(module, "require_apart", lambda *args, **named: None)


@pytest.mark.parametrize(
    ("there", "new", "named"),
    [
        ("plan-2026.md", "PLAN-2026.md", "plan-2026.md"),
        ("people/ada.md", "People/eve.md", "people/eve.md"),
        ("people", "People/eve.md", "people/eve.md"),
        ("a/Straße/b.md", "a/strasse/b.md", "a/Straße/b.md"),
    ],
)
def test_such_a_page_is_refused_where_it_is_proposed(
    make_space: MakeSpace, there: str, new: str, named: str
) -> None:
    space = make_space()
    land(space, there)
    contents = space.contents().with_page(new, "# Eve\n")
    with pytest.raises(ConflictError, match=f"{there} and {new} differ in case alone") as found:
        open_proposal(space, contents, title="t")
    assert named in str(found.value.hint)
    in_its_place = space.contents().without_page(there).with_page(new, "# Eve\n")
    fine = open_proposal(space, in_its_place, title="t")
    with pytest.raises(ConflictError, match="differ in case alone"):
        revise_proposal(space, fine.number, contents)


def test_of_two_proposals_the_second_is_not_merged_and_no_revert_brings_both_back(
    make_space: MakeSpace,
) -> None:
    space = make_space()
    base = space.contents()
    one = open_proposal(space, base.with_page("plan.md", "x\n"), title="one")
    two = open_proposal(space, base.with_page("Plan.md", "y\n"), title="two")
    merge_proposal(space, one.number)
    head = space.head
    with pytest.raises(ConflictError, match="differ in case alone"):
        merge_proposal(space, two.number)
    assert space.head == head
    gone = space.contents().without_page("plan.md")
    record = merge_proposal(space, open_proposal(space, gone, title="gone").number).record
    merge_proposal(space, two.number)
    with pytest.raises(ConflictError, match="differ in case alone"):
        revert(space, record)


def test_a_page_that_he_may_not_read_is_not_named(space: Space) -> None:
    land(space, "closed/pay.md")
    Grants().give("con", "none", space=f"{space.path}/closed/pay.md")
    contents = space.contents().with_page("closed/Pay.md", "# P\n")
    with pytest.raises(ConflictError, match=r"closed/Pay\.md and another differ") as found:
        open_proposal(space, contents, title="t", by="con")
    assert "pay.md" not in f"{found.value}{found.value.hint}"


def test_a_space_that_has_such_pages_goes_on_and_says_how_to_be_rid_of_them(
    make_space: MakeSpace, tmp_path: Path
) -> None:
    space = make_space()
    with pytest.MonkeyPatch.context() as before:
        unchecked(before)
        land(space, "plan.md")
        land(space, "People/ada.md")
        bringing = land(space, "Plan.md", "# Other\n")
        land(space, "people/eve.md")
    record = land(space, "z.md")  # what is there already holds nothing up
    gone = space.contents().without_page("People/ada.md").with_page("people/bea.md", "x\n")
    merge_proposal(space, open_proposal(space, gone, title="t").number)
    with pytest.raises(ConflictError, match=r"Plan\.md and plan\.md differ") as found:
        write_folder(space, tmp_path / "out")
    hint = f"workbench knowledge revert leads {bringing[:12]} takes back what brought both"
    assert found.value.hint == f"{hint}, which merged proposal 3"
    revert(space, bringing)
    assert write_folder(space, tmp_path / "out").pages == 4
    with pytest.raises(ConflictError) as found:
        write_folder(space, tmp_path / "old", record=record)
    assert "what is agreed on now" in str(found.value.hint)
