"""What the three roles may do, as scopes.

A scope is one thing that a key may be used for. A role is the most that a key may carry; a key
may carry less. What a key may do now is what it carries, cut down to what its user's role allows.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from workbench.core.errors import AccessError, NotFoundError

Role = Literal["user", "operator", "owner"]

SCOPES: dict[str, str] = {
    "inference": "ask models, see which there are, give feedback",
    "admin:read": "see loaded models, queues and the cache",
    "admin:usage": "see what everybody used",
    "admin:models": "load, unload and pin models",
    "admin:cache": "empty the cache",
    "admin:keys": "make, change and revoke keys, their limits and budgets",
    "admin:users": "add users and change their roles",
}
ROLES: dict[str, frozenset[str]] = {
    "user": frozenset({"inference"}),
    "operator": frozenset(SCOPES) - {"admin:keys", "admin:users"},
    "owner": frozenset(SCOPES),
}


def check_role(role: str) -> str:
    """The role, if there is one of that name. Raises NotFoundError with near matches."""
    if role not in ROLES:
        raise NotFoundError.among("role", role, ROLES)
    return role


def check_scopes(scopes: Iterable[str] | None, *, role: str) -> frozenset[str]:
    """The scopes that a key of a role is given; None for all that the role allows.

    Raises:
        NotFoundError: There is no such scope.
        AccessError: The role does not allow one of them.
    """
    allowed = ROLES[check_role(role)]
    if scopes is None:
        return allowed
    wanted = frozenset(scopes)
    for scope in sorted(wanted):
        if scope not in SCOPES:
            raise NotFoundError.among("scope", scope, SCOPES)
        if scope not in allowed:
            enough = next(name for name, held in ROLES.items() if scope in held)
            raise AccessError(
                f"the role {role!r} does not allow {scope!r}; it allows "
                f"{', '.join(sorted(allowed))}",
                hint=f"give the key the role {enough}",
                reason="scope",
            )
    return wanted


def is_within(role: str, other: str) -> bool:
    """Whether ``role`` allows nothing that ``other`` does not."""
    return ROLES[role] <= ROLES[other]
