"""A proposal as one person looks at it: all that a page shows of it, as plain data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.identity.scopes import SignedIn
from workbench.knowledge.shared.approval_rules import ApprovalRule, blocking, judged_approvals
from workbench.knowledge.shared.authors import state_of
from workbench.knowledge.shared.checks import Finding
from workbench.knowledge.shared.contents import Contents
from workbench.knowledge.shared.proposals import Comment, Proposal, words_of
from workbench.knowledge.shared.proposing import all_touched, base_of
from workbench.knowledge.shared.reviewing import Review, place_now, review
from workbench.knowledge.shared.space import Space

from .queue import taken_back
from .rights import Right, rights_on
from .shown_cells import show_changed
from .shown_conflicts import ShownConflict, show_conflicts
from .shown_facts import ShownFact, picture_of, show_facts
from .shown_pages import MOST_LINES, ShownPage

if TYPE_CHECKING:
    from workbench.knowledge.views.picture import Picture

_CHECKS = {
    "sources": "A fact should say where it is said, and a source that names words of a page should "
    "find them there.",
    "contradictions": "Two facts that cannot both be so: a person is born in one place.",
    "duplicates": "The same is said twice, or two pages have one text.",
    "style": "The last line of a page has an end, headings leave out no level, no line is endless.",
}


@dataclass(frozen=True)
class ShownComment:
    """A comment and where its line is now; ``moved`` says that what it was said of was changed."""

    number: int
    author: str
    time_s: float
    words: str
    page: str | None
    line: int | None
    statement: str | None
    settled_by: str | None
    moved: bool
    own: bool


@dataclass(frozen=True)
class ShownFinding:
    """What a check found, why it looks, and whether it holds up the merge."""

    check: str
    what: str
    said: str
    why: str
    line: int | None
    key: str | None
    page: str | None
    blocks: bool


@dataclass(frozen=True)
class Sheet:
    """All of a proposal.

    Attributes:
        words: What its author said of it.
        head: The record of the space that it was looked at beside.
        seen: The record that is proposed.
        event: The number of the space's last event then: what is newer happened meanwhile.
        taken_back: Who took it back after it was merged, and when.
        author_state: ``in force``, ``disabled``, ``removed``, or ``unknown`` to this home.
        asks: What the rules ask: how many approvals, by which path.
        counted: Whose approvals count now.
        lacks: What is still between it and a merge, each in a sentence.
        rights: By deed.
    """

    proposal: Proposal
    words: str
    head: str
    seen: str
    event: int
    taken_back: tuple[str, float] | None
    author_state: str
    asks: ApprovalRule
    counted: tuple[str, ...]
    lacks: tuple[str, ...]
    rights: Mapping[str, Right]
    pages: tuple[ShownPage, ...]
    facts: tuple[ShownFact, ...]
    picture: Picture | None
    findings: tuple[ShownFinding, ...]
    conflicts: tuple[ShownConflict, ...]
    comments: tuple[ShownComment, ...]


def show_sheet(
    space: Space, number: int, *, by: SignedIn, unfolded: Mapping[str, int] | None = None
) -> Sheet:
    """A proposal for somebody who may read it.

    Args:
        space: The space.
        number: The proposal.
        by: Who looks.
        unfolded: How many lines he asked for, by page id, where it is more than at first.

    Raises:
        AccessError: He may not read the space.
        NotFoundError: There is no such proposal, or it touches a page that is closed to him.
    """
    with space.shelf.snapshot():
        found = review(space, number, by=by)
        proposal, head = found.proposal, space.head
        touched = all_touched(space, proposal)
        before, after = (space.contents(each) for each in (base_of(space, proposal), proposal.head))
        comments = tuple(_comment(space, proposal, each, by) for each in proposal.comments)
        facts = show_facts(found.change, before, after)
        conflicts: tuple[ShownConflict, ...] = ()
        if found.conflicts:
            conflicts = show_conflicts(space, proposal, head, space.merged(head, proposal.head))
        return Sheet(
            proposal,
            words_of(space, proposal),
            head,
            proposal.head,
            space.last_event,
            _taken_back(space, proposal),
            state_of(proposal.author),
            found.rule,
            found.counted,
            tuple(_lacks(space, found, touched)),
            rights_on(space, proposal, touched, by),
            _pages(found, before, after, comments, unfolded or {}),
            facts,
            picture_of(space.name, facts, before, after),
            tuple(_finding(each, found, after) for each in found.findings),
            conflicts,
            comments,
        )


def _pages(
    found: Review,
    before: Contents,
    after: Contents,
    comments: tuple[ShownComment, ...],
    unfolded: Mapping[str, int],
) -> tuple[ShownPage, ...]:
    made = []
    for change in found.change.pages:
        old, new = (side.pages.get(change.id) for side in (before, after))
        wanted = [
            each.line
            for each in comments
            if each.page is not None and each.page == change.new_path and each.line is not None
        ]
        made.append(
            show_changed(
                change, "" if old is None else old.text, "" if new is None else new.text,
                most=unfolded.get(change.id, MOST_LINES), wanted=wanted,
            )
        )  # fmt: skip
    return tuple(sorted(made, key=lambda each: each.new_path or each.old_path or ""))


def _comment(space: Space, proposal: Proposal, said: Comment, by: SignedIn) -> ShownComment:
    page, line, moved = said.page, said.line, False
    if said.page is not None:
        place = place_now(space, proposal, said)
        if place is None:
            moved = True
        else:
            page, line = place[0], None if said.line is None else place[1]
    elif said.statement is not None:
        moved = said.statement not in space.contents(proposal.head).statements
    own = by.user in (said.author, proposal.author)
    return ShownComment(
        said.number, said.author, said.time_us / 1e6, said.words, page, line, said.statement,
        said.settled_by, moved, own,
    )  # fmt: skip


def _finding(each: Finding, found: Review, after: Contents) -> ShownFinding:
    page = each.what if each.key is None and after.page_at(each.what) is not None else None
    why = _CHECKS.get(each.check, "")
    blocks = bool(blocking([each], found.rule))
    return ShownFinding(each.check, each.what, each.said, why, each.line, each.key, page, blocks)


def _lacks(space: Space, found: Review, touched: tuple[str, ...]) -> list[str]:
    """What is still between a proposal and its merge."""
    proposal = found.proposal
    if proposal.state != "open":
        return []
    told = []
    missing = found.rule.approvals - len(found.counted)
    if missing > 0:
        where = found.rule.path or "this space"
        told.append(
            f"{missing} more approval{'s' if missing > 1 else ''}: {where} asks for "
            f"{found.rule.approvals}, of people who wrote none of it"
        )
    for who, why in judged_approvals(space, proposal, touched).items():
        if why and missing > 0:
            told.append(f"that {who} approved it does not count: {why}")
    for who, why in proposal.objections.items():
        if space.may(who, "review", touched):
            since = " (it was revised since: he is to look again)" * proposal.is_answered(who)
            told.append(f"{who} asks for changes: {why}{since}")
    if found.conflicts:
        count = len(found.conflicts)
        told.append(f"{count} conflict{'s' if count > 1 else ''} with what was merged meanwhile")
    held = blocking(found.findings, found.rule)
    if held:
        told.append(f"{len(held)} finding{'s' if len(held) > 1 else ''} of checks that hold it up")
    return told


def _taken_back(space: Space, proposal: Proposal) -> tuple[str, float] | None:
    if proposal.ended_as is None:
        return None
    found = taken_back(space.shelf.events(kinds=("reverted",))).get(proposal.ended_as)
    return None if found is None else (found.actor, found.time_us / 1e6)
