"""How answers look in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from workbench.knowledge.answering.answers import Answer


def show_ask(found: Answer) -> None:
    """The answer, its sources, and what was not said."""
    from workbench.knowledge.answering.answers import with_sources

    click.echo(with_sources(found))
    for step in found.path:
        bridge = f" by {step.bridge}" if step.bridge else ""
        click.echo(f"path: {step.title}{bridge}", err=True)
    for each in found.removed:
        click.echo(f"removed, for no document says it: {each}", err=True)
    for note in found.notes:
        click.echo(note, err=True)
