"""What somebody may do on a live page, asked anew whenever it may have changed.

A door stays open for hours. What was decided when it was opened says nothing of now: a role may be
taken, a session ended, a user shut out. The store counts such changes, and the count is read at
each batch of updates, in the transaction that writes them. So what is written was allowed when it
was written, whatever the client says of itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from workbench.core.errors import AccessError
from workbench.identity.grants import Grants
from workbench.identity.scopes import SignedIn
from workbench.identity.sessions import Sessions
from workbench.store.database import Database

LOOKED_AGAIN_S = 5.0  # a session that lies idle, or a clock's step, is seen so late at most


@dataclass
class Rights:
    """What was decided for one door: up to which change, and when it is looked at again."""

    read: bool = False
    edit: bool = False
    ended: AccessError | None = None  # why the session or token is over
    said: str = ""  # why it may not be written on
    number: int = -1
    until_s: float = 0.0


class Authority:
    """Decides for doors of one store.

    Args:
        database: The store.
        clock: Tells Unix time; tests give their own.
    """

    def __init__(self, database: Database, *, clock: Callable[[], float] = time.time) -> None:
        self.database, self._clock = database, clock
        self._grants = Grants(database, clock=clock)
        self._sessions = Sessions(database, clock=clock)

    def changes(self) -> int:
        """The count of changes to who may do what, as the present transaction sees it."""
        row = self.database.read_one("SELECT number FROM identity_changes")
        return row["number"] if row else -1

    def require(self, signed: SignedIn, space: str, verb: str) -> None:
        """Raise AccessError unless somebody who signed in may do something in a space now."""
        self._sessions.look(signed, used=True)
        self._grants.require(signed, "read", space=space)
        self._grants.require(signed, verb, space=space)

    def may(self, signed: SignedIn, space: str, verb: str) -> bool:
        """Whether somebody who signed in may do something in a space now."""
        return self._grants.decide(signed, verb, space=space).allowed

    def now(self, signed: SignedIn, space: str, rights: Rights, *, number: int, used: bool) -> None:
        """Bring the rights of a door up to date.

        Args:
            signed: Who came in by it.
            space: Where it leads.
            rights: What was decided last; it is changed.
            number: What ``changes`` says.
            used: Whether something came through it.
        """
        now_s = self._clock()
        if rights.number == number and now_s < rights.until_s and rights.ended is None:
            return
        try:
            self._sessions.look(signed, used=used)
        except AccessError as error:
            rights.ended, rights.read, rights.edit = error, False, False
            return
        read = self._grants.decide(signed, "read", space=space)
        edit = self._grants.decide(signed, "edit", space=space)
        # Who may write and not read would be sent what others write.
        rights.read, rights.edit = read.allowed, read.allowed and edit.allowed
        rights.said = edit.said if read.allowed else read.said
        rights.number = number
        rights.until_s = min(signed.expires_s, now_s + LOOKED_AGAIN_S)
