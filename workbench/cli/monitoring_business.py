"""How cost and worth look in a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from workbench.cli.drawing import print_table

if TYPE_CHECKING:
    from workbench.monitoring.business.advised import Advised
    from workbench.monitoring.business.costs import Costs
    from workbench.monitoring.business.operations import MonthReport
    from workbench.monitoring.business.returns import Return
    from workbench.monitoring.business.what_if import Move


def show_roi(found: Return) -> None:
    """The net value with its interval, and what it hangs on."""
    from workbench.monitoring.business.wording import chance, percent, plain, span, usd

    good = f"{percent(found.success.value)} good ({span(found.success, percent)})"
    click.echo(f"{found.since} to {found.until}: {found.answers:,} answers, {good}")
    for name, value in (
        ("worth", found.value_usd),
        ("cost", found.cost_usd),
        ("net", found.net_usd),
    ):
        click.echo(f"{name:6} {usd(value.value):>14}   90%: {span(value)}")
    click.echo(f"of the cost, {usd(found.usage_cost_usd)} is settled usage")
    click.echo(f"chance of a gain: {chance(found.chance_of_gain)}")
    if found.break_even_minutes is not None:
        click.echo(f"breaks even at {found.break_even_minutes:.2f} minutes by a good answer")
    rows = [
        [
            turn.words,
            f"{plain(turn.low)} to {plain(turn.high)} {turn.unit}",
            usd(turn.net_at_low_usd),
            usd(turn.net_at_high_usd),
        ]
        for turn in found.tornado
    ]
    click.echo()
    print_table(["what it hangs on", "range", "net at low", "net at high"], rows)
    _notes(found.notes)


def show_costs(costs: Costs) -> None:
    """A line each, and what was set aside."""
    from workbench.monitoring.business.wording import percent, span, usd

    rows = [
        [
            line.name,
            line.requests,
            usd(line.cost_usd),
            percent(line.cost_share),
            None if line.answer_cost_usd is None else usd(line.answer_cost_usd),
            None if line.success is None else percent(line.success.value),
            None if line.success_cost_usd is None else span(line.success_cost_usd),
        ]
        for line in costs.lines
    ]
    names = ["", "requests", "cost", "share", "an answer", "good", "a good answer, 90%"]
    if rows:
        print_table(names, rows)
    _notes(costs.notes)


def show_what_if(move: Move) -> None:
    """The saving, what it does to answers, and the tasks."""
    from workbench.monitoring.business.wording import percent, points, span, usd

    click.echo(
        f"{percent(move.share)} of {move.source} to {move.target}: "
        f"{move.answers_per_month:,.0f} answers a month"
    )
    click.echo(f"saves {usd(move.saving_usd.value)} a month ({span(move.saving_usd)})")
    click.echo(
        f"good answers change by {points(move.success_change.value)} "
        f"({span(move.success_change, points)}): "
        f"{move.good_answers_change.value:+,.0f} a month"
    )
    if move.plain_change is not None:
        click.echo(f"without regard to tasks it would look like {points(move.plain_change)}")
    rows = [
        [
            task.task,
            task.answers,
            usd(task.source_cost_usd),
            usd(task.target_cost_usd),
            None if task.source_success is None else span(task.source_success, percent),
            None if task.target_success is None else span(task.target_success, percent),
        ]
        for task in move.tasks
    ]
    names = ["task", "answers", "cost", "would cost", f"good, {move.source}", f"{move.target}"]
    click.echo()
    print_table(names, rows)
    _notes(move.notes)


def show_advice(advised: Advised) -> None:
    """Each with its range, evidence and risk; and why there is no more."""
    from workbench.monitoring.business.wording import span, usd

    if not advised.advice:
        click.echo("the log advises nothing")
    for each in advised.advice:
        saving = f"{usd(each.saving_usd.value)} a month ({span(each.saving_usd)})"
        click.echo(f"{each.kind}, {each.subject}: {saving}")
        click.echo(f"    because {each.evidence}")
        click.echo(f"    risk: {each.risk}")
        click.echo(f"    {each.action}")
    for note in advised.notes:
        click.echo(f"nothing more: {note}" if advised.advice else f"because {note}")


def show_report(written: MonthReport) -> None:
    """Where it stands, and what is not in it."""
    from workbench.monitoring.business.wording import usd

    net = "" if written.net_usd is None else f", net value {usd(written.net_usd)}"
    click.echo(f"{written.period}: {written.requests:,} requests, {usd(written.cost_usd)}{net}")
    if written.pdf is not None:
        click.echo(f"{written.pdf}  {written.pages} pages")
    if written.html is not None:
        click.echo(str(written.html))
    _notes(written.missing)


def _notes(notes: tuple[str, ...]) -> None:
    for note in notes:
        click.echo(f"note: {note}", err=True)
