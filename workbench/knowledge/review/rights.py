"""What somebody may do to a proposal now; and if not, why, and who can."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from workbench.identity.deciding import Decision
from workbench.identity.scopes import SignedIn
from workbench.identity.users import Users
from workbench.knowledge.shared.proposals import Proposal
from workbench.knowledge.shared.space import Space

Deed = Literal[
    "comment", "approve", "ask", "resolve", "merge", "end", "revise", "revert", "dismiss"
]  # fmt: skip

_NEEDS: dict[Deed, str] = {
    "comment": "comment",
    "approve": "approve",
    "ask": "review",
    "resolve": "merge",
    "merge": "merge",
    "end": "merge",
    "revise": "propose",
    "revert": "revert",
    "dismiss": "administer",
}
_OWN: dict[Deed, str] = {
    "resolve": "propose",
    "end": "propose",
}  # of his own proposal less is asked
MOST_NAMED = 6


@dataclass(frozen=True)
class Right:
    """Whether a deed is allowed by roles and by who wrote what; its state is another question.

    Attributes:
        said: Why not, in a sentence.
        who: Who could, as far as a few names go.
        others: How many more could.
    """

    allowed: bool
    said: str = ""
    who: tuple[str, ...] = ()
    others: int = 0


def rights_on(
    space: Space, proposal: Proposal, touched: tuple[str, ...], by: SignedIn
) -> dict[str, Right]:
    """His rights on a proposal, by deed.

    Args:
        space: The space.
        proposal: The proposal.
        touched: The pages that it touches; the empty path is the space itself.
        by: Who asks.
    """
    return {deed: right_to(space, deed, proposal, touched, by) for deed in _NEEDS}


def right_to(
    space: Space, deed: Deed, proposal: Proposal, touched: tuple[str, ...], by: SignedIn
) -> Right:
    """His right to one deed; the operation asks the same again when it is done."""
    said = _why_not(space, deed, proposal, touched, by, by.user)
    if not said:
        return Right(True)
    names = [
        each.name
        for each in Users().list()
        if each.name != by.user
        and not _why_not(space, deed, proposal, touched, each.name, each.name)
    ]
    return Right(False, said, tuple(names[:MOST_NAMED]), max(0, len(names) - MOST_NAMED))


def _why_not(
    space: Space,
    deed: Deed,
    proposal: Proposal,
    touched: tuple[str, ...],
    by: SignedIn | str,
    user: str,
) -> str:
    if deed == "approve" and user in proposal.writers:
        return "You wrote some of it, and nobody approves what he wrote."
    if deed == "revise" and user != proposal.author:
        return f"It is {proposal.author}’s, and only its author can change it."
    own = user == proposal.author
    verb = _OWN.get(deed, _NEEDS[deed]) if own else _NEEDS[deed]
    for path in touched or ("",):
        found = space.grants.decide(by, verb, space=space.place(path))
        if not found.allowed:
            return _told(found)
    return ""


def _told(found: Decision) -> str:
    if found.reason == "role":
        return f"Your role in {found.space} is {found.role}, which may not {found.verb}."
    return f"{found.said[0].upper()}{found.said[1:]}."
