"""Sessions and personal tokens: 256 random bits shown once, kept as sha256, ended at any time.

A session stands for a user that signed in by password and carries all that he may. A token stands
for a program of his and carries what its scopes say and his roles allow at the moment of use. Rows
are read at each use, so what was ended is refused everywhere from that moment on.
"""

from __future__ import annotations

import logging
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from workbench.core.errors import (
    AccessError,
    ConflictError,
    InputError,
    NotFoundError,
    StorageError,
)
from workbench.store.database import Database, open_database
from workbench.store.documents import dump_document, load_document
from workbench.store.ledger import Ledger

from .grants import Grants, require_own
from .names import check_name
from .scopes import Scope, SignedIn, check_token_scopes
from .secret_texts import SECRET_CHARS, hash_secret, random_text
from .session_rows import WITH_USER, Session, end_all, is_over, read_session, refusal, why_not
from .users import LOCAL, Users

log = logging.getLogger(__name__)

PREFIXES = {"session": "wbs-", "token": "wbt-"}
SESSION_S = 12 * 3600.0
SESSION_IDLE_S = 3600.0
TOKEN_DAYS = 90.0
MOST_TOKEN_DAYS = 366.0
_SHOWN_CHARS = 9
_USE_WRITTEN_S = 60.0  # so early at most ends a session that is idle
_DAY_S = 86_400.0


@dataclass(frozen=True)
class NewSession:
    """What was just begun. ``text`` is what is shown to be let in: it is told here, never again."""

    id: str
    text: str = field(repr=False)
    user: str
    expires_s: float
    prefix: str


