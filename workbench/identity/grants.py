"""Grants: which role a user has in which space; given, taken, listed, and asked by ``decide``."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from workbench.core.errors import AccessError, InputError, NotFoundError
from workbench.store.database import Database, open_database
from workbench.store.ledger import Ledger

from .deciding import Decision, decide
from .last_admin import keeping_admins
from .scopes import SignedIn
from .spaces import check_space, is_inside
from .users import LOCAL, Users
from .verbs import ADMINISTER, check_space_role, check_verb


@dataclass(frozen=True)
class Grant:
    """One role of one user in one space."""

    user: str
    space: str
    role: str
    granted_by: str
    granted_s: float


class Grants:
    """The grants of one store.

    ``by`` is who asks for a change, if somebody signed in does: he must administer the space.
    Without it the change comes from this machine, where whoever can write the store can do all
    that it holds. That is no user, so the name ``local`` has no roles and can sign in nowhere.

    Args:
        database: The store, by default that of WORKBENCH_HOME.
        clock: Tells Unix time; tests give their own.
    """

    def __init__(
        self, database: Database | None = None, *, clock: Callable[[], float] = time.time
    ) -> None:
        self.database = database or open_database()
        self._clock = clock

    def give(self, user: str, role: str, *, space: str, by: SignedIn | None = None) -> Grant:
        """Give a user a role in a space, in place of the one that he had there.

        Raises:
            AccessError: Who asks does not administer the space.
            ConflictError: He was the last who administers a space, and would not any more.
            InputError: The space's name is none, or the user is this machine's own.
            NotFoundError: There is no such user or role.
        """
        check_space_role(role)
        space, user = check_space(space), Users(self.database).called(user)
        if user == LOCAL:
            raise InputError(
                f"{LOCAL!r} is whoever sits at this machine, and needs no role",
                hint="workbench identity users add NAME",
            )
        with keeping_admins(self.database, user), self.database.transaction() as connection:
            actor = self._actor(by, space)
            if (known := Users(self.database).get(user)).disabled_s is not None:
                raise InputError(f"the user {user!r} is {known.state}")
            before = self._roles(user).get(space)
            grant = Grant(user, space, role, actor, self._clock())
            connection.execute(
                "INSERT INTO grants (user, space, role, granted_by, granted_s) "
                "VALUES (?, ?, ?, ?, ?) ON CONFLICT (user, space) DO UPDATE SET "
                "role = excluded.role, granted_by = excluded.granted_by, "
                "granted_s = excluded.granted_s",
                (user, space, role, actor, grant.granted_s),
            )
            about = {"space": space, "from": before, "to": role}
            Ledger(self.database).append("grant.given", user, actor=actor, data=about)
        return grant

    def take(self, user: str, *, space: str, by: SignedIn | None = None) -> Grant:
        """Take away the grant of a user in a space; a wider one, if there is one, holds again.

        Raises:
            AccessError: Who asks does not administer the space.
            ConflictError: He is the last who administers a space.
            NotFoundError: There is no such user, or he has no grant in just this space.
        """
        space, user = check_space(space), Users(self.database).called(user)
        with keeping_admins(self.database, user), self.database.transaction() as connection:
            actor = self._actor(by, space)
            Users(self.database).get(user)
            found = [grant for grant in self.list(user=user) if grant.space == space]
            if not found:
                held = ", ".join(grant.space for grant in self.list(user=user)) or "none"
                raise NotFoundError(
                    f"{user!r} has no grant in {space}; he has grants in: {held}",
                    hint=f"workbench identity roles list --user {user}",
                )
            connection.execute("DELETE FROM grants WHERE user = ? AND space = ?", (user, space))
            about = {"space": space, "from": found[0].role, "to": None}
            Ledger(self.database).append("grant.taken", user, actor=actor, data=about)
        return found[0]

    def list(self, *, user: str | None = None, space: str | None = None) -> tuple[Grant, ...]:
        """The grants by space and user; of one user, or those in a space and within it."""
        user = None if user is None else Users(self.database).called(user)
        rows = self.database.read(
            "SELECT * FROM grants WHERE ?1 IS NULL OR user = ?1 ORDER BY space, user", (user,)
        )
        inside = None if space is None else check_space(space)
        grants = (Grant(**dict(row)) for row in rows)
        return tuple(each for each in grants if inside is None or is_inside(each.space, inside))

    def decide(self, who: str | SignedIn, verb: str, *, space: str) -> Decision:
        """Whether somebody may do something in a space, now, with the reason.

        Args:
            who: A user's name, or who signed in.
            verb: What is to be done.
            space: Where.

        Raises:
            InputError: The space has not the form of one.
            NotFoundError: There is no such verb.
        """
        check_verb(verb)
        user, scopes = (who.user, who.scopes) if isinstance(who, SignedIn) else (who, None)
        with self.database.snapshot():
            known = Users(self.database).find(user)
            if known is None or known.disabled_s is not None:
                said = f"the user {user!r} is {known.state if known else 'not known here'}"
                return Decision(False, "user", said, user, verb, check_space(space))
            user = known.name
            grants = self._roles(user)
        return decide(grants, verb, space=space, user=user, scopes=scopes)

    def require(self, who: str | SignedIn, verb: str, *, space: str) -> Decision:
        """As ``decide``, but a no is an AccessError with the reason."""
        return self.decide(who, verb, space=space).require()

    def _roles(self, user: str) -> dict[str, str]:
        rows = self.database.read("SELECT space, role FROM grants WHERE user = ?", (user,))
        return {row["space"]: row["role"] for row in rows}

    def _actor(self, by: SignedIn | None, space: str) -> str:
        if by is None:
            return LOCAL
        self.require(by, ADMINISTER, space=space)
        return by.user


def require_own(by: SignedIn, user: str, *, what: str) -> None:
    """Raise AccessError unless a session (no token) asks for what belongs to its own user."""
    if by.kind != "session" or by.user != user:
        told: dict[str, Any] = {"reason": "owner", "user": user}
        raise AccessError(f"only {user!r} himself, signed in by password, can {what}", **told)
