"""Passwords, kept as argon2id hashes (RFC 9106) with their parameters beside them.

A check costs one hash, whatever is wrong: for a user that does not exist, that has no password or
is disabled, a hash that nothing matches is checked. No setting, variable or file makes hashes
cheaper; what was hashed for less than ``FLOOR`` is not taken.
"""

from __future__ import annotations

import base64
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.core.errors import AccessError, InputError, IntegrityError
from workbench.core.optional import require
from workbench.store.database import Database, open_database
from workbench.store.ledger import Ledger

from .session_rows import end_all
from .strength import MOST_CHARS, check_strength, normalise
from .users import LOCAL, Users

if TYPE_CHECKING:
    import argon2


@dataclass(frozen=True)
class Cost:
    """What one hash costs: memory, passes over it, and lanes that may be filled side by side."""

    memory_kib: int
    passes: int
    lanes: int

    def is_under(self, other: Cost) -> bool:
        """Whether it is cheaper than another: less memory, or less of it written in all."""
        return (
            self.memory_kib < other.memory_kib
            or self.memory_kib * self.passes < other.memory_kib * other.passes
        )


COST = Cost(65_536, 3, 4)  # RFC 9106, section 4, the second recommended option
FLOOR = Cost(19_456, 2, 1)
_SALT_BYTES, _HASH_BYTES = 16, 32
_HASHING = threading.BoundedSemaphore(2)  # 64 MiB each: strangers must not fill the memory


class Passwords:
    """The passwords of one store.

    Args:
        database: The store, by default that of WORKBENCH_HOME.
        cost: What new hashes cost, by default ``COST``; older ones are made anew at sign-in.
        clock: Tells Unix time; tests give their own.

    Raises:
        DependencyError: argon2-cffi is not installed.
        InputError: The cost is under ``FLOOR``.
    """

    def __init__(
        self,
        database: Database | None = None,
        *,
        cost: Cost | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.database = database or open_database()
        self.cost = cost or COST
        self._clock = clock
        if self.cost.is_under(FLOOR):
            raise InputError(f"{self.cost} is less than a hash must cost: {FLOOR}")
        self._argon2 = require("argon2", extra="identity")
        self._hasher: argon2.PasswordHasher = self._argon2.PasswordHasher(
            time_cost=self.cost.passes,
            memory_cost=self.cost.memory_kib,
            parallelism=self.cost.lanes,
            salt_len=_SALT_BYTES,
            hash_len=_HASH_BYTES,
        )

    def set(self, user: str, password: str, *, actor: str = LOCAL) -> None:
        """Set a user's password; his sessions and tokens end, and his devices are forgotten.

        Raises:
            InputError: The password is too weak (see ``strength``), or the user is this machine's
                own, removed or disabled.
            NotFoundError: There is no such user.
        """
        user = self.require_user(user)
        self.keep(user, self.hash(check_strength(password, user=user)), actor=actor)

    def keep(self, user: str, made: str, *, actor: str) -> None:
        """Keep a hash that ``hash`` made, as ``set`` does: that takes no lock while it hashes."""
        with self.database.transaction() as connection:
            user = self.require_user(user)
            connection.execute(
                "INSERT INTO passwords (user, hash, set_s) VALUES (?, ?, ?) ON CONFLICT (user) "
                "DO UPDATE SET hash = excluded.hash, set_s = excluded.set_s",
                (user, made, self._clock()),
            )
            connection.execute("DELETE FROM sign_in_devices WHERE user = ?", (user,))
            ended = end_all(connection, user, because="password", time_s=self._clock())
            data = {"ended": ended}
            Ledger(self.database).append("user.password", user, actor=actor, data=data)

    def hash(self, text: str) -> str:
        """The hash of a password in its one form, at today's cost and with a salt of its own."""
        with _HASHING:
            return self._hasher.hash(text)

    def check(self, user: str, password: str) -> str | None:
        """The hash that the password of this user in force matches; None if it does not.

        It costs one hash in every case.

        Raises:
            AccessError: The password is right, and its hash is cheaper than ``FLOOR``.
        """
        stored = self.find(user)
        text = normalise(password[: MOST_CHARS * 4])
        fits = self._verify(stored or self._unmatchable(), text)
        if not fits or stored is None or len(password) > MOST_CHARS * 4:
            return None
        if self._cost_of(stored).is_under(FLOOR):
            raise AccessError(
                "the password is kept in a form that is too weak today, and is not taken",
                hint=f"workbench identity password {user}",
                reason="weak",
            )
        return stored

    def find(self, user: str) -> str | None:
        """The hash of a user in force, if he has one."""
        row = self.database.read_one(
            "SELECT hash FROM passwords JOIN users ON users.name = passwords.user "
            "WHERE user = ? AND disabled_s IS NULL",
            (user,),
        )
        return row["hash"] if row else None

    def renew(self, user: str, password: str, *, stored: str) -> str:
        """Hash anew what was hashed at another cost; the hash that is kept now.

        Args:
            user: Whose.
            password: The right one.
            stored: Its hash, as ``check`` told it. One that was set meanwhile is left.
        """
        if self._cost_of(stored) == self.cost:
            return stored
        made = self.hash(normalise(password))
        with self.database.transaction() as connection:
            found = connection.execute(
                "UPDATE passwords SET hash = ? WHERE user = ? AND hash = ?", (made, user, stored)
            )
        return made if found.rowcount else stored

    def require_user(self, user: str) -> str:
        """A user's name as it is kept. Raises what ``set`` does unless he can have a password."""
        known = Users(self.database).get(user)
        if user == LOCAL:
            raise InputError(
                f"{LOCAL!r} is whoever sits at this machine, and signs in nowhere",
                hint="workbench identity users add NAME",
            )
        if known.disabled_s is not None:
            raise InputError(f"the user {user!r} is {known.state}")
        return known.name

    def _verify(self, stored: str, text: str) -> bool:
        try:
            with _HASHING:
                # What was typed may be no text at all; as bytes it is a wrong password like others.
                return self._hasher.verify(stored, text.encode("utf-8", "surrogatepass"))
        except self._argon2.exceptions.VerifyMismatchError:
            return False
        except self._argon2.exceptions.InvalidHashError:
            raise IntegrityError(
                "what is kept of a password is none of the hashes that are made here",
                hint="workbench identity password NAME",
            ) from None

    def _cost_of(self, stored: str) -> Cost:
        found = self._argon2.extract_parameters(stored)
        return Cost(found.memory_cost, found.time_cost, found.parallelism)

    def _unmatchable(self) -> str:
        """A hash of today's cost that was made of no password, and without hashing one."""
        salt, made = (
            base64.b64encode(secrets.token_bytes(size)).rstrip(b"=").decode()
            for size in (_SALT_BYTES, _HASH_BYTES)
        )
        cost = f"m={self.cost.memory_kib},t={self.cost.passes},p={self.cost.lanes}"
        return f"$argon2id$v=19${cost}${salt}${made}"
