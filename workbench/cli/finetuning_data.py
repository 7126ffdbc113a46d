"""How data to learn from looks in a terminal."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import click

from workbench.cli.drawing import format_time, print_table

if TYPE_CHECKING:
    from workbench.finetuning.snapshots.checking import DataReport
    from workbench.finetuning.snapshots.snapshot import Snapshot

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


def show_snapshot(made: Snapshot) -> None:
    """What it is called, what is in it, and what was left out of it."""
    print_table(_SNAPSHOT_NAMES, [_snapshot_cells(made)])
    if told := _left_out(made):
        click.echo(f"left out: {told}")
    click.echo(f"[sha256 {made.id}; --json has the report of the checks]", err=True)


def show_snapshots(found: list[Snapshot]) -> None:
    """A line a snapshot."""
    if not found:
        click.echo("there is no snapshot yet; workbench finetuning snapshot --help", err=True)
        return
    print_table(_SNAPSHOT_NAMES, [_snapshot_cells(each) for each in found])


_SNAPSHOT_NAMES = [
    "snapshot", "sha256", "rows", "held out", "left out", "made", "licence", "consent", "of",
    "follows",
]  # fmt: skip


def _snapshot_cells(each: Snapshot) -> list[str | int]:
    return [
        each.reference,
        each.id[:12],
        each.rows.get("train", 0),
        each.rows.get("held_out", 0),
        each.report["rows"] - each.report["kept_rows"],
        format_time(each.created_s),
        each.license,
        each.consent,
        ", ".join(each.sources),
        ", ".join(parent[:12] for parent in each.parents),
    ]


def _left_out(made: Snapshot) -> str:
    """Rows by the reason for which they may not be learnt; one with two counts under each."""
    reasons = Counter((made.report["quarantine"] or {}).get("reasons", {}))
    for found in made.report["findings"]:
        if found["severity"] == "block":
            reasons[found["kind"].replace("_", " ")] += len(found["rows"])
    return ", ".join(f"{reason} {rows}" for reason, rows in sorted(reasons.items()))


_DONE = {"block": "blocked", "warn": "kept"}


def _names(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(names[:_MOST_NAMES]) + more