class Sessions:
    """The sessions and tokens of one store.

    Args:
        database: The store, by default that of WORKBENCH_HOME.
        clock: Tells Unix time; tests give their own.
    """

    def __init__(
        self, database: Database | None = None, *, clock: Callable[[], float] = time.time
    ) -> None:
        self.database = database or open_database()
        self._clock = clock

    def start(
        self,
        user: str,
        *,
        source: str = "",
        lasts_s: float = SESSION_S,
        idle_s: float = SESSION_IDLE_S,
    ) -> NewSession:
        """Begin a session of a user whose password was checked; ``SignIn`` is who does that.

        Args:
            user: Whose.
            source: Where he signed in from.
            lasts_s: After so long it is refused, however much it is used.
            idle_s: After so long without use it is refused, or up to a minute before.

        Raises:
            AccessError: He is disabled or removed.
            NotFoundError: There is no such user.
        """
        user = Users(self.database).called(user)
        return self._add("session", "", user, None, source, lasts_s, idle_s, actor=user)

    def add_token(
        self,
        user: str,
        name: str,
        *,
        scopes: Iterable[str],
        expires_days: float = TOKEN_DAYS,
        by: SignedIn | None = None,
    ) -> NewSession:
        """Make a personal token. When this returns it is on the disk and works.

        Args:
            user: Whose.
            name: What it is called; no other token in force of his may have the name.
            scopes: What it may be used for, as ``verb:space`` or ``role:space``.
            expires_days: After so many days it is refused, at most 366.
            by: Who asks, if somebody signed in does: himself alone, and by a session.

        Raises:
            AccessError: The user may not do now what a scope says, he is disabled or removed, or
                somebody else asks.
            ConflictError: A token in force has the name.
            InputError: The name, a scope or the time is wrong.
            NotFoundError: There is no such user, verb or role.
        """
        check_name(name, what="token")
        wanted = check_token_scopes(scopes)
        if not 0 < expires_days <= MOST_TOKEN_DAYS:
            raise InputError(
                f"a token lasts {expires_days:g} days; it may last up to {MOST_TOKEN_DAYS:g}"
            )
        user = Users(self.database).called(user)
        actor = _actor(by, user, what="make tokens")
        with self.database.transaction():
            Users(self.database).get(user)
            grants = Grants(self.database)
            for scope in wanted:
                for verb in sorted(scope.verbs):
                    grants.require(user, verb, space=scope.space)
            if any(each.name == name for each in self.list(user=user, kind="token")):
                raise ConflictError(f"a token of {user!r} is called {name!r} already", name=name)
            return self._add(
                "token", name, user, wanted, "", expires_days * _DAY_S, None, actor=actor
            )

    def verify(self, text: str, *, kind: str) -> SignedIn:
        """Who shows this text.

        Args:
            text: What was shown.
            kind: ``session`` or ``token``: what is asked for at this door. The other is unknown.

        Raises:
            AccessError: It is not known here, was ended, has expired, lay idle for too long, or its
                user is disabled or removed. The context's ``reason`` says which.
            StorageError: The store cannot be read.
        """
        prefix = PREFIXES[kind]
        if len(text) != len(prefix) + SECRET_CHARS or not text.isascii():
            raise refusal("unknown", kind)
        digest = hash_secret(text)
        row = self.database.read_one(f"{WITH_USER} WHERE sha256 = ? AND kind = ?", (digest, kind))
        now_s = self._clock()
        reason = why_not(row, digest, now_s)
        if reason or row is None:
            if row is not None and row["ended_s"] is None and reason in ("expired", "idle"):
                self._note_end(row["id"], reason)
            raise refusal(reason, kind)
        self._note_use(row, now_s)
        scopes = load_document(row["scopes"])
        carried = None if scopes is None else tuple(Scope.of(each) for each in scopes)
        return SignedIn(row["id"], kind, row["user"], row["expires_s"], carried)

    def look(self, signed: SignedIn, *, used: bool) -> None:
        """Look again at a session or token that was verified, for a door that stays open.

        Args:
            signed: What ``verify`` gave.
            used: Whether something was done through the door since: one that only stays open does
                not keep a session from lying idle.

        Raises:
            AccessError: It is over, or its user is disabled or removed; see ``verify``.
            StorageError: The store cannot be read.
        """
        row = self.database.read_one(f"{WITH_USER} WHERE id = ?", (signed.id,))
        now_s = self._clock()
        reason = why_not(row, row["sha256"] if row else b"", now_s)
        if reason or row is None:
            raise refusal(reason, signed.kind)
        if used:
            self._note_use(row, now_s)

    def list(
        self, *, user: str | None = None, kind: str | None = None, ended: bool = False
    ) -> tuple[Session, ...]:
        """Sessions and tokens in force, the oldest first; with ``ended``, also those that were."""
        user = None if user is None else Users(self.database).called(user)
        rows = self.database.read(
            "SELECT * FROM sessions WHERE (?1 IS NULL OR user = ?1) AND (?2 IS NULL OR kind = ?2) "
            "ORDER BY created_s, id",
            (user, kind),
        )
        now_s = self._clock()
        return tuple(read_session(row) for row in rows if ended or not is_over(row, now_s))

    def end(self, id_or_name: str, *, user: str, by: SignedIn | None = None) -> Session:
        """End one session or token of a user, by its id or a token's name.

        Raises:
            AccessError: Somebody else asks.
            NotFoundError: He has none of that name in force.
        """
        user = Users(self.database).called(user)
        actor = _actor(by, user, what="end it")
        with self.database.transaction() as connection:
            found = self.list(user=user)
            for each in found:
                if id_or_name in (each.id, each.name or None):
                    self._end(connection, each.id, "revoked", actor=actor)
                    return read_session(self._row(each.id))
            known = [each.name or each.id for each in found]
            hint = f"workbench identity tokens list --user {user}"
            raise NotFoundError.among("session or token", id_or_name, known, hint=hint)

    def end_all(self, user: str, *, because: str = "revoked", by: SignedIn | None = None) -> int:
        """End all sessions and tokens of a user; returns how many.

        Raises:
            AccessError: Somebody else asks.
            NotFoundError: There is no such user.
        """
        user = Users(self.database).called(user)
        actor = _actor(by, user, what="end them")
        with self.database.transaction() as connection:
            Users(self.database).get(user)
            ended = end_all(connection, user, because=because, time_s=self._clock())
            data = {"because": because, "ended": ended}
            Ledger(self.database).append("sessions.ended", user, actor=actor, data=data)
        return ended

    def end_shown(self, text: str, *, because: str) -> None:
        """End the session whose text is shown, if there is one: signing out, or in anew."""
        with self.database.transaction() as connection:
            row = self.database.read_one(
                "SELECT id, user FROM sessions WHERE sha256 = ? AND ended_s IS NULL "
                "AND kind = 'session'",
                (hash_secret(text),),
            )
            if row is not None:
                self._end(connection, row["id"], because, actor=row["user"])

    def _add(
        self,
        kind: str,
        name: str,
        user: str,
        scopes: tuple[Scope, ...] | None,
        source: str,
        lasts_s: float,
        idle_s: float | None,
        *,
        actor: str,
    ) -> NewSession:
        now_s = self._clock()
        text = PREFIXES[kind] + random_text()
        made = NewSession(
            f"{kind[:3]}_{secrets.token_hex(6)}", text, user, now_s + lasts_s, text[:_SHOWN_CHARS]
        )
        said = None if scopes is None else [str(scope) for scope in scopes]
        with self.database.transaction() as connection:
            known = Users(self.database).get(user)
            if known.disabled_s is not None:
                raise AccessError(f"the user {user!r} is {known.state}", reason=known.state)
            kept = None if said is None else dump_document(said, what="scopes")
            connection.execute(
                "INSERT INTO sessions (id, kind, name, user, scopes, prefix, sha256, source, "
                "created_s, expires_s, idle_s, last_used_s) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, "
                "?, ?)",
                (made.id, kind, name, user, kept, made.prefix, hash_secret(text), source, now_s,
                 made.expires_s, idle_s, now_s),
            )  # fmt: skip
            about = {"user": user, "name": name, "scopes": said, "expires_s": made.expires_s}
            Ledger(self.database).append(f"{kind}.begun", made.id, actor=actor, data=about)
        return made

    def _end(
        self, connection: sqlite3.Connection, session_id: str, because: str, *, actor: str
    ) -> None:
        connection.execute(
            "UPDATE sessions SET ended_s = ?, ended_because = ? WHERE id = ?",
            (self._clock(), because, session_id),
        )
        kind = self._row(session_id)["kind"]
        data = {"because": because}
        Ledger(self.database).append(f"{kind}.ended", session_id, actor=actor, data=data)

    def _row(self, session_id: str) -> sqlite3.Row:
        row = self.database.read_one("SELECT * FROM sessions WHERE id = ?", (session_id,))
        if row is None:
            raise NotFoundError(f"no session named {session_id!r}")
        return row

    def _note_end(self, session_id: str, because: str) -> None:
        """End for good what is over: a clock that is put back must not let it in again."""
        try:
            with self.database.transaction() as connection:
                self._end(connection, session_id, because, actor=LOCAL)
        except StorageError as error:
            log.warning("that %s is over was not written: %s", session_id, error)

    def _note_use(self, row: sqlite3.Row, now_s: float) -> None:
        """Write when it was used, now and then: the write waits for the disk."""
        often_s = min(_USE_WRITTEN_S, (row["idle_s"] or _DAY_S) / 10)
        if now_s - row["last_used_s"] < often_s:
            return
        try:
            with self.database.transaction() as connection:
                connection.execute(
                    "UPDATE sessions SET last_used_s = ? WHERE id = ? AND last_used_s < ?",
                    (now_s, row["id"], now_s),
                )
        except StorageError as error:
            log.warning("when %s was used was not written: %s", row["id"], error)


def _actor(by: SignedIn | None, user: str, *, what: str) -> str:
    """Who changes what belongs to a user, for the ledger: himself, or this machine if none asks."""
    if by is None:
        return LOCAL
    require_own(by, user, what=what)
    return by.user
