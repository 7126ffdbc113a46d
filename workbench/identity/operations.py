"""What a user can ask about users, their roles in spaces, passwords, sessions and tokens."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Annotated

import annotated_types as bounds

from workbench.core.operations import operation

from .attempts import Attempts
from .deciding import Decision
from .grants import Grant, Grants
from .oidc import operations as oidc  # noqa: F401
from .roles import Role
from .session_rows import Session
from .sessions import MOST_TOKEN_DAYS, TOKEN_DAYS, NewSession, Sessions
from .spaces import unknown_place
from .users import User, Users
from .verbs import SPACE_ROLES, VERBS, SpaceRole, Verb
from .verification import verifier


@dataclass(frozen=True)
class VerbRow:
    """One verb, what it means and the roles that may do it."""

    verb: str
    meaning: str
    roles: tuple[str, ...]


@dataclass(frozen=True)
class Given(Grant):
    """A grant that was given, and what there is to say of its space, if anything."""

    told: str = ""


@operation("identity.users_add", title="Add a user", produces="user", group="users")
def add_user(name: str, *, role: Role = "user") -> User:
    """Add a user; roles in spaces, a password and keys are given to him afterwards.

    Args:
        name: What he is called, for good: no later user gets the name.
        role: At the gateway: user asks models, operator also loads them, owner also makes keys.
    """
    return Users().add(name, role=role)


@operation("identity.users_list", title="List the users", produces="users", group="users")
def list_users(*, removed: bool = False) -> tuple[User, ...]:
    """List the users with their roles at the gateway.

    Args:
        removed: Also those that were removed.
    """
    return Users().list(removed=removed)


@operation("identity.users_disable", title="Shut a user out", produces="user", group="users")
def disable_user(name: str, *, undo: bool = False) -> User:
    """Refuse all that a user shows from now on: keys, sessions, tokens, his password.

    The last admin of a space stays.

    Args:
        name: Whose.
        undo: Let him in again; sessions and tokens that ended stay ended.
    """
    user = Users().enable(name) if undo else Users().disable(name)
    verifier().refresh()
    return user


@operation("identity.users_remove", title="Remove a user for good", produces="user", group="users")
def remove_user(name: str) -> User:
    """Remove a user: his keys, sessions and tokens end, his roles and password are gone.

    What he wrote keeps his name, which nobody else gets. The last admin of a space stays.

    Args:
        name: Whom.
    """
    user = Users().remove(name)
    verifier().refresh()
    return user


@operation("identity.roles_give", title="Give a role in a space", produces="grant", group="roles")
def give_role(user: str, role: SpaceRole, *, space: str) -> Given:
    """Give a user a role in a space and all that lies in it, in place of the one he had there.

    Of several grants the narrowest decides, also where it gives less: none shuts a space.

    Args:
        user: Whose.
        role: none, reader, contributor, reviewer, curator or admin; roles table says what each may.
        space: A path such as /knowledge/leads; / is everything.
    """
    made = Grants().give(user, role, space=space)
    return Given(**asdict(made), told=unknown_place(made.space))


@operation("identity.roles_take", title="Take a role away", produces="grant", group="roles")
def take_role(user: str, *, space: str) -> Grant:
    """Take away the grant that a user has in just this space; a wider one holds there again.

    Args:
        user: Whose.
        space: The space that was named when it was given.
    """
    return Grants().take(user, space=space)


@operation("identity.roles_list", title="List roles by space", produces="grants", group="roles")
def list_roles(*, user: str | None = None, space: str | None = None) -> tuple[Grant, ...]:
    """List who has which role where.

    Args:
        user: Only this one's.
        space: Only grants in this space and within it.
    """
    if user is not None:
        Users().get(user)
    return Grants().list(user=user, space=space)


@operation("identity.roles_check", title="Ask who may", produces="decision", group="roles")
def check_role(user: str, verb: Verb, *, space: str) -> Decision:
    """Say whether a user may do something in a space, and why; exit status 1 if he may not.

    Args:
        user: Who.
        verb: What: read, edit, approve and so on; roles table lists them.
        space: Where; a path such as /knowledge/leads, or /.
    """
    return Grants().decide(user, verb, space=space)


@operation("identity.roles_table", title="Show what roles may", produces="verbs", group="roles")
def show_roles() -> tuple[VerbRow, ...]:
    """Show each verb, what it means and which roles in a space may do it."""
    return tuple(
        VerbRow(verb, meaning, tuple(role for role, verbs in SPACE_ROLES.items() if verb in verbs))
        for verb, meaning in VERBS.items()
    )


@operation("identity.password", title="Set a password")
def set_password(user: str) -> None:
    """Set the password that a user signs in with; all his sessions and tokens end.

    It is asked for in a terminal, or read from the first line of standard input. It has 12
    characters or more and is not easily foretold.

    Args:
        user: Whose.
    """
    from .passwords import Passwords
    from .typed import read_secret

    passwords = Passwords()
    passwords.require_user(user)  # before anything is typed
    passwords.set(user, read_secret(f"new password of {user}"))


@operation("identity.unlock", title="Forget failed attempts to sign in", produces="count")
def unlock() -> int:
    """Forget all failed attempts to sign in, so that nobody waits; says how many counts there were.

    Waits end by themselves, after a quarter of an hour at most.
    """
    return Attempts().clear()


@operation("identity.tokens_add", title="Make a token", produces="secret", group="tokens")
def add_token(
    user: str,
    name: str,
    *,
    scopes: list[str],
    expires_days: Annotated[float, bounds.Gt(0), bounds.Le(MOST_TOKEN_DAYS)] = TOKEN_DAYS,
) -> NewSession:
    """Make a token for a program of a user. It is shown once: the store keeps only its sha256.

    It may what its scopes say and its user's roles allow, at the moment of use.

    Args:
        user: Whose.
        name: What it is called.
        scopes: verb:space or role:space, as in read:/knowledge or contributor:/knowledge/leads.
        expires_days: After so many days it is refused.
    """
    return Sessions().add_token(user, name, scopes=scopes, expires_days=expires_days)


@operation("identity.tokens_list", title="List tokens", produces="sessions", group="tokens")
def list_tokens(*, user: str | None = None, ended: bool = False) -> tuple[Session, ...]:
    """List personal tokens in force; the tokens themselves are nowhere.

    Args:
        user: Only this one's.
        ended: Also those that were revoked or have expired.
    """
    return Sessions().list(user=user, kind="token", ended=ended)


@operation("identity.tokens_revoke", title="Revoke a token", produces="session", group="tokens")
def revoke_token(user: str, token: str) -> Session:
    """Refuse a token of a user from now on, everywhere. It cannot be taken back.

    Args:
        user: Whose.
        token: Its name or its id.
    """
    return Sessions().end(token, user=user)


@operation("identity.sessions_list", title="List sessions", produces="sessions", group="sessions")
def list_sessions(*, user: str | None = None, ended: bool = False) -> tuple[Session, ...]:
    """List who is signed in.

    Args:
        user: Only this one's.
        ended: Also those that are over.
    """
    return Sessions().list(user=user, kind="session", ended=ended)


@operation("identity.sessions_end", title="Sign a user out", produces="count", group="sessions")
def end_sessions(user: str) -> int:
    """End all sessions and tokens of a user; says how many.

    Args:
        user: Whose.
    """
    return Sessions().end_all(user)
