"""How the training queue looks in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from workbench.cli.drawing import format_time, print_table
from workbench.cli.store import show_jobs

if TYPE_CHECKING:
    from workbench.finetuning.scheduling.dispatching import Dispatched
    from workbench.finetuning.scheduling.operations import Explanation, Row
    from workbench.store.jobs import Job


def show_queue_submit(job: Job) -> None:
    """The job, and what runs it."""
    show_jobs((job,))
    click.echo("[workbench finetuning queue run]", err=True)


def show_queue_cancel(job: Job) -> None:
    """How it stands."""
    show_jobs((job,))


def show_queue_list(rows: list[Row]) -> None:
    """A line a job, with what was decided of it."""
    if not rows:
        click.echo("the queue is empty; workbench finetuning queue submit --help", err=True)
        return
    cells = [
        [
            row.job, row.state, row.operation, row.team, row.priority, row.cores, row.memory_mb,
            f"{row.waited_s:.0f} s", row.why,
        ]
        for row in rows
    ]  # fmt: skip
    head = ["job", "", "operation", "team", "priority", "cores", "MB", "waited", "why"]
    print_table(head, cells)


def show_queue_explain(found: Explanation) -> None:
    """The job, and a line a decision."""
    show_jobs((found.job,))
    print_table(
        ["when", "", "why"],
        [[format_time(each.time_s), each.kind, each.reason] for each in found.decisions],
        indent=2,
    )


def show_queue_run(done: Dispatched) -> None:
    """What was done."""
    click.echo(
        f"{done.started} starts, {done.gave_way} gave way, {done.lost_workers} lost their process"
    )
