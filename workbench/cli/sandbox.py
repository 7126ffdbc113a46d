"""How results of the sandbox look in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from workbench.sandbox.kinds import Isolation
    from workbench.sandbox.outcome import Outcome


def show_show(found: Isolation) -> None:
    """What holds, and what is missing with the command that brings it."""
    click.echo(f"sandbox   {found.kind if found.ok else 'none: ' + found.missing}")
    click.echo(f"enforced  {', '.join(found.enforced)}")
    if found.hint:
        click.echo(f"hint: {found.hint}", err=True)


def show_run(outcome: Outcome) -> None:
    """What the program wrote, where it wrote it; how it ended goes beside it."""
    click.echo(outcome.stdout, nl=False)
    click.echo(outcome.stderr, nl=False, err=True)
    said = f"[{outcome.kind}: {outcome.ended}, status {outcome.status}, {outcome.duration_s:.1f} s"
    click.echo(f"{said}{', ' + outcome.note if outcome.note else ''}]", err=True)
