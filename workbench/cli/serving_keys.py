"""How keys of the gateway look in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from workbench.cli.drawing import format_time, print_table

if TYPE_CHECKING:
    from workbench.identity.keys import Key, NewKey
    from workbench.identity.users import User
    from workbench.serving.key_operations import KeyState


def show_keys_add(made: NewKey) -> None:
    """The key to standard output, so that it can be put into a file; the rest beside it."""
    click.echo(made.key)
    click.echo(f"[{made.name} is {made.id}; this key is not shown again]", err=True)


def show_keys_list(keys: tuple[Key, ...]) -> None:
    """A line a key."""
    cells = [
        [
            key.name,
            key.id,
            f"{key.prefix}…",
            key.user,
            key.role,
            ", ".join(key.models) if key.models is not None else "all",
            ", ".join(f"{_said(name)} {value:g}" for name, value in key.limits.items) or "none",
            format_time(key.last_used_s) or "never",
            "revoked" if key.revoked_s else format_time(key.expires_s) or "never",
        ]
        for key in keys
    ]
    names = ["name", "id", "key", "user", "role", "models", "limits", "last used", "ends"]
    print_table(names, cells)


def show_keys_revoke(key: Key) -> None:
    """What is refused now."""
    click.echo(f"{key.name} ({key.id}) is revoked")


def show_keys_limits(key: Key) -> None:
    """The key as it is now."""
    show_keys_list((key,))


def show_keys_show(state: KeyState) -> None:
    """The key, and a line a limit: what is settled, held and allowed."""
    show_keys_list((state.key,))
    click.echo()
    use = state.use
    figures = {
        "requests_per_minute": (use.requests_minute, 0),
        "tokens_per_minute": (use.tokens_minute, use.reserved_tokens),
        "concurrent_streams": (0, use.streams),
        "budget_tokens_day": (use.tokens_day, use.reserved_tokens),
        "budget_tokens_month": (use.tokens_month, use.reserved_tokens),
        "budget_usd_day": (use.usd_day, use.reserved_usd),
        "budget_usd_month": (use.usd_month, use.reserved_usd),
    }
    allowed = dict(state.key.limits.items)
    rows = [[_said(name), *figures[name], allowed.get(name)] for name in figures]
    print_table(["", "used", "reserved", "allowed"], rows)


def show_users_list(users: tuple[User, ...]) -> None:
    """A line a user."""
    cells = [
        [user.name, user.role, format_time(user.created_s), format_time(user.disabled_s) or "no"]
        for user in users
    ]
    print_table(["name", "role", "added", "disabled"], cells)


def show_users_add(user: User) -> None:
    """The user as he is now."""
    show_users_list((user,))


show_users_role = show_users_disable = show_users_add


def _said(limit: str) -> str:
    """A limit's name; that of answers at a time is older than what it counts."""
    return "answers at a time" if limit == "concurrent_streams" else limit
