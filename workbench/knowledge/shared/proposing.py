"""Making proposals: opened, revised, withdrawn."""

from __future__ import annotations

from workbench.core.errors import AccessError, ConflictError, InputError
from workbench.identity.users import LOCAL

from .ancestry import common_ancestor
from .cases import require_apart
from .contents import Contents, contents_of, files_of
from .differences import touched_now
from .former_names import under_names_now
from .merging import merge
from .proposals import Proposal, checked_title, find_proposal, last_proposal
from .seeing import seen_proposal
from .space import By, Space
from .statements import require_in_time

MOST_WORDS = 100_000


def open_proposal(
    space: Space,
    contents: Contents,
    *,
    title: str,
    base: str | None = None,
    words: str = "",
    by: By = None,
) -> Proposal:
    """Propose a state.

    Args:
        space: The space.
        contents: What it shall hold: the base's contents, changed.
        title: What the change is, in a line.
        base: The record that the change was made to, by default the head.
        words: More about it.
        by: Who proposes.

    Raises:
        AccessError: He may not propose changes to a page that it touches.
        ConflictError: It changes nothing, or the base is not agreed on.
        InputError: The title is empty, long or no line, a statement ends before it begins, or the
            contents are none.
    """
    checked_words(title, what="a proposal's title", least=1)
    checked_title(title)
    checked_words(words, what="a proposal's words")
    contents = contents_of(files_of(contents))
    with space.changing():
        came_from = base or space.head
        if not space.is_agreed(came_from):  # else others' words would be proposed as one's own
            raise ConflictError(
                f"{came_from[:12]} was proposed and is not agreed on",
                hint="check out what is agreed on, or revise the proposal",
            )
        now = space.contents()
        contents = under_names_now(space, contents, space.contents(came_from), by=by)
        touched = touched_now(space.contents(came_from), contents, now)
        actor = space.require(by, "propose", touched)
        if not touched:
            raise ConflictError("the proposal changes nothing", hint="change something first")
        merged = merge(space.contents(came_from), now, contents)
        if not merged.conflicts and merged.contents == now:  # of a folder that was proposed before
            raise ConflictError(
                "all of that is agreed on already",
                hint=f"workbench knowledge checkout {space.name} FOLDER gives what is agreed on",
            )
        require_in_time(now.statements, contents.statements)
        if merged.conflicts:
            require_apart(space, space.contents(came_from), contents, by=by)
        else:
            require_apart(space, now, merged.contents, by=by)
        number = last_proposal(space) + 1
        record = space.add_record(
            "proposed", contents, (came_from,), author=actor, words=words or title, proposal=number
        )
        space.add_event(
            "opened", actor, proposal=number, record=record, base=came_from, title=title
        )
        return find_proposal(space, number)


def revise_proposal(
    space: Space,
    number: int,
    contents: Contents,
    *,
    base: str | None = None,
    words: str = "",
    by: By = None,
) -> Proposal:
    """Change what is proposed; approvals of what it was before do not count for it.

    Args:
        space: The space.
        number: The proposal.
        contents: What it shall hold from now on, whole.
        base: The record that they were made from: one of its revisions, or what is agreed on.
        words: What is said of the revision.
        by: Its author.

    Raises:
        AccessError: It is another's, or he may not propose changes to a page that it touches.
        ConflictError: It was ended, this changes nothing, or the base lacks what it has.
        InputError: The contents are none.
    """
    checked_words(words, what="a revision's words")
    contents = contents_of(files_of(contents))
    with space.changing():
        proposal = seen_proposal(space, number, by)
        proposal.require_open()
        old = base_of(space, proposal)
        agreed = old if base is None else _agreed_in(space, proposal, base)
        before = space.contents(base or proposal.head)
        others = (space.contents(proposal.head), space.contents(agreed))
        contents = under_names_now(space, contents, before, *others, by=by)
        touched = touched_now(space.contents(agreed), contents, space.contents())
        actor = space.require(by, "propose", touched or all_touched(space, proposal))
        require_author(proposal, actor, "revise")
        if contents == space.contents(proposal.head):
            raise ConflictError(
                f"proposal {number} says just that already", hint="change something first"
            )
        require_in_time(space.contents(agreed).statements, contents.statements)
        require_apart(space, space.contents(agreed), contents, by=by)
        brought_up = agreed != old
        record = space.add_record(
            "resolved" if brought_up else "proposed", contents,
            (proposal.head, agreed) if brought_up else (proposal.head,),
            author=actor, words=words or proposal.title, proposal=number,
        )  # fmt: skip
        space.add_event("revised", actor, proposal=number, record=record)
        return find_proposal(space, number)


