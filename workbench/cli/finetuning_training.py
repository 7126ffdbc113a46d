"""How training runs look in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from workbench.cli.drawing import format_time, print_plain, print_table
from workbench.cli.outline import print_outline
from workbench.cli.time_left import told as time_left
from workbench.core.plain import to_plain

if TYPE_CHECKING:
    from workbench.finetuning.recording.comparing import RunComparison
    from workbench.finetuning.recording.operations import RunRow
    from workbench.finetuning.recording.recorded_run import RecordedRun
    from workbench.finetuning.training.registering import TrainingRun


def show_run(done: TrainingRun) -> None:
    """All figures, then in a line what is still known of what was not taught."""
    print_plain(done)
    general = done.general
    warned = general is not None and general.are_lost and not done.reused
    if general is not None and not warned:
        click.echo(f"[{general.tell(done.model.partition(':')[0], done.model)}]", err=True)


show_prefer = show_run


def show_runs_show(run: RecordedRun) -> None:
    """The run with moments as dates and figures with the digits that count; --json has all."""
    told = {name: _short(value) for name, value in to_plain(run).items()}
    for name in ("started_s", "updated_s"):
        told[name.removesuffix("_s")] = format_time(told.pop(name))
    if run.is_live and run.steps_done:
        left_s = (run.steps - run.steps_done) * run.seconds / run.steps_done
        told["left"] = time_left(left_s).removesuffix(" left")
    if told["processes"]:
        told["processes"].pop("points", None)  # a picture's; --json has them
    print_outline(told)


def show_runs_compare(found: RunComparison) -> None:
    """A line a run, then what they were not given alike; curves are on the page and in --json."""
    from workbench.finetuning.recording.comparing import run_names

    names = run_names(found.runs)
    cells = [
        [
            name,
            run.state,
            f"{run.steps_done} of {run.steps}",
            _loss(run.curve[-1].loss_nats if run.curve else None),
            _loss(run.best.loss_nats if run.best else None),
            run.losses_on if run.best else "",
            f"{run.tokens_per_s:,.0f}",
            f"{run.seconds:,.0f}",
        ]
        for name, run in zip(names, found.runs, strict=True)
    ]
    print_table(["run", "state", "steps", "loss", "least", "on", "tokens/s", "in steps (s)"], cells)
    click.echo()
    if not found.differences:
        click.echo("they were given the same in everything")
        return
    differ = [[each.what, *(_brief(value) for value in each.values)] for each in found.differences]
    print_table(["not given alike", *names], differ)


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
            format_time(row.started_s),
        ]
        for row in rows
    ]
    print_table(names, cells)


def _loss(nats: float | None) -> str:
    return "" if nats is None else f"{nats:.4g}"


def _brief(value: Any) -> str:
    """A value in a cell: digests by their first digits, lists in a line."""
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    text = str(_short(value))
    return f"{text[:12]}…" if len(text) > 40 else text


def _short(value: Any) -> Any:
    """Numbers with fractions to four digits, wherever they stand; moments are none of these."""
    if isinstance(value, dict):
        return {name: _short(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_short(each) for each in value]
    if isinstance(value, float) and abs(value) < 1e6:
        return float(f"{value:.4g}")
    return value
