"""Proposals as their events tell them: revisions, comments, approvals, and how they ended."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from workbench.core.errors import ConflictError, InputError, NotFoundError

from .events import Event
from .space import Space

MOST_TITLE = 200
_BREAKS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_TURNS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
ProposalState = Literal["open", "merged", "withdrawn", "declined"]


@dataclass(frozen=True)
class Comment:
    """What somebody said of a proposal: of a page's line in a revision, of a statement, or of all.

    ``number`` is that of its event.
    """

    number: int
    author: str
    time_us: int
    words: str
    record: str
    page: str | None = None
    line: int | None = None
    statement: str | None = None
    settled_by: str | None = None


@dataclass(frozen=True)
class Approval:
    """That somebody approved a revision. ``number`` is that of its event."""

    user: str
    record: str
    time_us: int
    number: int


@dataclass(frozen=True)
class Proposal:
    """A proposal as it stands.

    Attributes:
        base: The record that it was made from.
        revisions: Its own records; the last is what is proposed.
        writers: All who wrote any of it.
        approvals: Of any revision; those of the last count.
        objections: Who asks for changes, and what they said: until they approve or take it back,
            or an administrator dismisses it. A revision alone does not.
        objected_to: The record that each of them looked at.
        ended_as: The record of the space that it became.
    """

    number: int
    title: str
    author: str
    base: str
    opened_us: int
    revisions: tuple[str, ...]
    writers: frozenset[str]
    state: ProposalState = "open"
    comments: tuple[Comment, ...] = ()
    approvals: tuple[Approval, ...] = ()
    objections: dict[str, str] = field(default_factory=dict)
    objected_to: dict[str, str] = field(default_factory=dict)
    ended_as: str | None = None
    ended_by: str | None = None

    @property
    def head(self) -> str:
        """The record that is proposed."""
        return self.revisions[-1]

    def is_answered(self, user: str) -> bool:
        """Whether it was revised since somebody asked for changes: he is to look at it again."""
        return self.objected_to.get(user, self.head) != self.head

    def require_open(self) -> None:
        """Raise ConflictError unless it can still be changed, approved and merged."""
        if self.state != "open":
            raise ConflictError(
                f"proposal {self.number} was {self.state} by {self.ended_by!r}",
                hint="make a new proposal",
                state=self.state,
            )


def proposals_of(events: Iterable[Event]) -> dict[int, Proposal]:
    """All proposals by their numbers, replayed."""
    found: dict[int, dict[str, Any]] = {}
    for event in events:
        if event.proposal is None:
            continue
        if event.kind == "opened":
            found[event.proposal] = _opened(event)
        else:
            _replay(found[event.proposal], event)
    return {
        number: Proposal(
            **{
                **each,
                "revisions": tuple(each["revisions"]),
                "writers": frozenset(each["writers"]),
                "comments": tuple(each["comments"].values()),
                "approvals": tuple(each["approvals"].values()),
            }
        )
        for number, each in found.items()
    }


def checked_title(title: str) -> str:
    """A title, if it is a line that shows as it reads. Raises InputError otherwise."""
    if shown_title(title) != title or not title.strip():
        raise InputError(
            f"a proposal's title is one line of at most {MOST_TITLE} characters, without any that "
            f"turn text around ({len(title):,} characters are given)",
            hint="say more of it in --words",
        )
    return title


def shown_title(title: str) -> str:
    """A title as a line; an older one may be longer, of several lines, or turn text around.

    >>> shown_title("two\\nlines")
    'two lines'
    """
    said = "".join(" " if _BREAKS.match(each) else each for each in title)
    said = _TURNS.sub("", said)
    return said if len(said) <= MOST_TITLE else f"{said[: MOST_TITLE - 1]}…"


def find_proposal(space: Space, number: int) -> Proposal:
    """One proposal. Raises NotFoundError if there is none of that number."""
    known = proposals_of(space.shelf.events(proposal=number))
    if number not in known:
        last_number = last_proposal(space)
        last = f"the last is {last_number}" if last_number else "there is none yet"
        raise NotFoundError(
            f"{space.name} has no proposal {number}; {last}",
            hint=f"workbench knowledge proposals list {space.name}",
        )
    return known[number]


def words_of(space: Space, proposal: Proposal) -> str:
    """What a proposal's author said of it last, whoever settled its conflicts or revised it without
    a word since; its title where he said no more."""
    settled = settled_words(proposal.title)
    for digest in reversed(proposal.revisions):
        made = space.record(digest)
        if made.author == proposal.author and made.words not in ("", proposal.title, settled):
            return made.words
    return proposal.title


def settled_words(title: str) -> str:
    """What is said of a revision that settles conflicts, where nobody says more."""
    return f"{title}: conflicts settled"


def last_proposal(space: Space) -> int:
    """The largest number of a proposal; 0 where there is none."""
    return max((each.proposal or 0 for each in space.shelf.events(kinds=("opened",))), default=0)


def _opened(event: Event) -> dict[str, Any]:
    return {
        "number": event.proposal,
        "title": shown_title(event.data["title"]),
        "author": event.actor,
        "base": event.data["base"],
        "opened_us": event.time_us,
        "revisions": [event.record],
        "writers": {event.actor},
        "comments": {},
        "approvals": {},
        "objections": {},
        "objected_to": {},
    }


def _answer(found: dict[str, Any], user: str) -> None:
    """Nothing is asked for by somebody any more."""
    found["objections"].pop(user, None)
    found["objected_to"].pop(user, None)


def _replay(found: dict[str, Any], event: Event) -> None:
    kind, actor = event.kind, event.actor
    if kind == "revised":
        found["revisions"].append(event.record)
        found["writers"].add(actor)
    elif kind == "commented":
        said = Comment(event.number, actor, event.time_us, record=str(event.record), **event.data)
        found["comments"][event.number] = said
    elif kind == "settled":
        old = found["comments"][event.data["comment"]]
        found["comments"][old.number] = Comment(**{**vars(old), "settled_by": actor})
    elif kind == "approved":
        made = Approval(actor, str(event.record), event.time_us, event.number)
        found["approvals"][actor, made.record] = made
        _answer(found, actor)
    elif kind == "dismissed":
        _answer(found, event.data["of"])
    elif kind == "objected":
        found["objections"][actor] = event.data["words"]
        found["objected_to"][actor] = str(event.record)
        found["approvals"].pop((actor, str(event.record)), None)
    elif kind in ("merged", "withdrawn", "declined"):
        found["state"], found["ended_by"] = kind, actor
        found["ended_as"] = event.record if kind == "merged" else None
