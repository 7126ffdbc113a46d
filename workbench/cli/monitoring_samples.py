"""How samples look in a terminal: a line a name, or a line a span of time."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import click

from workbench.cli.drawing import print_table

if TYPE_CHECKING:
    from workbench.monitoring.samples.keeping import SampleSeries
    from workbench.monitoring.samples.operations import Sampled

_SHOWN = 24


def show_sample(found: Sampled) -> None:
    """The last reading."""
    from workbench.monitoring.samples.kinds import KINDS

    rows = [
        [name, amount(value, found.units[name]), KINDS[name].title]
        for name, value in found.values.items()
    ]
    print_table(["name", "now", ""], rows)
    if not found.gateway:
        click.echo("no gateway runs in this home, or it did not answer: nothing of it is recorded")


def show_samples(found: SampleSeries) -> None:
    """The newest spans, at most two dozen, of all evenly."""
    if not len(found):
        click.echo(f"nothing of {found.name} was recorded in this time", err=True)
        return
    every = max(1, -(-len(found) // _SHOWN))
    rows = [
        [
            minute(found.times_s[at]),
            "hour" if found.steps_s[at] > 60 else "minute",
            *(amount(each[at], found.unit) for each in (found.values, found.low, found.high)),
        ]
        for at in range(len(found) - 1, -1, -every)
    ][::-1]
    print_table(["from (UTC)", "", "mean", "least", "most"], rows)
    if every > 1:
        click.echo(f"one in {every} of {len(found):,}; --json has them all")


def minute(time_s: float) -> str:
    """A Unix time to the minute, in UTC."""
    return dt.datetime.fromtimestamp(time_s, dt.UTC).strftime("%Y-%m-%d %H:%M")


def amount(value: float, unit: str) -> str:
    """A figure with its unit as people say it."""
    if unit == "bytes":
        return f"{value / 1e9:.2f} GB" if value >= 1e9 else f"{value / 1e6:.1f} MB"
    if unit == "share":
        return f"{value:.1%}"
    return f"{value:.3g}"
