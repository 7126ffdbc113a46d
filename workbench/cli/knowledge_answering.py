"""How answers look in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from workbench.knowledge.answering.answers import Answer
    from workbench.knowledge.citing import CitedPlace


def show_read(found: CitedPlace) -> None:
    """The place as its document has it, then the words with what stands around them."""
    told = ", ".join(f"{name} {value}" for name, value in found.place.items())
    click.echo(f"{found.document} {found.start}-{found.end}" + (f" ({told})" if told else ""))
    before = "..." if found.first else ""
    after = "..." if found.end + len(found.after) < found.characters else ""
    marked = (
        click.style(found.words, underline=True) if found.before or found.after else found.words
    )
    click.echo(f"{before}{found.before}{marked}{found.after}{after}")


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
