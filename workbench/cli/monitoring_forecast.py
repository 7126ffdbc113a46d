"""How a forecast looks in a terminal: when, how much, and how far off it may be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from workbench.cli.drawing import print_table
from workbench.cli.monitoring_samples import minute

if TYPE_CHECKING:
    from workbench.monitoring.forecasting.forecast import Forecast, LimitTime

_SHOWN = 14


def show_forecast(found: Forecast) -> None:
    """The model, some steps with their intervals, and when the limit is met."""
    tried = found.mase[found.model]
    click.echo(
        f"{found.metric} ({found.unit}) by {found.model}: MASE {tried:.2f} over {found.origins} "
        f"earlier ends; seasonal naive {found.mase['seasonal naive']:.2f}"
    )
    every = max(1, -(-len(found.values) // _SHOWN))
    rows = [
        [minute(found.start_s + at * found.step_s), *(f"{each[at]:.4g}" for each in sides)]
        for sides in ((found.values, found.low, found.high),)
        for at in range(0, len(found.values), every)
    ]
    print_table(["from (UTC)", "likely", f"low ({found.level:.0%})", "high"], rows)
    for note in found.notes:
        click.echo(f"note: {note}", err=True)
    if found.limit is not None:
        _show_limit(found.limit)


def _show_limit(met: LimitTime) -> None:
    click.echo(f"limit {met.limit:g}: met within the horizon with chance {met.chance:.0%}")
    named = (("earliest", met.earliest_s), ("likely", met.likely_s), ("latest", met.latest_s))
    for name, time_s in named:
        click.echo(f"  {name}: {'beyond the horizon' if time_s is None else minute(time_s)}")
