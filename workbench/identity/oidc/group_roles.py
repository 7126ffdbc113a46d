"""The roles that a provider's groups bring, brought up to date at each sign-in.

A grant says who gave it, and only those that this provider gave are changed or taken: what an admin
gave by hand stands, also where a group would give more. The default role is given once, to a user
who is made, and is the least that groups leave him in its space: the larger of both holds.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable

from workbench.core.errors import ConflictError
from workbench.store.database import Database
from workbench.store.ledger import Ledger

from ..grants import Grant, Grants
from ..last_admin import keeping_admins
from ..verbs import SPACE_ROLES
from .links import Links
from .providers import Provider

log = logging.getLogger(__name__)
_ORDER = list(SPACE_ROLES)


def wanted_roles(provider: Provider, groups: Iterable[str]) -> dict[str, str]:
    """The role by space that some groups bring; of several in one space the largest."""
    held: set[str] = set(groups)
    found: dict[str, str] = {}
    for each in provider.group_roles:
        if each.group in held:
            before = found.get(each.space)
            if before is None or _ORDER.index(each.role) > _ORDER.index(before):
                found[each.space] = each.role
    return found


def give_default(database: Database, provider: Provider, user: str, *, time_s: float) -> None:
    """Give a user who was just made the default role."""
    by, space = provider.default_granted_by, provider.default_space
    _change(database, by, user, space, None, provider.default_role, time_s)


def bring_up_to_date(
    database: Database,
    provider: Provider,
    user: str,
    groups: Iterable[str],
    *,
    clock: Callable[[], float] = time.time,
) -> None:
    """Give and take what somebody's groups say now.

    The last admin of a space keeps it: that one stays as it was, and is told in the log.
    """
    wanted = wanted_roles(provider, groups)
    with database.transaction():
        found = {grant.space: grant for grant in Grants(database).list(user=user)}
        ours = {space for space, each in found.items() if each.granted_by == provider.granted_by}
        for space in sorted({*ours, *wanted}):
            before, role, by = found.get(space), wanted.get(space), provider.granted_by
            if before is not None and before.granted_by == provider.default_granted_by:
                if not _is_larger(role, before.role):
                    continue
            elif before is not None and space not in ours:
                continue
            elif (
                before is not None
                and _has_default(database, provider, user, space)
                and not _is_larger(role, provider.default_role)
            ):
                role, by = provider.default_role, provider.default_granted_by
            if before is None or (before.role, before.granted_by) != (role, by):
                _change(database, by, user, space, before, role, clock())


def _is_larger(role: str | None, other: str) -> bool:
    return role is not None and _ORDER.index(role) > _ORDER.index(other)


def _has_default(database: Database, provider: Provider, user: str, space: str) -> bool:
    """Whether the default role is what stays in a space without groups: of who was made by it."""
    return (
        bool(provider.default_role)
        and space == provider.default_space
        and any(
            each.issuer == provider.issuer and each.linked_by == provider.granted_by
            for each in Links(database).list(user=user)
        )
    )


def _change(
    database: Database,
    by: str,
    user: str,
    space: str,
    before: Grant | None,
    role: str | None,
    now_s: float,
) -> None:
    try:
        with keeping_admins(database, user), database.transaction() as connection:
            if role is None:
                connection.execute("DELETE FROM grants WHERE user = ? AND space = ?", (user, space))
            else:
                connection.execute(
                    "INSERT INTO grants (user, space, role, granted_by, granted_s) "
                    "VALUES (?, ?, ?, ?, ?) ON CONFLICT (user, space) DO UPDATE SET "
                    "role = excluded.role, granted_by = excluded.granted_by, "
                    "granted_s = excluded.granted_s",
                    (user, space, role, by, now_s),
                )
            Ledger(database).append(
                "grant.taken" if role is None else "grant.given",
                user,
                actor=by,
                data={"space": space, "from": before.role if before else None, "to": role},
            )
    except ConflictError as error:
        log.warning("%s left the role of %r in %s as it was: %s", by, user, space, error)
