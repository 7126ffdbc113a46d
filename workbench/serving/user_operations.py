"""What a user can ask about users beside their keys.

The gateway had these before there were roles in spaces; ``identity.users_*`` add and list the same
users. The role at the gateway is changed here alone.
"""

from __future__ import annotations

from workbench.core.operations import operation
from workbench.identity.roles import Role
from workbench.identity.users import User, Users
from workbench.identity.verification import verifier


@operation("serving.users_add", title="Add a user", produces="user", group="users")
def add_user(name: str, *, role: Role = "user") -> User:
    """Add a user, so that keys can be made for him.

    Args:
        name: What he is called.
        role: user asks models, operator also loads and unloads them, owner also makes keys.
    """
    return Users().add(name, role=role)


@operation("serving.users_list", title="List the users", produces="users", group="users")
def list_users() -> tuple[User, ...]:
    """List the users with their roles."""
    return Users().list()


@operation("serving.users_role", title="Change a user's role", produces="user", group="users")
def change_role(name: str, role: Role) -> User:
    """Change what a user, and every key of his, may do at most.

    Args:
        name: Whose.
        role: user, operator or owner.
    """
    user = Users().set_role(name, role)
    verifier().refresh()
    return user


@operation("serving.users_disable", title="Refuse a user's keys", produces="user", group="users")
def disable_user(name: str, *, undo: bool = False) -> User:
    """Refuse every key of a user from now on, or take them again; sessions and tokens end for good.

    The last admin of a space stays.

    Args:
        name: Whose.
        undo: Take his keys again; sessions and tokens that ended stay ended.
    """
    user = Users().enable(name) if undo else Users().disable(name)
    verifier().refresh()
    return user
