"""How results of secure computations look in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from workbench.cli.drawing import format_bytes, print_table

if TYPE_CHECKING:
    from workbench.privacy.secure.results import Cost, PrivateJoin, SecureInference, SecureResult

_MOST_ROWS = 12


def show_secure_infer(found: SecureInference) -> None:
    """How many labels were right, what was opened, and what it cost."""
    right = "" if found.accuracy is None else f", {found.accuracy:.1%} right"
    click.echo(f"{found.rows:,} rows labelled by {found.model} ({found.scheme}){right}")
    if found.columns:
        out = f"; left out: {', '.join(found.left_out)} (no numbers)" if found.left_out else ""
        click.echo(f"by the columns {', '.join(found.columns)}{out}")
    click.echo(f"the plain model says the same on {found.agreement:.1%}")
    _show_terms(found.opened, found.cost, found.security)


def show_secure_apply(found: SecureResult) -> None:
    """The values, row by row, and what they cost."""
    rows = found.values.reshape(-1, found.values.shape[-1]) if found.values.ndim > 1 else None
    shown = found.values[:, None] if rows is None else rows
    for row in shown[:_MOST_ROWS]:
        click.echo("  ".join(f"{each:g}" for each in row))
    if len(shown) > _MOST_ROWS:
        click.echo(f"... and {len(shown) - _MOST_ROWS:,} more rows; all with --json")
    _show_terms(found.opened, found.cost, found.security)


def show_secure_join(found: PrivateJoin) -> None:
    """How many rows met, where they are, and what was learnt."""
    click.echo(
        f"{found.matched:,} rows have the same {', '.join(found.on)}, of {found.left_rows:,} and "
        f"{found.right_rows:,}: {found.out}"
    )
    for side, without in (("left", found.left_without_key), ("right", found.right_without_key)):
        if without:
            click.echo(f"left out: {without:,} rows of the {side} table, without a key", err=True)
    _show_terms(found.learnt, found.cost, found.security)


def _show_terms(opened: str, cost: Cost, security: str) -> None:
    """What was opened, the cost by party, and what is assumed."""
    click.echo(f"opened: {opened}")
    rows = [
        [each.name, each.rounds, format_bytes(each.offline_bytes), format_bytes(each.online_bytes)]
        for each in cost.parties
    ]
    print_table(["party", "rounds", "sent offline", "sent online"], rows)
    click.echo(f"{cost.offline_s:.3f} s offline, {cost.online_s:.3f} s online")
    click.echo(f"note: {security}", err=True)
