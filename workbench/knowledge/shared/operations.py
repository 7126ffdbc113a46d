"""What a user can ask of spaces and proposals. ``versions`` has what there is of states."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

import annotated_types as limits

from workbench.core.errors import InputError
from workbench.core.operations import operation
from workbench.core.viewers import Viewable

from . import version_operations  # noqa: F401
from .activity import operations as activity_operations  # noqa: F401
from .activity.happenings import Happenings
from .approval_rules import ApprovalRule, judged_approvals, set_rule
from .authors import state_of
from .checks import Finding
from .conflicts import Conflict
from .differences import Difference
from .folders import read_folder
from .landing import Landed, merge_proposal, resolve
from .opening import opened_space
from .proposals import Comment, Proposal, ProposalState, find_proposal
from .proposing import all_touched, end_proposal, open_proposal, revise_proposal
from .reviewing import (
    approve,
    ask_for_changes,
    comment,
    dismiss_request,
    place_now,
    review,
    settle_comment,
)
from .settling import settle
from .shelf import list_spaces
from .space import Space

Number = Annotated[int, limits.Ge(1)]


@dataclass(frozen=True)
class ProposalSummary(Viewable):
    """A proposal in a line. ``approvals`` are of what is proposed now, ``uncounted`` those of them
    that do not count any more, each with the reason; of one that was ended all are as they were.
    ``author_state`` is how its author stands: in force, disabled, removed, or unknown here."""

    number: int
    title: str
    author: str
    state: ProposalState
    record: str
    revisions: int
    approvals: tuple[str, ...]
    objections: tuple[str, ...]
    open_comments: int
    uncounted: tuple[str, ...] = ()
    author_state: str = "in force"


@dataclass(frozen=True)
class ShownReview(Viewable):
    """A proposal with all that a reviewer looks at; ``needs`` is how many approvals are missing.

    Of a comment on a line, ``page_now`` and ``line_now`` are where that line is in what is proposed
    now; they are None where it was changed.
    """

    name: str
    proposal: ProposalSummary
    change: Difference
    findings: tuple[Finding, ...]
    conflicts: tuple[Conflict, ...]
    comments: tuple[dict[str, Any], ...]
    needs: int


@operation("knowledge.spaces_add", title="Make a space of shared knowledge", group="spaces")
def add_space(name: str) -> str:
    """Make a space, empty, in which people agree on pages, statements and decisions.

    Who may do what there are the roles in /knowledge/NAME: workbench identity roles give.

    Args:
        name: What to call it, as the graph that it goes with.
    """
    space = Space(name)
    with closing(space.shelf):
        return space.begin()


@operation("knowledge.spaces_list", title="List the spaces", produces="table", group="spaces")
def spaces() -> list[str]:
    """List the spaces of shared knowledge of this home."""
    return list_spaces()


@operation("knowledge.propose", title="Propose a change", produces="proposal")
def propose(
    name: str,
    folder: Path,
    *,
    title: str = "",
    words: str = "",
    renames: list[str] | None = None,
    revise: Number | None = None,
    user: str | None = None,
) -> ProposalSummary:
    """Propose what a folder holds that `checkout` wrote and somebody changed.

    Args:
        name: The space.
        folder: The folder.
        title: What the change is, in a line.
        words: More about it.
        renames: Pages that were renamed and changed, as OLD=NEW.
        revise: Change this proposal of his own, in place of a new one.
        user: Who proposes; his roles decide. By default this machine's own user.
    """
    moves = dict(_pairs(renames or [], hint="--renames old.md=new.md"))
    with opened_space(name) as space:
        contents, base = read_folder(space, folder, renames=moves, by=user)
        if revise is not None:
            said = words or title
            made = revise_proposal(space, revise, contents, base=base, words=said, by=user)
        else:
            made = open_proposal(space, contents, title=title, base=base, words=words, by=user)
        return _summary(space, made)


@operation("knowledge.proposals_list", title="List proposals", group="proposals")
def list_proposals(
    name: str, *, all_states: bool = False, user: str | None = None
) -> list[ProposalSummary]:
    """List the open proposals of a space: the queue. Those that touch a page which is closed to who
    asks are left out.

    Args:
        name: The space.
        all_states: Also those that were merged, withdrawn or declined.
        user: Who asks; his roles decide.
    """
    with opened_space(name) as space:
        space.require(user, "read")
        done = Happenings(space, user)
        numbers = space.shelf.proposals()
        if all_states:
            numbers = sorted((*numbers, *space.shelf.proposals(ended=True)))
        return [
            _summary(space, find_proposal(space, each))
            for each in numbers
            if done.may_see_proposal(each)
        ]


@operation("knowledge.review", title="Look at a proposal", produces="review")
def show_review(
    name: str, number: Number, *, ask: str | None = None, user: str | None = None
) -> ShownReview:
    """Show what a proposal changes, of text and facts together, with checks and conflicts.

    Args:
        name: The space.
        number: The proposal.
        ask: Ask for these changes: until who asks approves it, or takes that back with
            `proposals dismiss`, it cannot be merged, however it is revised.
        user: Who looks; his roles decide.
    """
    with opened_space(name) as space:
        if ask is not None:
            ask_for_changes(space, number, ask, by=user)
        found = review(space, number, by=user)
        return ShownReview(
            name,
            _summary(space, found.proposal),
            found.change,
            found.findings,
            found.conflicts,
            tuple(_told(space, found.proposal, each) for each in found.proposal.comments),
            max(0, found.rule.approvals - len(found.counted)),
        )


@operation("knowledge.approve", title="Approve a proposal", produces="proposal")
def approve_proposal(
    name: str, number: Number, *, seen: str | None = None, user: str | None = None
) -> ProposalSummary:
    """Approve what a proposal says now; nobody approves what he wrote.

    Args:
        name: The space.
        number: The proposal.
        seen: The record that was looked at; if it was revised since, nothing is approved.
        user: Who approves; his roles decide. What this machine's own user approves is not counted.
    """
    with opened_space(name) as space:
        return _summary(space, approve(space, number, seen=seen, by=user))


@operation("knowledge.merge_proposal", title="Merge a proposal", produces="landed")
def merge_one(
    name: str,
    number: Number,
    *,
    seen: str | None = None,
    words: str = "",
    user: str | None = None,
) -> Landed:
    """Make a proposal part of what is agreed on; conflicts are named, and then nothing is merged.

    Args:
        name: The space.
        number: The proposal.
        seen: The record that was looked at; if it was revised since, nothing is merged.
        words: What is said of it, by default its title.
        user: Who merges; his roles decide.
    """
    with opened_space(name) as space:
        return merge_proposal(space, number, seen=seen, words=words, by=user)


@operation("knowledge.proposals_resolve", title="Settle conflicts", group="proposals")
def resolve_conflicts(
    name: str,
    number: Number,
    *,
    take: list[str] | None = None,
    folder: Path | None = None,
    user: str | None = None,
) -> ProposalSummary:
    """Settle a proposal's conflicts with what was merged meanwhile; it is approved anew.

    Args:
        name: The space.
        number: The proposal.
        take: Whose is taken by the numbers of `review`: 1=ours is what was merged, 2=theirs.
        folder: Or a folder that holds what both shall be together, checked out since the conflict.
        user: Its author, or who may merge.
    """
    with opened_space(name) as space:
        theirs: str | None = None
        if folder is not None:
            contents, head = read_folder(space, folder, by=user)
        else:
            head = space.head
            theirs = review(space, number, by=user).proposal.head
            sides: dict[int, Any] = {}
            for key, side in _pairs(take or [], hint="--take 1=ours|theirs"):
                if not key.isdecimal() or side not in ("ours", "theirs"):
                    raise InputError(f"{key}={side} is no choice", hint="--take 1=ours|theirs")
                sides[int(key)] = side
            merged = space.merged(head, theirs)
            contents = settle(merged, space.contents(head), space.contents(theirs), sides)
        # What others merge or propose while this is settled is met by the next merge.
        return _summary(space, resolve(space, number, contents, onto=head, seen=theirs, by=user))


@operation("knowledge.proposals_end", title="Withdraw or decline a proposal", group="proposals")
def end_one(
    name: str, number: Number, *, reason: str = "", user: str | None = None
) -> ProposalSummary:
    """Withdraw one's own proposal, or decline another's; what was proposed can still be read.

    Args:
        name: The space.
        number: The proposal.
        reason: Why.
        user: Who ends it.
    """
    with opened_space(name) as space:
        return _summary(space, end_proposal(space, number, words=reason, by=user))


@operation("knowledge.proposals_comment", title="Comment on a proposal", group="proposals")
def add_comment(
    name: str,
    number: Number,
    words: str,
    *,
    page: str | None = None,
    line: Number | None = None,
    statement: str | None = None,
    user: str | None = None,
) -> int:
    """Say something of a proposal, a line of a page in it, or a statement; gives its number.

    Args:
        name: The space.
        number: The proposal.
        words: What is said.
        page: The page's path in the proposal.
        line: Its line there.
        statement: The key of a statement there.
        user: Who says it.
    """
    with opened_space(name) as space:
        return comment(
            space, number, words, page=page, line=line, statement=statement, by=user
        ).number


@operation("knowledge.proposals_settle", title="Settle a comment", group="proposals")
def settle_one(
    name: str, number: Number, comment_number: Number, *, user: str | None = None
) -> ProposalSummary:
    """Say that what a comment asks is done.

    Args:
        name: The space.
        number: The proposal.
        comment_number: The comment.
        user: Its author, the proposal's, or who may review.
    """
    with opened_space(name) as space:
        return _summary(space, settle_comment(space, number, comment_number, by=user))


@operation("knowledge.proposals_dismiss", title="Dismiss a request for changes", group="proposals")
def dismiss_one(
    name: str, number: Number, *, of: str | None = None, reason: str = "", user: str | None = None
) -> ProposalSummary:
    """Take back one's own request for changes; who administers the space can dismiss another's.

    Args:
        name: The space.
        number: The proposal.
        of: Whose request it is, if not his own.
        reason: Why; another's needs one.
        user: Who does so; his roles decide.
    """
    with opened_space(name) as space:
        return _summary(space, dismiss_request(space, number, of=of, words=reason, by=user))


@operation("knowledge.protect", title="Ask for approvals", produces="rule")
def protect(
    name: str,
    *,
    approvals: Annotated[int, limits.Ge(0), limits.Le(20)],
    path: str = "",
    checks: list[str] | None = None,
    user: str | None = None,
) -> ApprovalRule:
    """Set how many others must approve a proposal before it is merged, and which checks hold it up.

    Args:
        name: The space.
        approvals: So many.
        path: Only for this page or folder of pages; the narrowest around a page decides.
        checks: sources, contradictions, duplicates, style; by default the first two, and none if
            it is empty.
        user: Who asks; he must administer it.
    """
    with opened_space(name) as space:
        named = None if checks is None else [each for each in checks if each]
        return set_rule(space, path=path, approvals=approvals, checks=named, by=user)


def _summary(space: Space, found: Proposal) -> ProposalSummary:
    given = [each.user for each in found.approvals if each.record == found.head]
    judged = dict.fromkeys(given, "")
    if given and found.state == "open":
        judged = judged_approvals(space, found, all_touched(space, found))
    return ProposalSummary(
        found.number,
        found.title,
        found.author,
        found.state,
        found.head,
        len(found.revisions),
        tuple(who for who, why in judged.items() if not why),
        tuple(f"{_asking(found, who)}: {why}" for who, why in found.objections.items()),
        sum(each.settled_by is None for each in found.comments),
        tuple(f"{who}: {why}" for who, why in judged.items() if why),
        state_of(found.author),
    )


def _asking(found: Proposal, who: str) -> str:
    return f"{who} (revised since)" if found.is_answered(who) else who


def _told(space: Space, proposal: Proposal, said: Comment) -> dict[str, Any]:
    page, line = place_now(space, proposal, said) or (None, None)
    return {**vars(said), "page_now": page, "line_now": line if said.line is not None else None}


def _pairs(texts: list[str], *, hint: str) -> list[tuple[str, str]]:
    found = []
    for text in texts:
        key, sign, value = text.partition("=")
        if not sign or not key or not value:
            raise InputError(f"{text!r:.80} has not two sides of a =", hint=hint)
        found.append((key, value))
    return found
