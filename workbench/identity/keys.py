"""Keys: made, shown once, listed, changed, revoked. The store keeps only a key's sha256.

Each change goes into the ledger, without the key.
"""

from __future__ import annotations

import secrets
import sqlite3
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from workbench.core.errors import ConflictError, InputError, NotFoundError
from workbench.core.viewers import Viewable
from workbench.store.database import Database, open_database
from workbench.store.documents import dump_document, load_document
from workbench.store.ledger import Ledger
from workbench.store.usage_queries import last_settled_s

from .names import check_name
from .principals import KeyLimits, Principal, check_models
from .roles import ROLES, check_scopes
from .secret_texts import SECRET_CHARS, hash_secret, random_text
from .users import LOCAL, Users

PREFIX = "wb-"
KEY_CHARS = len(PREFIX) + SECRET_CHARS
_SHOWN_CHARS = 8  # five of the secret's: enough to tell keys apart, 226 bits are left
_JOINED = (
    "SELECT keys.*, users.role AS user_role, users.disabled_s AS user_disabled_s "
    "FROM keys JOIN users ON users.name = keys.user"
)


@dataclass(frozen=True)
class NewKey:
    """A key that was just made. ``key`` is shown here and never again."""

    id: str
    key: str = field(repr=False)
    name: str
    prefix: str


@dataclass(frozen=True)
class Key(Viewable):
    """What is known of a key; times are Unix seconds."""

    id: str
    name: str
    prefix: str
    user: str
    role: str
    scopes: tuple[str, ...]
    models: tuple[str, ...] | None
    limits: KeyLimits
    created_s: float
    expires_s: float | None
    last_used_s: float | None
    revoked_s: float | None
    user_role: str = "owner"
    user_disabled_s: float | None = None

    def principal(self) -> Principal:
        """Who a request with this key comes from."""
        role = self.role if ROLES[self.role] <= ROLES[self.user_role] else self.user_role
        return Principal(
            self.id,
            self.name,
            self.user,
            role,
            frozenset(self.scopes) & ROLES[role],
            self.models,
            self.limits,
        )


