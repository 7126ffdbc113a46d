"""The queue of a space: its proposals in a line each, for one person; and what was merged."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from workbench.identity.scopes import SignedIn
from workbench.identity.users import LOCAL
from workbench.knowledge.shared.activity.happenings import Happenings
from workbench.knowledge.shared.approval_rules import (
    ApprovalRule,
    counted_approvals,
    rule_for,
    rules_of,
)
from workbench.knowledge.shared.authors import state_of
from workbench.knowledge.shared.events import Event
from workbench.knowledge.shared.proposals import Proposal, ProposalState, find_proposal
from workbench.knowledge.shared.proposing import all_touched, base_of
from workbench.knowledge.shared.space import Space
from workbench.knowledge.shared.version_operations import CLOCK_OFF_US

Waits = Literal["you", "author", "others", "merge", ""]
MOST_ENDED, MOST_LOG = 30, 20


@dataclass(frozen=True)
class Row:
    """A proposal in a line.

    Attributes:
        touches: The pages; statements and decisions are meant by the empty path.
        waits: Whom it waits for: you (to look at it), its author, others, or only the merge.
    """

    number: int
    title: str
    author: str
    state: ProposalState
    opened_s: float
    approvals: int
    asked: int
    objections: int
    open_comments: int
    touches: tuple[str, ...]
    waits: Waits
    yours: bool
    author_state: str = "in force"


@dataclass(frozen=True)
class Landing:
    """A record of what is agreed on.

    Attributes:
        can_revert: Whether his role may take it back, and nobody has yet.
        taken_back_by: Who did.
        clock_ahead: That its clock was a minute or more ahead of that of the record after it.
    """

    record: str
    kind: str
    author: str
    time_s: float
    words: str
    proposal: int | None
    can_revert: bool
    taken_back_by: str | None
    clock_ahead: bool = False


@dataclass(frozen=True)
class Queue:
    """What there is to do in a space, the oldest first, and what was done, the newest first."""

    space: str
    open: tuple[Row, ...]
    ended: tuple[Row, ...]
    log: tuple[Landing, ...]
    event: int
    role: str


def show_queue(space: Space, *, by: SignedIn) -> Queue:
    """The queue of a space for somebody who may read it; what touches a page that is closed to him
    is not there, as in ``proposals list`` and ``log``.

    Raises:
        AccessError: He may not read the space.
    """
    with space.shelf.snapshot():
        space.require(by, "read")
        rules = rules_of(space.shelf.events(kinds=("ruled",)))
        done = Happenings(space, by)
        numbers = (each for each in space.shelf.proposals() if done.may_see_proposal(each))
        last = reversed(space.shelf.proposals(ended=True))
        ended = islice((each for each in last if done.may_see_proposal(each)), MOST_ENDED)

        def rows(some: Iterable[int]) -> tuple[Row, ...]:
            return tuple(_row(space, find_proposal(space, each), rules, by) for each in some)

        may = space.may(by, "revert", [""])
        gone = taken_back(space.shelf.events(kinds=("reverted",)))
        log: list[Landing] = []
        later_us: int | None = None
        for digest, record in space.line():
            ahead = later_us is not None and record.time_us - later_us >= CLOCK_OFF_US
            later_us = record.time_us
            if len(log) == MOST_LOG or not record.parents:
                break
            if not done.may_see_record(digest):
                continue
            log.append(
                Landing(
                    digest, record.kind, record.author, record.time_us / 1e6, record.words,
                    record.proposal, may and digest not in gone,
                    gone[digest].actor if digest in gone else None, ahead,
                )
            )  # fmt: skip
        role = space.grants.decide(by, "read", space=space.path).role or ""
        return Queue(
            space.name, rows(numbers), rows(ended), tuple(log), space.last_event, role,
        )  # fmt: skip


def taken_back(events: Iterable[Event]) -> dict[str, Event]:
    """The records that were taken back, with the last event that did so."""
    return {str(each.data["of"]): each for each in events if each.kind == "reverted"}


def _row(space: Space, proposal: Proposal, rules: dict[str, ApprovalRule], by: SignedIn) -> Row:
    touched = all_touched(space, proposal)
    rule = rule_for(rules, touched)
    counted = counted_approvals(space, proposal, touched) if proposal.state == "open" else []
    return Row(
        proposal.number, proposal.title, proposal.author, proposal.state,
        proposal.opened_us / 1e6, len(counted), rule.approvals, len(proposal.objections),
        sum(each.settled_by is None for each in proposal.comments),
        touched, _waits(space, proposal, touched, counted, rule.approvals, by),
        proposal.author == by.user, state_of(proposal.author),
    )  # fmt: skip


def _waits(
    space: Space,
    proposal: Proposal,
    touched: tuple[str, ...],
    counted: list[str],
    asked: int,
    by: SignedIn,
) -> Waits:
    if proposal.state != "open":
        return ""
    asking = [
        each
        for each in proposal.objections
        if each == LOCAL or space.may(each, "review", touched)  # else it holds nothing up
    ]
    if asking:
        if not all(map(proposal.is_answered, asking)):
            return "you" if proposal.author == by.user else "author"
        return "you" if by.user in asking else "others"
    if proposal.author == by.user and _is_in_conflict(space, proposal):
        return "you"  # he can settle it, and it cannot be merged until somebody does
    if len(counted) >= asked:
        return "merge"
    may = by.user not in proposal.writers and space.may(by, "approve", touched)
    return "you" if may and by.user not in counted else "others"


def _is_in_conflict(space: Space, proposal: Proposal) -> bool:
    """Whether it cannot be merged with what is agreed on now."""
    head = space.head
    return base_of(space, proposal) != head and bool(space.merged(head, proposal.head).conflicts)
