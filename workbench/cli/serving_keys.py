"""How keys of the gateway look in a terminal."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from workbench.cli.drawing import print_table

if TYPE_CHECKING:
    from workbench.identity.keys import Key, NewKey


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
            ", ".join(f"{name} {value:g}" for name, value in key.limits.items) or "none",
            _when(key.last_used_s) or "never",
            "revoked" if key.revoked_s else _when(key.expires_s) or "never",
        ]
        for key in keys
    ]
    names = ["name", "id", "key", "user", "role", "models", "limits", "last used", "ends"]
    print_table(names, cells)


def show_keys_revoke(key: Key) -> None:
    """What is refused now."""
    click.echo(f"{key.name} ({key.id}) is revoked")


def _when(time_s: float | None) -> str:
    return time.strftime("%Y-%m-%d %H:%M", time.localtime(time_s)) if time_s else ""
