"""Providers: whom this machine believes about who somebody is, and how far."""

from __future__ import annotations

import dataclasses
import os
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from workbench.core.errors import ConfigError, ConflictError, InputError, NotFoundError
from workbench.core.viewers import Viewable
from workbench.store.database import Database, open_database
from workbench.store.documents import dump_document, load_document
from workbench.store.ledger import Ledger

from ..spaces import check_space
from ..users import LOCAL
from ..verbs import check_space_role
from .addresses import check_address

Enter = Literal["linked", "create"]
ClientAuth = Literal["basic", "post"]
SECRET_VARIABLE = "OIDC_CLIENT_SECRET_"
MOST_LEEWAY_S = 600.0
MOST_LABEL_CHARS = 60
_NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")
_CLAIM = re.compile(r"[\x21-\x7e]{1,100}")
_SCOPE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]{1,100}")


@dataclass(frozen=True)
class GroupRole:
    """A group of the provider's, and the role that its members have in a space here."""

    group: str
    role: str
    space: str

    @classmethod
    def of(cls, text: str) -> GroupRole:
        """From ``GROUP=ROLE:SPACE``. Raises InputError or NotFoundError."""
        group, equals, rest = text.rpartition("=")
        role, colon, space = rest.partition(":")
        if not (group and equals and colon):
            raise InputError(
                f"{text!r:.200} does not say which group has which role where",
                hint="editors=contributor:/knowledge",
            )
        return cls(group, check_space_role(role), check_space(space))

    def __str__(self) -> str:
        return f"{self.group}={self.role}:{self.space}"


@dataclass(frozen=True)
class Provider(Viewable):
    """What is set for one provider. ``enter`` says who may come in beside those who are linked."""

    name: str
    issuer: str
    client_id: str
    label: str = ""
    secret_file: str = ""
    scopes: tuple[str, ...] = ("openid", "profile")
    enter: Enter = "linked"
    name_claim: str = "preferred_username"
    default_role: str = ""
    default_space: str = "/"
    groups_claim: str = ""
    group_roles: tuple[GroupRole, ...] = ()
    leeway_s: float = 120.0
    client_auth: ClientAuth = "basic"

    @property
    def secret_variable(self) -> str:
        """The environment variable that has the client's secret."""
        return SECRET_VARIABLE + self.name.upper().replace("-", "_")

    @property
    def granted_by(self) -> str:
        """Who grants the roles of its groups, as grants say it; no user's name has a colon."""
        return f"oidc:{self.name}"

    @property
    def default_granted_by(self) -> str:
        """Who grants the default role: whoever lists roles sees that no admin gave it by hand."""
        return f"{self.granted_by} default"

    def secret(self) -> str:
        """The client's secret; empty for a public client, which has PKCE alone.

        Raises:
            ConfigError: The file that has it cannot be read.
        """
        if self.secret_variable in os.environ:
            return os.environ[self.secret_variable].strip()
        if not self.secret_file:
            return ""
        path = Path(self.secret_file).expanduser()
        try:
            found = path.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            why = error.strerror if isinstance(error, OSError) else "it is no text"
        else:
            if found:
                return found
            why = "it is empty"
        raise ConfigError(
            f"the secret of the client at {self.name!r} is not to be had from {path}: {why}",
            hint=f"put it into that file, or into {self.secret_variable}",
            provider=self.name,
        )

    def check(self) -> Provider:
        """The settings in their one form.

        Raises:
            InputError: One of them is wrong.
            NotFoundError: There is no such role.
        """
        if not _NAME.fullmatch(self.name):
            raise InputError(
                f"a provider cannot be called {self.name!r:.80}: its name stands in addresses",
                hint="lower-case letters, digits and -, as in corp",
            )
        check_address(self.issuer, what="the issuer")
        if any(sign in self.issuer for sign in "?#"):
            raise InputError(f"the issuer {self.issuer!r} has a query or fragment")
        if not self.client_id.strip() or not self.client_id.isprintable():
            raise InputError("the client's id is empty, or has characters that cannot be shown")
        if len(self.label) > MOST_LABEL_CHARS or not self.label.isprintable():
            raise InputError(
                f"the label {self.label!r:.100} has over {MOST_LABEL_CHARS} characters, or some "
                "that cannot be shown"
            )
        for claim in filter(None, (self.name_claim, self.groups_claim)):
            if not _CLAIM.fullmatch(claim):
                raise InputError(f"{claim!r:.80} is no name of a claim")
        if bad := [scope for scope in self.scopes if not _SCOPE.fullmatch(scope)]:
            raise InputError(f"{bad[0]!r:.80} is no scope", hint="openid, profile, email, groups")
        if self.enter not in get_args(Enter):
            raise InputError(f"who may enter is {self.enter!r}; it may be linked or create")
        if self.client_auth not in get_args(ClientAuth):
            raise InputError(f"the secret is sent by {self.client_auth!r}; it may be basic or post")
        if not 0 <= self.leeway_s <= MOST_LEEWAY_S:
            raise InputError(
                f"clocks may differ by {self.leeway_s:g} s; it may be 0 to {MOST_LEEWAY_S:g} s"
            )
        if self.group_roles and not self.groups_claim:
            raise InputError("roles by group need the claim that names groups", hint="groups_claim")
        if self.default_role:
            check_space_role(self.default_role)
        scopes = tuple(dict.fromkeys(("openid", *self.scopes)))
        space = check_space(self.default_space)
        return dataclasses.replace(self, scopes=scopes, default_space=space)


