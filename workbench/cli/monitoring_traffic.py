"""How made traffic looks in a terminal: what was written, or what became of what was asked."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import click

from workbench.cli.drawing import print_table

if TYPE_CHECKING:
    from workbench.monitoring.traffic.driving import DrivenTraffic
    from workbench.monitoring.traffic.operations import MadeTraffic


def show_traffic(made: MadeTraffic) -> None:
    """Where it lies, and how to read it."""
    last = dt.date.fromisoformat(made.until) - dt.timedelta(days=1)  # until is the day after
    click.echo(f"{made.rows:,} made calls from {made.since} to {last} in {made.folder}")
    month = made.months[-1]
    click.echo(f"workbench monitoring costs --usage {made.folder} --period {month}", err=True)


def show_drive(driven: DrivenTraffic) -> None:
    """How the calls ended, by kind of question."""
    click.echo(
        f"{driven.answered} of {driven.asked} calls answered in {driven.seconds:.1f} s, "
        f"{driven.refused} refused, {driven.broken} broken off; "
        f"{driven.prompt_tokens:,} + {driven.completion_tokens:,} tokens"
    )
    tasks = dict.fromkeys(sorted(call.task for call in driven.calls))
    rows = []
    for task in tasks:
        calls = [call for call in driven.calls if call.task == task]
        whole = [call for call in calls if call.is_whole]
        mean_s = sum(call.duration_s for call in whole) / max(1, len(whole))
        tokens = sum(call.completion_tokens for call in whole)
        rows.append([task, len(calls), len(whole), tokens, f"{mean_s:.2f}"])
    print_table(["task", "asked", "answered", "answer tokens", "mean s"], rows)
