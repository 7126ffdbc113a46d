"""A space that somebody administers never ends up with nobody who does."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from workbench.core.errors import ConflictError
from workbench.store.database import Database

from .deciding import narrowest_grant
from .spaces import EVERYTHING
from .verbs import ADMINISTER, SPACE_ROLES

_ADMINS = tuple(role for role, verbs in SPACE_ROLES.items() if ADMINISTER in verbs)


@contextmanager
def keeping_admins(database: Database, user: str) -> Iterator[None]:
    """A transaction in which ``user`` may lose what he administers if somebody else does as well.

    Looked at are all spaces that have grants before or after, and ``/``: a narrower grant can take
    a space from its only admin just as a grant that is taken away.

    Raises:
        ConflictError: A space would be left without one; nothing was changed.
    """
    with database.transaction():
        if not _administers(database, user):
            yield
            return
        spaces, before = _spaces(database), _grants_of_admins(database)
        yield
        after = _grants_of_admins(database)
        left = [
            space
            for space in sorted(spaces | _spaces(database))
            if _has_admin(before, space) and not _has_admin(after, space)
        ]
        if left:
            raise ConflictError(
                f"{user!r} is the last admin of {left[0]}: nobody could grant roles there",
                hint=f"workbench identity roles give NAME admin --space {left[0]}",
                user=user,
                spaces=left,
            )


def _administers(database: Database, user: str) -> bool:
    rows = database.read("SELECT role FROM grants WHERE user = ?", (user,))
    return any(row["role"] in _ADMINS for row in rows)


def _spaces(database: Database) -> set[str]:
    rows = database.read("SELECT DISTINCT space FROM grants")
    return {EVERYTHING, *(row["space"] for row in rows)}


def _grants_of_admins(database: Database) -> dict[str, dict[str, str]]:
    """All grants of the users in force who administer anything, by user and space."""
    marks = ", ".join("?" * len(_ADMINS))
    rows = database.read(
        "SELECT grants.user, space, grants.role FROM grants JOIN users ON users.name = grants.user "
        "WHERE disabled_s IS NULL AND grants.user IN "
        f"(SELECT user FROM grants WHERE role IN ({marks}))",
        _ADMINS,
    )
    found: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for row in rows:
        found[row["user"]][row["space"]] = row["role"]
    return found


def _has_admin(grants: Mapping[str, Mapping[str, str]], space: str) -> bool:
    in_force = (narrowest_grant(each, space) for each in grants.values())
    return any(found is not None and found[1] in _ADMINS for found in in_force)