class Providers:
    """The providers of one store.

    Args:
        database: The store, by default that of WORKBENCH_HOME.
        clock: Tells Unix time; tests give their own.
    """

    def __init__(
        self, database: Database | None = None, *, clock: Callable[[], float] = time.time
    ) -> None:
        self.database = database or open_database()
        self._clock = clock

    def set(self, provider: Provider, *, actor: str = LOCAL) -> Provider:
        """Keep the settings of a provider, in place of those that there were under its name.

        Links belong to the issuer, so another issuer under the same name believes none of them.

        Raises:
            ConflictError: Another provider has this issuer.
            InputError: A setting is wrong; see ``Provider.check``.
        """
        provider = provider.check()
        values = {
            **dataclasses.asdict(provider),
            "group_roles": [str(each) for each in provider.group_roles],
        }
        with self.database.transaction() as connection:
            same = [each.name for each in self.list() if each.issuer == provider.issuer]
            if same and same[0] != provider.name:
                raise ConflictError(
                    f"the provider {same[0]!r} has the issuer {provider.issuer} already",
                    hint=f"workbench identity oidc remove {same[0]}",
                )
            connection.execute(
                "INSERT INTO oidc_providers (name, issuer, settings, set_s) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (name) DO UPDATE SET issuer = excluded.issuer, "
                "settings = excluded.settings, set_s = excluded.set_s",
                (provider.name, provider.issuer, dump_document(values, what="settings"),
                 self._clock()),
            )  # fmt: skip
            connection.execute("DELETE FROM oidc_flows WHERE provider = ?", (provider.name,))
            Ledger(self.database).append("oidc.set", provider.name, actor=actor, data=values)
        return provider

    def list(self) -> tuple[Provider, ...]:
        """All of them by name."""
        rows = self.database.read("SELECT settings FROM oidc_providers ORDER BY name")
        return tuple(_read(load_document(row["settings"])) for row in rows)

    def get(self, name: str) -> Provider:
        """The provider of that name. Raises NotFoundError with near matches."""
        found = {each.name: each for each in self.list()}
        if name not in found:
            hint = "workbench identity oidc set NAME --issuer URL --client-id ID"
            raise NotFoundError.among("provider", name, found, hint=hint)
        return found[name]

    def remove(self, name: str, *, actor: str = LOCAL) -> Provider:
        """Believe a provider no longer: the sessions that came by it end. Links stay.

        Raises:
            NotFoundError: There is none of that name.
        """
        from .links import end_sessions_of

        with self.database.transaction() as connection:
            provider = self.get(name)
            connection.execute("DELETE FROM oidc_providers WHERE name = ?", (name,))
            connection.execute("DELETE FROM oidc_flows WHERE provider = ?", (name,))
            ended = end_sessions_of(connection, provider.issuer, None, time_s=self._clock())
            Ledger(self.database).append("oidc.removed", name, actor=actor, data={"ended": ended})
        return provider


def _read(values: dict[str, Any]) -> Provider:
    roles = tuple(GroupRole.of(text) for text in values["group_roles"])
    return Provider(**{**values, "scopes": tuple(values["scopes"]), "group_roles": roles})
