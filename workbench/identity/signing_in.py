"""Signing in and out, and changing one's password: what a page with a form calls."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from workbench.core.errors import AccessError, InputError
from workbench.store.database import Database, open_database
from workbench.store.ledger import Ledger

from .attempts import Attempts, source_of
from .grants import require_own
from .passwords import Cost, Passwords
from .scopes import SignedIn
from .secret_texts import hash_secret, random_text
from .sessions import NewSession, Sessions
from .strength import check_strength, normalise
from .users import LOCAL, Users

DEVICE_PREFIX = "wbd-"
DEVICE_KEPT_S = 90 * 86_400.0


@dataclass(frozen=True)
class NewSignIn:
    """A session that was begun, and the proof that its browser keeps for the next sign-in.

    The proof opens nothing: who shows it with a right password does not wait for others' failures.
    """

    session: NewSession
    device: str = field(repr=False)


class SignIn:
    """Signing in to one store.

    Args:
        database: The store, by default that of WORKBENCH_HOME.
        cost: What a new password's hash costs, by default ``passwords.COST``.
        clock: Tells Unix time to all that is asked here; tests give their own.
    """

    def __init__(
        self,
        database: Database | None = None,
        *,
        cost: Cost | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.database = database or open_database()
        self._clock = clock
        self.passwords = Passwords(self.database, cost=cost, clock=clock)
        self.attempts = Attempts(self.database, clock=clock)
        self.sessions = Sessions(self.database, clock=clock)

    def sign_in(
        self,
        user: str,
        password: str,
        *,
        source: str,
        previous: str | None = None,
        device: str | None = None,
    ) -> NewSignIn:
        """Begin a session with a text of its own, whatever the browser had before.

        Args:
            user: The name as it was typed.
            password: As it was typed.
            source: Where the attempt comes from: the client's address.
            previous: The text of the session that the browser shows; it is ended, also one that
                somebody else has put there.
            device: The proof that an earlier sign-in left.

        Raises:
            AccessError: The name or the password is wrong, or the user is disabled. The words do
                not say which, and each costs one hash.
            LimitError: Too many attempts failed; the context says ``retry_after_s``.
        """
        user = user if user.isprintable() else ""  # a name that nobody can have
        user = Users(self.database).called(user)
        proof = self._known_device(user, device)
        stored = self._check(user, password, source, proof)
        with self.database.transaction():
            self._refuse_changed(user, stored)
            return self.admit(user, source=source, previous=previous, device=device)

    def admit(
        self, user: str, *, source: str, previous: str | None = None, device: str | None = None
    ) -> NewSignIn:
        """Begin a session of who has shown who he is: by a password, or at a provider.

        Args:
            user: Whose.
            source: Where he comes from.
            previous: The text of the session that the browser shows; it is ended.
            device: The proof that an earlier sign-in left; another takes its place.

        Raises:
            AccessError: He is disabled or removed.
            NotFoundError: There is no such user.
        """
        with self.database.transaction():
            if previous:
                self.sessions.end_shown(previous, because="signed in anew")
            session = self.sessions.start(user, source=source_of(source))
            return NewSignIn(session, self._keep_device(user, self._known_device(user, device)))

    def sign_out(self, text: str) -> None:
        """End the session with this text; one that is over already is left."""
        self.sessions.end_shown(text, because="signed out")

    def change_password(
        self, by: SignedIn, old: str, new: str, *, source: str, device: str | None = None
    ) -> NewSignIn:
        """Change one's own password: all sessions and tokens end, and a new session begins.

        Args:
            by: Who asks, by a session.
            old: The password as it is; a session alone, which may be stolen, is not enough.
            new: The one to be.
            source: Where the attempt comes from.
            device: The proof that an earlier sign-in left.

        Raises:
            AccessError: The old one is wrong, or a token asks.
            InputError: The new one is too weak, or the old one; nothing was changed.
            LimitError: Too many attempts failed.
        """
        require_own(by, by.user, what="change the password")
        stored = self._check(by.user, old, source, self._known_device(by.user, device))
        text = check_strength(new, user=by.user)
        if text == normalise(old):
            raise InputError("the new password is the old one")
        made = self.passwords.hash(text)
        with self.database.transaction():
            self._refuse_changed(by.user, stored)
            self.passwords.keep(by.user, made, actor=by.user)
            session = self.sessions.start(by.user, source=source_of(source))
            return NewSignIn(session, self._keep_device(by.user, None))

    def _check(self, user: str, password: str, source: str, device: bytes | None) -> str:
        """The hash that the password matches, made anew if it was of another cost."""
        attempt = self.attempts.begin(user, source, device=device)
        stored = self.passwords.check(user, password)
        if stored is None:
            known = self.database.read_one("SELECT 1 FROM users WHERE name = ?", (user,))
            # What was typed for a name may be a password: only names are written down.
            subject = user if known else "a name that is not known"
            Ledger(self.database).append("sign_in.refused", subject, actor=LOCAL)
            raise _wrong()
        self.attempts.succeeded(attempt)
        return self.passwords.renew(user, password, stored=stored)

    def _refuse_changed(self, user: str, stored: str) -> None:
        """Hashing takes a while: a password or user that was changed meanwhile is what counts."""
        if self.passwords.find(user) != stored:
            raise _wrong()

    def _known_device(self, user: str, device: str | None) -> bytes | None:
        if not device or not device.startswith(DEVICE_PREFIX):
            return None
        proof = hash_secret(device)
        row = self.database.read_one(
            "SELECT 1 FROM sign_in_devices WHERE sha256 = ? AND user = ? AND last_s > ?",
            (proof, user, self._clock() - DEVICE_KEPT_S),
        )
        return proof if row else None

    def _keep_device(self, user: str, before: bytes | None) -> str:
        """A new proof in place of the one that was shown."""
        text, now_s = DEVICE_PREFIX + random_text(), self._clock()
        with self.database.transaction() as connection:
            connection.execute(
                "DELETE FROM sign_in_devices WHERE sha256 = ? OR last_s < ?",
                (before, now_s - DEVICE_KEPT_S),
            )
            connection.execute(
                "INSERT INTO sign_in_devices (sha256, user, last_s) VALUES (?, ?, ?)",
                (hash_secret(text), user, now_s),
            )
        return text


def _wrong() -> AccessError:
    return AccessError(
        "the name or the password is wrong", hint="try again, or ask an admin", reason="password"
    )
