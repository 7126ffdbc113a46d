"""How training runs look in a terminal."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import click

from workbench.cli.drawing import print_plain, print_table

if TYPE_CHECKING:
    from workbench.finetuning.recording.operations import RunRow
    from workbench.finetuning.training.registering import TrainingRun


def show_run(done: TrainingRun) -> None:
    """All figures, then in a line what is still known of what was not taught."""
    print_plain(done)
    general = done.general
    warned = general is not None and general.are_lost and not done.reused
    if general is not None and not warned:
        click.echo(f"[{general.tell(done.model.partition(':')[0], done.model)}]", err=True)


show_prefer = show_run


def show_runs(rows: list[RunRow]) -> None:
    """A line a run; how fast it is stands on the page."""
    if not rows:
        click.echo("no run yet; workbench finetuning run --help", err=True)
        return
    names = ["run", "state", "adapter", "steps", "loss", "evaluated", "on", "begun"]
    cells = [
        [
            row.run,
            row.state,
            f"{row.model}:{row.adapter}",
            f"{row.steps_done} of {row.steps}",
            _loss(row.loss_nats),
            _loss(row.eval_loss_nats),
            "" if row.eval_loss_nats is None else row.evaluated_on,
            time.strftime("%Y-%m-%d %H:%M", time.localtime(row.started_s)),
        ]
        for row in rows
    ]
    print_table(names, cells)


def _loss(nats: float | None) -> str:
    return "" if nats is None else f"{nats:.4g}"
