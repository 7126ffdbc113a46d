"""The decision whether somebody may do something somewhere, with its reason.

Of the grants around a space the narrowest decides, also where it gives less than a wider one.
Without a grant nothing is allowed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from workbench.core.errors import AccessError
from workbench.core.viewers import Viewable

from .scopes import Scope
from .spaces import around, check_space
from .verbs import SPACE_ROLES, VERBS, check_verb, least_role


@dataclass(frozen=True)
class Decision(Viewable):
    """Whether ``user`` may do ``verb`` in ``space``, and why.

    ``reason`` is one word for programs: ``role`` (the role in force decides, either way), ``grant``
    (there is none), ``scope`` (the token does not cover it), ``user`` (unknown, disabled, removed).
    """

    allowed: bool
    reason: str
    said: str
    user: str
    verb: str
    space: str
    role: str | None = None
    granted_in: str | None = None

    @property
    def ok(self) -> bool:
        """The same as ``allowed``: a command ends with exit status 1 for a no."""
        return self.allowed

    def require(self) -> Decision:
        """The decision itself if it is a yes. Raises AccessError with its reason otherwise."""
        if self.allowed:
            return self
        helps = {
            "user": "workbench identity users list --removed says who is known, and in what state",
            "scope": "workbench identity tokens add makes a token for more",
        }
        grant = f"whoever administers {self.space} can grant {least_role(self.verb)} there"
        raise AccessError(
            self.said,
            hint=helps.get(self.reason, grant),
            reason=self.reason,
            verb=self.verb,
            space=self.space,
        )


def narrowest_grant(grants: Mapping[str, str], space: str) -> tuple[str, str] | None:
    """The grant in force at a space, as its space and role; None if none is around it.

    Args:
        grants: One user's roles by space.
        space: In its one form (``check_space``).
    """
    return next(((each, grants[each]) for each in around(space) if each in grants), None)


def decide(
    grants: Mapping[str, str],
    verb: str,
    *,
    space: str,
    user: str,
    scopes: tuple[Scope, ...] | None = None,
) -> Decision:
    """Decide by a user's grants, and by the scopes of what he shows.

    Args:
        grants: His roles by space.
        verb: What is to be done.
        space: Where.
        user: Who, for the words.
        scopes: Those of his token; None for a session, which carries all that he may.

    Raises:
        InputError: The space has not the form of one.
        NotFoundError: There is no such verb.
    """
    check_verb(verb)
    space = check_space(space)
    asked = (user, verb, space)
    found = narrowest_grant(grants, space)
    if found is None:
        return Decision(False, "grant", f"{user!r} has no role in {space} or around it", *asked)
    place, role = found
    allowed = verb in SPACE_ROLES[role]
    where = "there" if place == space else f"in {place}, which is around it"
    said = f"{user!r} {'may' if allowed else 'may not'} {verb} in {space}: granted {role} {where}"
    if not allowed:
        held = ", ".join(each for each in VERBS if each in SPACE_ROLES[role]) or "nothing"
        said += f", which may do {held}; {verb} needs {least_role(verb)}"
    elif scopes is not None and not any(scope.covers(verb, space) for scope in scopes):
        listed = ", ".join(map(str, scopes)) or "nothing"
        said = f"the token is for {listed}, and not for {verb} in {space}"
        return Decision(False, "scope", said, *asked, role, place)
    return Decision(allowed, "role", said, *asked, role, place)
