"""How a series of samples is drawn in a notebook: a line with the least and greatest readings."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from workbench.monitoring.health.recorded import spread
from workbench.monitoring.samples.kinds import KINDS
from workbench.studio.cards import card
from workbench.studio.health_charts import Axis, TimeLine, draw_lines
from workbench.studio.markup import count, style, when

if TYPE_CHECKING:
    from workbench.monitoring.samples.keeping import SampleSeries

_MOST_STEPS = 200
_UNITS = {"bytes": ("GB", 1e9), "share": ("%", 0.01)}


def draw_samples(series: SampleSeries) -> str:
    """The line, from when to when, and how many samples it is of."""
    title = KINDS[series.name].title
    if not len(series):
        return card(f"<p>{title}: nothing was recorded in this time.</p>")
    first_s, last_s = series.times_s[0], series.times_s[-1] + series.steps_s[-1]
    step_s = max(60.0, math.ceil((last_s - first_s) / _MOST_STEPS / 60) * 60)
    steps = math.ceil((last_s - first_s) / step_s)
    found = spread(series, first_s, step_s=step_s, steps=steps)
    unit, size = _UNITS.get(series.unit, (series.unit, 1.0))
    line = TimeLine(series.name, found.mean / size, found.low / size, found.high / size)
    drawn = draw_lines([line], Axis(first_s, step_s, steps), title=title, unit=unit)
    told = f"{count(len(series), 'sample')} from {when(first_s)} to {when(last_s)}"
    return card(f'{style("curves", "health")}{drawn}<p class="q">{told}</p>')
