"""Reviewing proposals: comments on a line or a statement, approvals, requests for changes."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.core.errors import AccessError, ConflictError, InputError, NotFoundError
from workbench.identity.users import LOCAL

from .activity.sight import Sight
from .approval_rules import ApprovalRule, counted_approvals, rule_for, rules_of
from .checks import Finding
from .conflicts import Conflict
from .differences import Difference, difference
from .former_names import no_page
from .lines import changed_spans, split_lines
from .proposals import Comment, Proposal, find_proposal
from .proposing import all_touched, base_of, checked_words
from .seeing import seen_proposal
from .space import By, Space
from .told_findings import told_findings


@dataclass(frozen=True)
class Review:
    """A proposal with all that a reviewer looks at.

    Attributes:
        change: What it changes, of text, statements and decisions together.
        findings: What the checks say of the space with it, to him who looks.
        conflicts: With what was merged meanwhile.
        rule: What is asked of it.
        counted: Whose approvals count now.
    """

    proposal: Proposal
    change: Difference
    findings: tuple[Finding, ...]
    conflicts: tuple[Conflict, ...]
    rule: ApprovalRule
    counted: tuple[str, ...]


def review(space: Space, number: int, *, by: By = None) -> Review:
    """All that there is to say of a proposal.

    Raises:
        AccessError: He may not read the space.
        NotFoundError: There is no such proposal, or it touches a page that is closed to him.
    """
    with space.shelf.snapshot():
        proposal = seen_proposal(space, number, by)
        touched = all_touched(space, proposal)
        space.require(by, "read", touched)
        head = space.head
        before = space.contents(base_of(space, proposal))
        after = space.contents(proposal.head)
        merged = None if proposal.state != "open" else space.merged(head, proposal.head)
        checked = (before, after) if merged is None else (space.contents(head), merged.contents)
        rule = rule_for(rules_of(space.shelf.events(kinds=("ruled",))), touched)
        return Review(
            proposal,
            difference(before, after),
            tuple(
                told_findings(
                    *checked,
                    Sight(space, by).may,
                    space=space.name if merged is not None else None,
                )
            ),
            () if merged is None else merged.conflicts,
            rule,
            tuple(counted_approvals(space, proposal, touched)),
        )


def comment(
    space: Space,
    number: int,
    words: str,
    *,
    page: str | None = None,
    line: int | None = None,
    statement: str | None = None,
    seen: str | None = None,
    by: By = None,
) -> Comment:
    """Say something of a proposal, of a line of a page in it, or of a statement.

    Args:
        space: The space.
        number: The proposal.
        words: What is said.
        page: The page's path in the proposal.
        line: Its line there, from 1.
        statement: The key of a statement in it.
        seen: The record that was looked at: if another is proposed by now, nothing is said of it.
        by: Who says it.

    Raises:
        AccessError: He may not comment there.
        ConflictError: It was revised meanwhile.
        InputError: A line without a page, or a line that is not there.
        NotFoundError: The proposal has no such page or statement.
    """
    checked_words(words, what="a comment", least=1)
    with space.changing():
        proposal = seen_proposal(space, number, by)
        contents = space.contents(proposal.head)
        where = [page] if page else [""] if statement else all_touched(space, proposal)
        actor = space.require(by, "comment", where)
        require_seen(proposal, seen)
        if page is not None and contents.page_at(page) is None:
            raise no_page(space, page, contents, by=by)
        if statement is not None and statement not in contents.statements:
            raise NotFoundError(f"proposal {number} has no statement {statement[:12]}")
        _check_line(page and contents.page_at(page), line)
        said = {"words": words, "page": page, "line": line, "statement": statement}
        event = space.add_event(
            "commented", actor, proposal=number, record=proposal.head,
            **{key: value for key, value in said.items() if value is not None},
        )  # fmt: skip
        return next(
            each for each in find_proposal(space, number).comments if each.number == event.number
        )


def settle_comment(space: Space, number: int, comment_number: int, *, by: By = None) -> Proposal:
    """Say that what a comment asks is done: its own author, the proposal's, or who may review.

    Raises:
        AccessError: He is none of them.
        ConflictError: It is settled.
        NotFoundError: There is no such comment.
    """
    with space.changing():
        proposal = seen_proposal(space, number, by)
        found = [each for each in proposal.comments if each.number == comment_number]
        if not found:
            raise NotFoundError(f"proposal {number} has no comment {comment_number}")
        if found[0].settled_by is not None:
            raise ConflictError(
                f"comment {comment_number} is settled",
                hint=f"workbench knowledge proposals comment {space.name} {number} WORDS",
            )
        name = by if isinstance(by, str) or by is None else by.user
        own = name is not None and name in (found[0].author, proposal.author)
        verb = "comment" if own else "review"
        actor = space.require(by, verb, all_touched(space, proposal))
        space.add_event(
            "settled", actor, proposal=number, record=proposal.head, comment=comment_number
        )
        return find_proposal(space, number)


def approve(space: Space, number: int, *, seen: str | None = None, by: By = None) -> Proposal:
    """Approve what a proposal says now.

    Args:
        space: The space.
        number: The proposal.
        seen: The record that was looked at: if another is proposed by now, nothing is approved.
        by: Who approves.

    Raises:
        AccessError: He may not, or wrote some of it himself.
        ConflictError: It was ended, revised meanwhile, or approved by him already.
    """
    with space.changing():
        proposal = seen_proposal(space, number, by)
        actor = space.require(by, "approve", all_touched(space, proposal))
        proposal.require_open()
        require_seen(proposal, seen)
        if actor in proposal.writers:
            raise AccessError(
                f"{actor!r} wrote some of proposal {number}, and nobody approves his own",
                hint="have somebody else look at it",
                reason="own",
            )
        if any(
            (each.user, each.record) == (actor, proposal.head)
            and each.number > space.shelf.imported()  # what an import says he did he may do here
            for each in proposal.approvals
        ):
            raise ConflictError(
                f"{actor!r} has approved proposal {number} as it is",
                hint=f"workbench knowledge merge-proposal {space.name} {number}",
            )
        space.add_event("approved", actor, proposal=number, record=proposal.head)
        return find_proposal(space, number)


def ask_for_changes(
    space: Space, number: int, words: str, *, seen: str | None = None, by: By = None
) -> Proposal:
    """Ask for changes: until he approves it, takes that back, or an administrator dismisses it,
    it cannot be merged. A revision alone does not answer him: he is to look at it.

    Args:
        space: The space.
        number: The proposal.
        words: What is asked.
        seen: The record that was looked at: if another is proposed by now, nothing is asked of it.
        by: Who asks.

    Raises:
        AccessError: He may not.
        ConflictError: It was ended, or revised meanwhile.
    """
    checked_words(words, what="what is asked", least=1)
    with space.changing():
        proposal = seen_proposal(space, number, by)
        actor = space.require(by, "review", all_touched(space, proposal))
        proposal.require_open()
        require_seen(proposal, seen)
        space.add_event("objected", actor, proposal=number, record=proposal.head, words=words)
        return find_proposal(space, number)


def dismiss_request(
    space: Space, number: int, *, of: str | None = None, words: str = "", by: By = None
) -> Proposal:
    """Take back one's own request for changes, or dismiss another's with a reason.

    Args:
        space: The space.
        number: The proposal.
        of: Whose request; his own if None.
        words: Why; another's is not dismissed without it.
        by: Who does so.

    Raises:
        AccessError: It is another's, and he may not administer all that is touched.
        ConflictError: The proposal was ended.
        InputError: Another's is dismissed without a reason.
        NotFoundError: He whose it is asks for no changes.
    """
    with space.changing():
        proposal = seen_proposal(space, number, by)
        name = LOCAL if by is None else by if isinstance(by, str) else by.user
        asked_by = of or name
        own = asked_by == name
        verb = "comment" if own else "administer"
        actor = space.require(by, verb, all_touched(space, proposal))
        proposal.require_open()
        if asked_by not in proposal.objections:
            asking = ", ".join(proposal.objections) or "nobody does"
            raise NotFoundError(
                f"{asked_by!r:.80} asks for no changes to proposal {number} ({asking})",
                hint=f"workbench knowledge review {space.name} {number}",
            )
        checked_words(words, what="why another's request is dismissed", least=0 if own else 1)
        space.add_event(
            "dismissed", actor, proposal=number, record=proposal.head, of=asked_by, words=words
        )
        return find_proposal(space, number)


def place_now(space: Space, proposal: Proposal, said: Comment) -> tuple[str, int] | None:
    """Where a comment's line is in what is proposed now: path and line; None if it was changed."""
    if said.page is None:
        return None
    then, now = space.contents(said.record), space.contents(proposal.head)
    found = then.page_at(said.page)
    if found is None or found[0] not in now.pages:
        return None
    page = now.pages[found[0]]
    line = said.line or 1
    shift = 0
    for a, b, _, d in changed_spans(found[1].text, page.text):
        if a < line <= b:
            return None
        if b < line:
            shift = d - b
    return page.path, line + shift


def require_seen(proposal: Proposal, seen: str | None) -> None:
    """Raise ConflictError if something else is proposed by now than what was looked at."""
    if seen is not None and not (len(seen) >= 4 and proposal.head.startswith(seen)):
        raise ConflictError(
            f"proposal {proposal.number} was revised: {seen[:12]} was looked at, "
            f"{proposal.head[:12]} is proposed now",
            hint="look at it again",
        )


def _check_line(found: object, line: int | None) -> None:
    if line is None:
        return
    if not isinstance(found, tuple):
        raise InputError("a line is one of a page", hint="--page PATH --line N")
    count = len(split_lines(found[1].text))
    if not 1 <= line <= count:
        raise InputError(f"{found[1].path} has no line {line}: it has {count:,}")
