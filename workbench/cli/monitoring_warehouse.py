"""How the warehouse looks in a terminal: what was built, and measures as a table."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import click

from workbench.cli.drawing import format_count, print_table

if TYPE_CHECKING:
    from workbench.monitoring.warehouse.asking import Answer
    from workbench.monitoring.warehouse.building import Rebuilt


def show_rebuild(built: Rebuilt) -> None:
    """How much there is, what was set aside, and what to know of it."""
    if not built.months:
        click.echo("no usage has been settled yet; the warehouse is empty")
        return
    written = f"{len(built.written)} written" if built.written else "nothing had changed"
    rows, months = format_count(built.rows, "row"), format_count(built.months, "month")
    click.echo(f"{rows} of {months}, {written}, {built.seconds:.1f} s")
    for reason, count in built.quarantined.items():
        click.echo(f"set aside: {format_count(count, 'row')}: {reason}", err=True)
    if built.gaps:
        click.echo(f"without rows: {', '.join(built.gaps)}", err=True)
    for note in built.notes:
        click.echo(note, err=True)


def show_measure(answer: Answer) -> None:
    """The rows, figures with their units."""
    heads = [
        f"{name} ({answer.units[name]})" if name in answer.units else name
        for name in answer.columns
    ]
    print_table(heads, [[_said(value) for value in row] for row in answer.rows])
    if not answer.rows:
        click.echo("no row in that period", err=True)


def _said(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, dt.datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, float):
        return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.0f}"
    return f"{value:,}" if isinstance(value, int) else str(value)
