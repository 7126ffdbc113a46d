"""What changes what is agreed on: a merge of a proposal, a revert, a release. Each whole or not."""

from __future__ import annotations

import re
from dataclasses import dataclass

from workbench.core.errors import ConflictError, InputError, NotFoundError
from workbench.core.viewers import Viewable

from .activity.sight import Sight
from .ancestry import common_ancestor
from .approval_rules import blocking, require_approvals, rule_for, rules_of
from .authors import state_of
from .bringing import bring_to_graph
from .cases import require_apart
from .checks import check_change
from .contents import Contents, contents_of, files_of
from .differences import touched_now, touched_paths
from .former_names import under_names_now
from .merging import merge
from .proposals import Proposal, find_proposal, settled_words
from .proposing import all_touched, checked_words
from .reviewing import require_seen
from .seeing import seen_proposal
from .space import By, Space
from .statements import require_in_time
from .told_findings import told_findings

_RELEASE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True)
class Landed(Viewable):
    """A record that the space's head is now, and the one that it was before; of a proposal also
    who wrote that, and how he stands."""

    record: str
    before: str
    state: str
    proposal: int | None = None
    author: str | None = None
    author_state: str = "in force"


def merge_proposal(
    space: Space, number: int, *, seen: str | None = None, words: str = "", by: By = None
) -> Landed:
    """Make a proposal part of what is agreed on, with all that was merged since it was made.

    Args:
        space: The space.
        number: The proposal.
        seen: The record that was looked at: if another is proposed by now, nothing is merged.
        words: What is said of it, by default its title.
        by: Who merges.

    Raises:
        AccessError: He may not, approvals are missing, or somebody asks for changes.
        ConflictError: It was ended or revised, is in conflict with what was merged, or a check
            holds it up. All conflicts are named, and nothing was changed.
    """
    checked_words(words, what="a merge's words")
    with space.changing():
        proposal = seen_proposal(space, number, by)
        touched = all_touched(space, proposal)
        actor = space.require(by, "merge", touched)
        proposal.require_open()
        require_seen(proposal, seen)
        require_approvals(space, proposal, touched)
        head = space.head
        merged = space.merged(head, proposal.head).require(
            hint=f"workbench knowledge proposals resolve {space.name} {number}"
        )
        require_apart(space, space.contents(head), merged, by=by)
        _require_checks(space, number, space.contents(head), merged, touched, by=by)
        record = space.add_record(
            "merged", merged, (head, proposal.head),
            author=actor, words=words or proposal.title, proposal=number,
        )  # fmt: skip
        space.add_event("merged", actor, proposal=number, record=record)
        landed = Landed(
            record, head, space.record(record).state, number,
            proposal.author, state_of(proposal.author),
        )  # fmt: skip
    bring_to_graph(space)
    return landed


def resolve(
    space: Space,
    number: int,
    contents: Contents,
    *,
    onto: str | None = None,
    seen: str | None = None,
    words: str = "",
    by: By = None,
) -> Proposal:
    """Settle a proposal's conflicts: revise it to a state that has what was merged as well.

    Who does so is one of its writers from then on, and approvals are asked for anew.

    Args:
        space: The space.
        number: The proposal.
        contents: The whole state that both shall be together.
        onto: The record of what is agreed on that they have, by default the head: what was merged
            after it is not theirs to take away.
        seen: The record of the proposal that they have; if it was revised since, nothing is done.
        words: What is said of it.
        by: Its author, or who may merge.

    Raises:
        AccessError: He is neither.
        ConflictError: It was ended or revised, has what was merged already, or `onto` is not
            agreed on.
        InputError: The contents are none.
    """
    checked_words(words, what="a revision's words")
    contents = contents_of(files_of(contents))
    with space.changing():
        proposal = seen_proposal(space, number, by)
        proposal.require_open()
        require_seen(proposal, seen)
        head = space.head if onto is None else onto
        sides = (space.contents(head), space.contents(proposal.head))
        contents = under_names_now(space, contents, *sides, by=by)
        name = by if isinstance(by, str) or by is None else by.user
        verb = "propose" if name == proposal.author else "merge"
        before = all_touched(space, proposal)
        touched = {*before, *touched_paths(space.contents(head), contents)}
        actor = space.require(by, verb, touched)
        if not space.is_agreed(head):
            raise ConflictError(
                f"{head[:12]} was proposed and is not agreed on",
                hint=f"workbench knowledge checkout {space.name} FOLDER, and settle it there",
            )
        if common_ancestor(space.record, head, proposal.head) == head:
            raise ConflictError(
                f"proposal {number} has all that was merged up to {head[:12]} already",
                hint=f"workbench knowledge checkout {space.name} FOLDER gives what came after",
            )
        require_in_time(space.contents(head).statements, contents.statements)
        require_apart(space, space.contents(head), contents, by=by)
        record = space.add_record(
            "resolved", contents, (proposal.head, head),
            author=actor, words=words or settled_words(proposal.title), proposal=number,
        )  # fmt: skip
        space.add_event("revised", actor, proposal=number, record=record)
        return find_proposal(space, number)


