"""How data to learn from looks in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from workbench.cli.drawing import print_table

if TYPE_CHECKING:
    from workbench.finetuning.snapshots.checking import DataReport

_MOST_SHOWN = 40
_MOST_NAMES = 6


def show_check_data(report: DataReport) -> None:
    """Every row counted once, then each finding with its rows, and where they stand."""
    unread = report.quarantine
    parts = [f"{report.kept_rows} may be learnt"]
    parts += [f"{len(report.blocked)} blocked"] if report.blocked else []
    parts += [f"{unread.rows} cannot be read"] if unread and unread.rows else []
    rows = "1 row" if report.rows == 1 else f"{report.rows:,} rows"
    click.echo(f"{report.source}: {rows}: {', '.join(parts)}")
    cells = [
        [_DONE[each.severity], each.kind.replace("_", " "), _names(each.names), each.because]
        for each in report.findings
    ]
    cells += [
        ["not read", "broken", f"line {bad.line}" if bad.line else f"row {bad.row}", bad.reason]
        for bad in (unread.first if unread else ())
    ]
    if cells:
        print_table(["", "what", "rows", "because"], cells[:_MOST_SHOWN])
    if len(cells) > _MOST_SHOWN:
        click.echo(f"{len(cells) - _MOST_SHOWN} more findings with --json", err=True)
    if report.personal is not None:
        click.echo(str(report.personal))
    if report.refused:
        click.echo(f"refused as a whole: {report.refused}")
    for what, path in (
        ("are blocked", report.blocked_path),
        ("cannot be read", unread.path if unread else None),
    ):
        if path is not None:
            click.echo(f"[rows that {what}: {path}]", err=True)


_DONE = {"block": "blocked", "warn": "kept"}


def _names(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(names[:_MOST_NAMES]) + more