def end_proposal(space: Space, number: int, *, words: str = "", by: By = None) -> Proposal:
    """Withdraw one's own proposal, or decline another's; what was proposed stays to be read.

    Raises:
        AccessError: It is another's, and he may not merge here, so not decline either.
        ConflictError: It was ended already.
    """
    checked_words(words, what="a reason")
    with space.changing():
        proposal = seen_proposal(space, number, by)
        proposal.require_open()
        own = by is not None and proposal.author == (by if isinstance(by, str) else by.user)
        verb = "propose" if own else "merge"
        actor = space.require(by, verb, all_touched(space, proposal))
        kind = "withdrawn" if actor == proposal.author else "declined"
        space.add_event(
            "withdrawn" if kind == "withdrawn" else "declined", actor,
            proposal=number, record=proposal.head, words=words,
        )  # fmt: skip
        return find_proposal(space, number)


def all_touched(space: Space, proposal: Proposal) -> tuple[str, ...]:
    """The pages that a proposal touches, also where they were moved to meanwhile, and the empty
    path where it touches the space itself."""
    base = base_of(space, proposal)
    return touched_now(
        space.contents(base),
        space.contents(proposal.head),
        space.contents(_agreed_beside(space, proposal)),
    )


def base_of(space: Space, proposal: Proposal) -> str:
    """The record that what is proposed was made from: the last that the space has in common."""
    return common_ancestor(space.record, _agreed_beside(space, proposal), proposal.head)


def _agreed_in(space: Space, proposal: Proposal, base: str) -> str:
    """What is agreed on that contents have which were made from a record. Raises ConflictError."""
    if base not in proposal.revisions and not space.is_agreed(base):
        raise ConflictError(
            f"{base[:12]} is another's proposal, and is not agreed on",
            hint="check out what is agreed on, or this proposal",
        )
    found, old = common_ancestor(space.record, space.head, base), base_of(space, proposal)
    if common_ancestor(space.record, found, old) != old:  # it would take back what came between
        raise ConflictError(
            f"{base[:12]} is older than what proposal {proposal.number} was brought up to",
            hint=f"workbench knowledge checkout {space.name} FOLDER --record {proposal.head[:12]}",
        )
    return found


def _agreed_beside(space: Space, proposal: Proposal) -> str:
    """What is agreed on now, or was when the proposal became part of it."""
    if proposal.ended_as is not None:  # the head comes from the proposal now
        return space.record(proposal.ended_as).parents[0]
    return space.head


def require_author(proposal: Proposal, actor: str, verb: str) -> None:
    """Raise AccessError unless somebody wrote a proposal; this machine's own user may."""
    if actor not in (proposal.author, LOCAL):
        raise AccessError(
            f"proposal {proposal.number} is of {proposal.author!r}, and only he can {verb} it",
            hint="comment on it, or make a proposal of your own",
            reason="author",
        )


def checked_words(words: str, *, what: str, least: int = 0) -> str:
    """The words, if they can be kept. Raises InputError otherwise."""
    try:
        size = len(words.encode())
    except UnicodeEncodeError:
        raise InputError(f"{what} has characters that are no text") from None
    if "\0" in words or len(words.strip()) < least or size > MOST_WORDS:
        raise InputError(
            f"{what} is empty, has a null in it, or is over {MOST_WORDS:,} bytes ({size:,})"
        )
    return words
