"""How a page for browsers looks in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from workbench.cli.drawing import format_bytes, format_count

if TYPE_CHECKING:
    from workbench.edge.browser.operations import BrowserPage


def show_page(made: BrowserPage | None) -> None:
    """The folder, what is in it, and under which licences."""
    if made is None:
        return
    click.echo(made.path)
    parts = []
    if made.answers_with:
        parts.append(f"{made.answers_with} answers")
    if made.searches_with:
        parts.append(f"{made.searches_with} finds {format_count(made.passages, 'passage')}")
    click.echo(
        f"{made.name}: {', '.join(parts)}; a browser loads {format_bytes(made.size_bytes)} and "
        f"takes at most {format_bytes(made.memory_bytes)}"
    )
    for line in made.licenses:
        click.echo(f"licence of {line}")
