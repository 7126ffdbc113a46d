"""How exports and parity checks look in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from workbench.cli.drawing import print_table

if TYPE_CHECKING:
    from workbench.finetuning.exporting.parity_result import Parity
    from workbench.finetuning.exporting.result import Export


def show_export(made: Export) -> None:
    """The files, and the name of a merged model."""
    rows = [[file.name, f"{file.size_bytes:,}", file.sha256[:16]] for file in made.files]
    print_table(["file", "bytes", "sha256"], [*rows, ["README.md", "", ""]])
    click.echo(f"{made.adapter}, {made.encoding}, in {made.folder}", err=True)
    for note in made.notes:
        click.echo(f"note: {note}", err=True)
    if made.model is not None:
        click.echo(f"workbench chat --model {made.model}", err=True)


def show_parity(found: Parity) -> None:
    """The checks, then the prompts that were answered in another way."""
    click.echo(f"{found.adapter}, compared with {found.reference}")
    rows = [
        [one.name, f"{one.value:.4g}", one.unit, "ok" if one.ok else "NOT ok"]
        for one in found.checks
    ]
    print_table(["check", "value", "unit", ""], rows)
    for row in found.rows:
        for other in row.others:
            if not other.same:
                click.echo(f"{row.prompt}\n  {found.reference}: {row.text!r}", err=True)
                click.echo(f"  {other.engine}: {other.text!r}", err=True)
    for note in found.notes:
        click.echo(f"note: {note}", err=True)
