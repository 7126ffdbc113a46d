"""How users, roles in spaces and tokens look in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from workbench.cli.drawing import format_count, format_time, print_table
from workbench.cli.identity_oidc import (  # noqa: F401 - the drawer looks for them here
    show_oidc_check,
    show_oidc_link,
    show_oidc_links,
    show_oidc_remove,
    show_oidc_set,
    show_oidc_show,
    show_oidc_unlink,
)

if TYPE_CHECKING:
    from workbench.identity.deciding import Decision
    from workbench.identity.grants import Grant
    from workbench.identity.operations import Given, VerbRow
    from workbench.identity.session_rows import Session
    from workbench.identity.sessions import NewSession
    from workbench.identity.users import User


def show_users_list(users: tuple[User, ...]) -> None:
    """A line a user."""
    cells = [[user.name, user.role, format_time(user.created_s), _since(user)] for user in users]
    print_table(["name", "role at the gateway", "added", "state"], cells)


def show_users_add(user: User) -> None:
    """The user as he is now."""
    show_users_list((user,))


show_users_remove = show_users_add


def show_users_disable(user: User) -> None:
    """The user as he is now, and what does not come back with him."""
    show_users_list((user,))
    if user.disabled_s is None:
        click.echo("sessions and tokens that ended stay ended; keys are taken again", err=True)


def show_roles_list(grants: tuple[Grant, ...]) -> None:
    """A line a grant."""
    cells = [
        [each.space, each.user, each.role, each.granted_by, format_time(each.granted_s)]
        for each in grants
    ]
    print_table(["space", "user", "role", "granted by", "at"], cells)


def show_roles_give(grant: Given) -> None:
    """What was given."""
    click.echo(f"{grant.user} is {grant.role} in {grant.space}")
    if grant.told:
        click.echo(grant.told, err=True)


def show_roles_take(grant: Grant) -> None:
    """What was taken."""
    click.echo(f"{grant.user} was {grant.role} in {grant.space}")


def show_roles_check(decision: Decision) -> None:
    """Yes or no, and why."""
    click.echo(f"{'yes' if decision.allowed else 'no'}: {decision.said}")


def show_roles_table(rows: tuple[VerbRow, ...]) -> None:
    """A line a verb."""
    cells = [[row.verb, ", ".join(row.roles), row.meaning] for row in rows]
    print_table(["verb", "roles", "which is to"], cells)


def show_password(result: None) -> None:
    """That it is set."""
    click.echo("the password is set; earlier sessions and tokens have ended", err=True)


def show_unlock(counts: int) -> None:
    """How many were forgotten."""
    click.echo(f"forgot {format_count(counts, 'count')} of failed attempts")


def show_tokens_add(made: NewSession) -> None:
    """The token to standard output, so that it can be put into a file; the rest beside it."""
    click.echo(made.text)
    until = format_time(made.expires_s)
    click.echo(f"[{made.id}, until {until}; this token is not shown again]", err=True)


def show_sign_in(made: NewSession) -> None:
    """The session to standard output, for a program to show as its bearer; the rest beside it."""
    click.echo(made.text)
    until = format_time(made.expires_s)
    click.echo(f"[{made.user} is signed in until {until}; not shown again]", err=True)


def show_tokens_list(tokens: tuple[Session, ...]) -> None:
    """A line a token."""
    cells = [
        [each.name, each.id, f"{each.prefix}…", each.user, ", ".join(each.scopes or ()),
         _used(each), each.ended_because or format_time(each.expires_s)]
        for each in tokens
    ]  # fmt: skip
    print_table(["name", "id", "token", "user", "scopes", "last used", "ends"], cells)


def show_tokens_revoke(token: Session) -> None:
    """What is refused now."""
    click.echo(f"{token.name or token.id} of {token.user} is revoked")


def show_sessions_list(sessions: tuple[Session, ...]) -> None:
    """A line a session."""
    cells = [
        [each.id, each.user, each.source, format_time(each.created_s),
         format_time(each.last_used_s), each.ended_because or format_time(each.expires_s)]
        for each in sessions
    ]  # fmt: skip
    print_table(["id", "user", "from", "signed in", "last used", "ends"], cells)


def show_sessions_end(ended: int) -> None:
    """How many ended."""
    click.echo(f"ended {format_count(ended, 'session or token', 'sessions and tokens')}")


def _since(user: User) -> str:
    since_s = user.removed_s or user.disabled_s
    return f"{user.state} {format_time(since_s)}".strip()


def _used(session: Session) -> str:
    never = session.last_used_s <= session.created_s
    return "never" if never else format_time(session.last_used_s)