def revert(space: Space, record: str, *, words: str = "", by: By = None) -> Landed:
    """Take back what a record brought; if nothing changed since, the state is the one before it.

    Args:
        space: The space.
        record: A merge or a revert of the space, as ``Space.find`` knows it.
        words: Why.
        by: Who takes it back.

    Raises:
        AccessError: He may not.
        ConflictError: What it brought was changed since (all conflicts are named), or is not there.
        NotFoundError: The head did not come to be by it, or it touched a page that is closed to
            him.
    """
    checked_words(words, what="a revert's words")
    with space.changing():
        head = space.head
        found = space.find(record, by=by)
        made = space.record(found) if space.is_agreed(found) else None
        now = space.contents(head)
        was = space.contents(made.parents[0]) if made is not None and made.parents else None
        touched = () if was is None else touched_now(was, space.contents(found), now)
        closed = not space.may(by, "read", touched)
        if was is None or closed:
            if closed:
                space.require(by, "read")
            raise NotFoundError(
                f"{found[:12]} is no change of {space.name}: a merge or a revert can be taken back",
                hint=f"workbench knowledge log {space.name}",
            )
        assert made is not None
        actor = space.require(by, "revert", touched)
        merged = merge(space.contents(found), now, was).require(
            hint="make a proposal that changes it by hand"
        )
        if now == space.contents(found):  # to the byte, also what names a page as it was called
            merged = was
        if merged == now:
            raise ConflictError(
                f"what {found[:12]} brought is not there any more",
                hint=f"workbench knowledge log {space.name}",
            )
        require_apart(space, now, merged, by=by)
        said = words or f"takes back {found[:12]}: {made.words}"
        digest = space.add_record("reverted", merged, (head,), author=actor, words=said)
        space.add_event("reverted", actor, record=digest, of=found)
        landed = Landed(digest, head, space.record(digest).state)
    bring_to_graph(space)
    return landed


def release(space: Space, name: str, *, record: str | None = None, by: By = None) -> str:
    """Give a state a name, for good; its record.

    Raises:
        AccessError: He may not.
        ConflictError: The name was given.
        InputError: It can be none.
    """
    check_release(name)
    with space.changing():
        actor = space.require(by, "release")
        found = space.head if record is None else space.find(record, by=by)
        if not space.is_agreed(found):
            raise ConflictError(
                f"{found[:12]} was proposed and is not agreed on",
                hint=f"workbench knowledge log {space.name} has what is",
            )
        for each in space.shelf.events(kinds=("released",)):
            if each.data["name"] == name:
                raise ConflictError(
                    f"{name} is {str(each.record)[:12]} for good", hint="take another name"
                )
        space.add_event("released", actor, record=found, name=name)
        return found


def check_release(name: str) -> None:
    """Raise InputError if a release cannot be named so, for git could not either."""
    if not _RELEASE.fullmatch(name) or ".." in name or name.endswith((".", ".lock")):
        raise InputError(f"{name!r:.80} is no name of a release", hint="2026.11 or v1")


def _require_checks(
    space: Space,
    number: int,
    before: Contents,
    after: Contents,
    touched: tuple[str, ...],
    *,
    by: By,
) -> None:
    """Raise ConflictError if findings hold it up; of closed pages no more is told than that."""
    rule = rule_for(rules_of(space.shelf.events(kinds=("ruled",))), touched)
    held = blocking(check_change(before, after, space=space.name), rule)
    if not held:
        return
    told = told_findings(before, after, Sight(space, by).may, space=space.name)
    shown = [each for each in held if each in told]
    listed = [f"{each.what}: {each.said}" for each in shown[:5]]
    if len(shown) > 5:
        listed.append(f"{len(shown) - 5} more")
    if len(shown) < len(held):
        listed.append("what is closed to you")
    raise ConflictError(
        f"the checks hold proposal {number} up: {'; '.join(listed)}",
        hint=f"workbench knowledge review {space.name} {number}",
        findings=tuple(shown),
    )
