"""Users: a name and a role. A key belongs to one, and never may more than he does.

The role says what he may do at the gateway; what he may do in a space is a grant (``grants``).
"""

from __future__ import annotations

import sqlite3
import time
from dataclasses import dataclass

from workbench.core.errors import AccessError, ConflictError, InputError, NotFoundError
from workbench.store.database import Database, open_database
from workbench.store.ledger import Ledger

from .last_admin import keeping_admins
from .names import check_name, check_no_path, look_alike, one_form
from .roles import check_role, is_within
from .session_rows import end_all

LOCAL = "local"  # who sits at this machine: whoever can write the store can do all that it holds


@dataclass(frozen=True)
class User:
    """One user. A disabled one's keys, sessions and tokens are refused; a removed one is disabled.

    What a removed one wrote stays under his name, which is given to nobody else.
    """

    name: str
    role: str
    created_s: float
    disabled_s: float | None = None
    removed_s: float | None = None

    @property
    def state(self) -> str:
        """One word for how he stands."""
        if self.removed_s is not None:
            return "removed"
        return "in force" if self.disabled_s is None else "disabled"


class Users:
    """The users of one store.

    Args:
        database: The store, by default that of WORKBENCH_HOME.
    """

    def __init__(self, database: Database | None = None) -> None:
        self.database = database or open_database()

    def add(self, name: str, *, role: str = "user", actor: str = LOCAL) -> User:
        """Add a user.

        Raises:
            ConflictError: There is one of that name, or there was, or of one that looks like it;
                or it is the machine's own.
            InputError: The name is no name.
            NotFoundError: There is no such role.
        """
        name = one_form(check_name(name, what="user"))
        check_no_path(name)
        check_role(role)
        with self.database.transaction() as connection:
            if name == LOCAL:
                raise ConflictError(
                    f"{LOCAL!r} is whoever sits at this machine, and needs not be added",
                    hint="take another name",
                )
            if (known := self.find(name)) is not None:
                if known.removed_s is not None:
                    raise ConflictError(
                        f"there was a user {name!r}, and what he wrote is his",
                        hint="take another name",
                        name=name,
                    )
                raise ConflictError(f"there is a user {name!r} already", name=name)
            self._insert(connection, name, role, actor)
            return self.get(name)

    def ensure(self, name: str, *, role: str, actor: str = LOCAL) -> User:
        """The user of that name, added with this role if he is not there.

        Raises:
            AccessError: He is there, and his role does not allow as much, or he is disabled.
            ConflictError: He is not there, and his name looks like another's.
        """
        name = self.called(check_name(name, what="user"))
        check_role(role)
        with self.database.transaction() as connection:
            user = self.find(name)
            if user is None:
                self._insert(connection, name, role if name != LOCAL else "owner", actor)
                user = self.get(name)
        if user.disabled_s is not None:
            raise AccessError(f"the user {name!r} is {user.state}", reason="disabled")
        if not is_within(role, user.role):
            raise AccessError(
                f"the user {name!r} has the role {user.role!r}, so a key of his cannot have the "
                f"role {role!r}",
                hint="raise the user's role first, or give the key a smaller one",
                reason="role",
            )
        return user

    def find(self, name: str) -> User | None:
        """The user of that name; None if there is none."""
        for form in dict.fromkeys((name, one_form(name))):  # kept as it was typed before NFC was
            row = self.database.read_one("SELECT * FROM users WHERE name = ?", (form,))
            if row:
                return User(**dict(row))
        return None

    def called(self, name: str) -> str:
        """A user's name as it is kept, from how it was typed; in NFC if there is no such user."""
        if name.isascii() or not name.isprintable():
            return name
        known = self.find(name)
        return known.name if known else one_form(name)

    def get(self, name: str) -> User:
        """The user of that name. Raises NotFoundError with near matches."""
        found = self.find(name)
        if found is None:
            raise NotFoundError.among("user", name, [user.name for user in self.list()])
        return found

    def list(self, *, removed: bool = False) -> tuple[User, ...]:
        """All users by name; with ``removed``, also those who were."""
        where = "" if removed else "WHERE removed_s IS NULL "
        rows = self.database.read(f"SELECT * FROM users {where}ORDER BY name")
        return tuple(User(**dict(row)) for row in rows)

    def set_role(self, name: str, role: str, *, actor: str = LOCAL) -> User:
        """Change a user's role; his keys may no more than that from now on."""
        check_role(role)
        return self._change(name, "user.role", {"role": role}, actor)

    def disable(self, name: str, *, actor: str = LOCAL) -> User:
        """Refuse all keys, sessions and tokens of a user; the latter two are ended for good.

        Raises:
            ConflictError: He is the last admin of a space.
        """
        name, time_s = self.called(name), time.time()
        with keeping_admins(self.database, name), self.database.transaction() as connection:
            user = self._change(name, "user.disabled", {"disabled_s": time_s}, actor)
            end_all(connection, name, because="disabled", time_s=time_s)
        return user

    def enable(self, name: str, *, actor: str = LOCAL) -> User:
        """Take a user's keys again. Raises ConflictError if he was removed."""
        return self._change(name, "user.enabled", {"disabled_s": None}, actor)

    def remove(self, name: str, *, actor: str = LOCAL) -> User:
        """Remove a user for good: his keys, sessions and tokens end, roles and password are gone.

        What he wrote keeps his name.

        Raises:
            ConflictError: He is the last admin of a space, or was removed before.
            InputError: It is the machine's own user.
            NotFoundError: There is no such user.
        """
        name = self.called(name)
        if name == LOCAL:
            raise InputError(f"{LOCAL!r} is whoever sits at this machine, and cannot be removed")
        time_s = time.time()
        with keeping_admins(self.database, name), self.database.transaction() as connection:
            self._change(name, "user.removed", {"removed_s": time_s}, actor)
            connection.execute(
                "UPDATE users SET disabled_s = coalesce(disabled_s, ?) WHERE name = ?",
                (time_s, name),
            )
            end_all(connection, name, because="removed", time_s=time_s)
            for table in ("grants", "passwords", "sign_in_devices"):
                connection.execute(f"DELETE FROM {table} WHERE user = ?", (name,))
            keys = connection.execute(
                "SELECT id, name FROM keys WHERE user = ? AND revoked_s IS NULL", (name,)
            ).fetchall()
            connection.execute(
                "UPDATE keys SET revoked_s = ? WHERE user = ? AND revoked_s IS NULL", (time_s, name)
            )
            for key in keys:
                data = {"name": key["name"], "reason": "its user was removed"}
                Ledger(self.database).append("key.revoked", key["id"], actor=actor, data=data)
            return self.get(name)

    def _insert(self, connection: sqlite3.Connection, name: str, role: str, actor: str) -> None:
        names = [LOCAL, *(user.name for user in self.list(removed=True))]
        if name != LOCAL and (other := look_alike(name, names)) is not None:
            whose = "this machine's own user" if other == LOCAL else "a user"
            raise ConflictError(
                f"{name!r} could be taken for {other!r}, {whose}",
                hint="take a name that differs in more than capitals or look-alike letters",
                name=name,
                other=other,
            )
        connection.execute(
            "INSERT INTO users (name, role, created_s) VALUES (?, ?, ?)", (name, role, time.time())
        )
        Ledger(self.database).append("user.added", name, actor=actor, data={"role": role})

    def _change(self, name: str, action: str, values: dict[str, object], actor: str) -> User:
        ((column, value),) = values.items()
        with self.database.transaction() as connection:
            before = self.get(name)
            name = before.name
            if before.removed_s is not None:
                raise ConflictError(f"the user {name!r} was removed", name=name)
            connection.execute(f"UPDATE users SET {column} = ? WHERE name = ?", (value, name))
            Ledger(self.database).append(
                action, name, actor=actor, data={"from": getattr(before, column), "to": value}
            )
            return self.get(name)
