"""The roles that a provider's groups bring, brought up to date at each sign-in.

A grant says who gave it, and only those that this provider gave are changed or taken: what an admin
gave by hand stands, also where a group would give more.
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
            before, role = found.get(space), wanted.get(space)
            if before is not None and (space not in ours or before.role == role):
                continue
            _change(database, provider, user, space, before, role, clock())


def _change(
    database: Database,
    provider: Provider,
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
                    "role = excluded.role, granted_s = excluded.granted_s",
                    (user, space, role, provider.granted_by, now_s),
                )
            Ledger(database).append(
                "grant.taken" if role is None else "grant.given",
                user,
                actor=provider.granted_by,
                data={"space": space, "from": before.role if before else None, "to": role},
            )
    except ConflictError as error:
        log.warning("%s left the role of %r in %s as it was: %s", provider.name, user, space, error)
