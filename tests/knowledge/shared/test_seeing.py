"""Who may not read a page learns nothing of a proposal that touches it, by no way in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from workbench.core.errors import AccessError, NotFoundError
from workbench.identity.grants import Grants
from workbench.identity.users import Users
from workbench.knowledge.shared.folders import write_folder
from workbench.knowledge.shared.git_export import export_git
from workbench.knowledge.shared.landing import merge_proposal, resolve
from workbench.knowledge.shared.operations import show_review
from workbench.knowledge.shared.proposing import end_proposal, open_proposal, revise_proposal
from workbench.knowledge.shared.reviewing import approve, ask_for_changes, comment, settle_comment
from workbench.knowledge.shared.space import Space

WAYS: dict[str, Callable[[Space, int], object]] = {
    "review": lambda space, number: show_review(space.name, number, user="cur"),
    "ask": lambda space, number: ask_for_changes(space, number, "more", by="cur"),
    "comment": lambda space, number: comment(space, number, "so?", by="cur"),
    "on a page": lambda space, number: comment(space, number, "so?", page="a.md", by="cur"),
    "settle": lambda space, number: settle_comment(space, number, 1, by="cur"),
    "approve": lambda space, number: approve(space, number, by="cur"),
    "merge": lambda space, number: merge_proposal(space, number, by="cur"),
    "end": lambda space, number: end_proposal(space, number, by="cur"),
    "revise": lambda space, number: revise_proposal(space, number, space.contents(), by="cur"),
    "resolve": lambda space, number: resolve(space, number, space.contents(), by="cur"),
}


@pytest.fixture
def half_closed(space: Space) -> Space:
    """Proposal 1 of a page that all may read, 2 of one that is closed to the curator."""
    for path in ("a.md", "secret/plan.md"):
        contents = space.contents().with_page(path, f"# {path}\n")
        open_proposal(space, contents, title=f"write {path}", by="con")
    Grants().give("cur", "none", space=f"{space.path}/secret")
    return space


@pytest.mark.parametrize("way", WAYS)
def test_a_closed_proposal_is_as_one_that_is_not_there(half_closed: Space, way: str) -> None:
    told = []
    for number in (2, 9999):
        with pytest.raises(NotFoundError) as found:
            WAYS[way](half_closed, number)
        told.append(f"{found.value.message} {found.value.hint}".replace(str(number), "N"))
    assert told[0] == told[1]
    assert "secret" not in told[0] and "last" not in told[0]


def test_what_is_written_whole_names_no_page_that_is_closed(
    half_closed: Space, tmp_path: Path
) -> None:
    merge_proposal(half_closed, 2)
    for write in (write_folder, export_git):
        with pytest.raises(AccessError, match="a part of 'leads' is closed") as found:
            write(half_closed, tmp_path / "out", by="cur")  # type: ignore[operator]
        assert "secret" not in f"{found.value.message}{found.value.hint}"
        assert not (tmp_path / "out").exists()


def test_who_may_read_nothing_is_told_that_his_role_is_missing(half_closed: Space) -> None:
    Users().add("out")
    with pytest.raises(AccessError, match="'out' has no role"):
        show_review(half_closed.name, 1, user="out")
