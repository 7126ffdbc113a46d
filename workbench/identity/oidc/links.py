"""Links: which user of here is which subject of which issuer.

By these two alone. An e-mail address or a name can be changed at the provider, and be somebody
else's tomorrow.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass

from workbench.core.errors import ConflictError, InputError, NotFoundError
from workbench.core.viewers import Viewable
from workbench.store.database import Database, open_database
from workbench.store.ledger import Ledger

from ..users import LOCAL, Users
from .id_tokens import MOST_SUBJECT_CHARS


@dataclass(frozen=True)
class Link(Viewable):
    """One user as one issuer knows him."""

    issuer: str
    subject: str
    user: str
    linked_by: str
    linked_s: float


class Links:
    """The links of one store.

    Args:
        database: The store, by default that of WORKBENCH_HOME.
        clock: Tells Unix time; tests give their own.
    """

    def __init__(
        self, database: Database | None = None, *, clock: Callable[[], float] = time.time
    ) -> None:
        self.database = database or open_database()
        self._clock = clock

    def find(self, issuer: str, subject: str) -> Link | None:
        """Who a subject of an issuer is here, also where he was removed; None for nobody."""
        row = self.database.read_one(
            "SELECT * FROM oidc_links WHERE issuer = ? AND subject = ?", (issuer, subject)
        )
        return Link(**dict(row)) if row else None

    def add(self, user: str, issuer: str, subject: str, *, actor: str = LOCAL) -> Link:
        """Link a user to a subject of an issuer. A user may have several.

        Raises:
            ConflictError: The subject is somebody already.
            InputError: The user cannot sign in, or the subject is none.
            NotFoundError: There is no such user.
        """
        if user == LOCAL:
            raise InputError(f"{LOCAL!r} is whoever sits at this machine, and signs in nowhere")
        if not 0 < len(subject) <= MOST_SUBJECT_CHARS or not subject.isprintable():
            raise InputError(f"{subject!r:.80} is no subject", hint="it is the claim sub")
        with self.database.transaction() as connection:
            known = Users(self.database).get(user)
            if known.disabled_s is not None:
                raise InputError(f"the user {user!r} is {known.state}")
            user = known.name
            if (found := self.find(issuer, subject)) is not None:
                raise ConflictError(
                    f"this subject of {issuer} is the user {found.user!r} already",
                    hint=f"workbench identity oidc unlink {found.user} --provider NAME",
                    user=found.user,
                )
            connection.execute(
                "INSERT INTO oidc_links (issuer, subject, user, linked_by, linked_s) "
                "VALUES (?, ?, ?, ?, ?)",
                (issuer, subject, user, actor, self._clock()),
            )
            data = {"issuer": issuer, "subject": subject}
            Ledger(self.database).append("oidc.linked", user, actor=actor, data=data)
            made = self.find(issuer, subject)
        assert made is not None
        return made

    def remove(self, user: str, issuer: str, *, actor: str = LOCAL) -> int:
        """Unlink a user from an issuer: the sessions that came by it end; returns how many links.

        Raises:
            InputError: He was removed, and would be taken for somebody new.
            NotFoundError: He has no such link.
        """
        with self.database.transaction() as connection:
            known = Users(self.database).get(user)
            user = known.name
            if known.removed_s is not None:
                raise InputError(
                    f"the user {user!r} was removed; his link stays, so that he is refused"
                )
            found = [link for link in self.list(user=user) if link.issuer == issuer]
            if not found:
                raise NotFoundError(
                    f"{user!r} is not linked to {issuer}", hint="workbench identity oidc links"
                )
            ended = 0
            for link in found:
                ended += end_sessions_of(connection, issuer, link.subject, time_s=self._clock())
                connection.execute(
                    "DELETE FROM oidc_links WHERE issuer = ? AND subject = ?",
                    (issuer, link.subject),
                )
            data = {"issuer": issuer, "ended": ended}
            Ledger(self.database).append("oidc.unlinked", user, actor=actor, data=data)
        return len(found)

    def list(self, *, user: str | None = None) -> tuple[Link, ...]:
        """All links by user; or those of one."""
        user = None if user is None else Users(self.database).called(user)
        rows = self.database.read(
            "SELECT * FROM oidc_links WHERE ?1 IS NULL OR user = ?1 ORDER BY user, issuer, subject",
            (user,),
        )
        return tuple(Link(**dict(row)) for row in rows)


def end_sessions_of(
    connection: sqlite3.Connection, issuer: str, subject: str | None, *, time_s: float
) -> int:
    """End the sessions that came by an issuer, of one subject or of all; returns how many."""
    found = connection.execute(
        "UPDATE sessions SET ended_s = ?1, ended_because = 'unlinked' WHERE ended_s IS NULL AND "
        "id IN (SELECT session FROM oidc_sessions WHERE issuer = ?2 AND "
        "(?3 IS NULL OR subject = ?3))",
        (time_s, issuer, subject),
    )
    return found.rowcount