class Keys:
    """The keys of one store.

    Args:
        database: The store, by default that of WORKBENCH_HOME.
    """

    def __init__(self, database: Database | None = None) -> None:
        self.database = database or open_database()

    def create(
        self,
        name: str,
        *,
        user: str | None = None,
        role: str = "user",
        scopes: Iterable[str] | None = None,
        models: Iterable[str] | None = None,
        expires_s: float | None = None,
        limits: KeyLimits | None = None,
        actor: str = LOCAL,
    ) -> NewKey:
        """Make a key. When this returns it is on the disk and works.

        Args:
            name: What it is called; no other key in force may have the name.
            user: Whose it is, by default the machine's own user; added if he is not there.
            role: The most that it may do: ``user``, ``operator`` or ``owner``.
            scopes: What it may be used for, by default all that the role allows.
            models: The models that it may use, exact names or ``beginning*``; None is all.
            expires_s: The Unix time from which it is refused.
            limits: What it may use.
            actor: Who makes it, for the ledger.

        Raises:
            AccessError: The user's role is smaller, or the role does not allow a scope.
            ConflictError: A key of that name is in force.
            InputError: The name, a model or the expiry is wrong.
            NotFoundError: There is no such role or scope.
        """
        check_name(name, what="key")
        carried, allowed = check_scopes(scopes, role=role), check_models(models)
        limits = limits or KeyLimits()
        if expires_s is not None and not time.time() < expires_s < 1e11:
            raise InputError("the key would have expired before it is made", expires_s=expires_s)
        text = PREFIX + random_text()
        made = NewKey(f"key_{secrets.token_hex(6)}", text, name, text[:_SHOWN_CHARS])
        user = Users(self.database).called(user or LOCAL)
        about = {
            "user": user,
            "role": role,
            "scopes": sorted(carried),
            "models": allowed,
            "limits": asdict(limits),
            "expires_s": expires_s,
        }
        with self.database.transaction() as connection:
            self._refuse_taken(connection, name)
            Users(self.database).ensure(user, role=role, actor=actor)
            connection.execute(
                "INSERT INTO keys (id, name, user, role, scopes, models, limits, prefix, sha256, "
                "created_s, expires_s) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    made.id,
                    name,
                    user,
                    role,
                    dump_document(sorted(carried), what="scopes"),
                    None if allowed is None else dump_document(allowed, what="models"),
                    dump_document(asdict(limits), what="limits"),
                    made.prefix,
                    hash_secret(text),
                    time.time(),
                    expires_s,
                ),
            )
            self._record("key.created", made.id, actor, {"name": name, **about})
        return made

    def list(self, *, revoked: bool = False) -> tuple[Key, ...]:
        """The keys in force, the oldest first; with ``revoked``, all that ever were."""
        where = "" if revoked else " WHERE revoked_s IS NULL"
        rows = self.database.read(f"{_JOINED}{where} ORDER BY keys.created_s, keys.id")
        return tuple(self._with_use(read_key(row)) for row in rows)

    def get(self, id_or_name: str) -> Key:
        """A key by its id, or one in force by its name. Raises NotFoundError with near matches."""
        row = self.database.read_one(
            f"{_JOINED} WHERE keys.id = ?1 OR (keys.name = ?1 AND revoked_s IS NULL) "
            "ORDER BY keys.id = ?1 DESC",
            (id_or_name,),
        )
        if row is None:
            raise self._missing(id_or_name)
        return self._with_use(read_key(row))

    def named(self, id_or_name: str) -> tuple[Key, ...]:
        """The key that ``get`` finds, or else all revoked ones of that name, the oldest first.

        Raises:
            NotFoundError: There never was one; near matches are named.
        """
        try:
            return (self.get(id_or_name),)
        except NotFoundError:
            found = tuple(key for key in self.list(revoked=True) if key.name == id_or_name)
            if not found:
                raise
            return found

    def _with_use(self, key: Key) -> Key:
        """The key with its last use: what it settled is on the disk before it is written there."""
        settled_s = last_settled_s(key.id, self.database)
        used_s = max(settled_s or 0.0, key.last_used_s or 0.0)
        return replace(key, last_used_s=used_s or None)

    def revoke(self, id_or_name: str, *, actor: str = LOCAL, reason: str = "") -> Key:
        """Refuse a key from now on; processes that verify it notice within ``CHANGE_SEEN_S``.

        Answers that are being written are written to their end. Revoking again changes nothing.
        """
        with self.database.transaction() as connection:
            key = self.get(id_or_name)
            if key.revoked_s is not None:
                return key
            connection.execute("UPDATE keys SET revoked_s = ? WHERE id = ?", (time.time(), key.id))
            self._record("key.revoked", key.id, actor, {"name": key.name, "reason": reason})
            return self.get(key.id)

    def update_limits(self, id_or_name: str, *, actor: str = LOCAL, **limits: Any) -> Key:
        """Change some limits of a key; None takes one away, what is not named stays.

        Raises:
            InputError: There is no such limit, or it is no number of at least 0.
        """
        with self.database.transaction():
            key = self.get(id_or_name)
            KeyLimits.of(limits)
            return self._update(
                key, "key.limits", actor, limits=replace(key.limits, **limits), changed=limits
            )

    def update_models(
        self, id_or_name: str, models: Iterable[str] | None, *, actor: str = LOCAL
    ) -> Key:
        """Change the models that a key may use; None is all."""
        with self.database.transaction():
            key, allowed = self.get(id_or_name), check_models(models)
            return self._update(key, "key.models", actor, models=allowed, changed=allowed)

    def _update(self, key: Key, action: str, actor: str, *, changed: Any, **values: Any) -> Key:
        ((column, value),) = values.items()
        with self.database.transaction() as connection:
            if key.revoked_s is not None:
                raise ConflictError(f"the key {key.name!r} was revoked", hint="make a new one")
            text = None if value is None else dump_document(value, what=column)
            connection.execute(f"UPDATE keys SET {column} = ? WHERE id = ?", (text, key.id))
            self._record(action, key.id, actor, {"name": key.name, "changed": changed})
            return self.get(key.id)

    def _refuse_taken(self, connection: sqlite3.Connection, name: str) -> None:
        row = connection.execute(
            "SELECT id FROM keys WHERE (name = ?1 AND revoked_s IS NULL) OR id = ?1", (name,)
        ).fetchone()
        if row is not None:
            raise ConflictError(
                f"the key {row['id']} is called {name!r} already",
                hint="take another name, or revoke that one first",
                id=row["id"],
            )

    def _record(self, action: str, key_id: str, actor: str, data: dict[str, Any]) -> None:
        Ledger(self.database).append(action, key_id, actor=actor, data=data)

    def _missing(self, id_or_name: str) -> NotFoundError:
        if PREFIX in id_or_name:  # most likely a key itself, which no message may repeat
            return NotFoundError(
                "no key has that name; a key is named by its id or its name, not by itself",
                hint="workbench serving keys list",
            )
        by_id = id_or_name.startswith("key_")  # what was meant is of the kind that was typed
        known = [key.id if by_id else key.name for key in self.list()]
        return NotFoundError.among("key", id_or_name, known, hint="workbench serving keys list")


def read_key(row: sqlite3.Row) -> Key:
    """A key from its row."""
    values = {name: row[name] for name in row.keys() if name != "sha256"}  # noqa: SIM118 - a Row
    models = load_document(row["models"])
    return Key(
        **{
            **values,
            "scopes": tuple(load_document(row["scopes"])),
            "models": None if models is None else tuple(models),
            "limits": KeyLimits.of(load_document(row["limits"])),
        }
    )
