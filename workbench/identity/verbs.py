"""What each role may do in a space: the one table, as data.

Beside these a user has a role at the gateway (``roles``). The two say different things: who may
load models is not thereby who may approve what is known.
"""

from __future__ import annotations

from typing import Literal

from workbench.core.errors import NotFoundError

SpaceRole = Literal["none", "reader", "contributor", "reviewer", "curator", "admin"]
Verb = Literal[
    "read", "comment", "propose", "edit", "review", "approve", "merge", "revert", "release",
    "administer",
]  # fmt: skip

VERBS: dict[str, str] = {
    "read": "see pages, notebooks, facts, proposals and their history",
    "comment": "comment on a line or a fact",
    "propose": "make proposals, change and withdraw one's own",
    "edit": "change pages and notebooks in place, live",
    "review": "ask for changes to a proposal, settle comments",
    "approve": "approve a proposal of somebody else",
    "merge": "merge a proposal that has its approvals, settle its conflicts",
    "revert": "take a merged proposal back",
    "release": "name a state",
    "administer": "grant roles, set the rules of a space, delete it",
}
# What each role adds to the one before; `none` shuts a space to who may something around it.
_ADDED: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("none", ()),
    ("reader", ("read",)),
    ("contributor", ("comment", "propose", "edit")),
    ("reviewer", ("review", "approve")),
    ("curator", ("merge", "revert", "release")),
    ("admin", ("administer",)),
)


def _accumulated() -> dict[str, frozenset[str]]:
    found: dict[str, frozenset[str]] = {}
    held: frozenset[str] = frozenset()
    for role, added in _ADDED:
        held = held | frozenset(added)
        found[role] = held
    return found


SPACE_ROLES: dict[str, frozenset[str]] = _accumulated()
ADMINISTER = "administer"


def check_space_role(role: str) -> str:
    """The role, if there is one of that name. Raises NotFoundError with near matches."""
    if role not in SPACE_ROLES:
        raise NotFoundError.among("role in a space", role, SPACE_ROLES)
    return role


def check_verb(verb: str) -> str:
    """The verb, if there is one. Raises NotFoundError with near matches."""
    if verb not in VERBS:
        raise NotFoundError.among("verb", verb, VERBS)
    return verb


def least_role(verb: str) -> str:
    """The smallest role that may do it."""
    return next(role for role, verbs in SPACE_ROLES.items() if verb in verbs)
