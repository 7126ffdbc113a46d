"""Figures over a span of time: gaps where nothing was read, and the levels at which rules fire."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from workbench.monitoring.health.recorded import Limit
from workbench.studio.curves import colour_of, dashes_of, round_ticks
from workbench.studio.markup import escape, number

_SPACINGS_S = (300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400, 2 * 86_400,
               7 * 86_400, 14 * 86_400, 30 * 86_400)  # fmt: skip
_MOST_MARKS = 5


@dataclass(frozen=True)
class TimeLine:
    """A line over steps ([steps]), NaN where there is a gap; ``low`` and ``high`` make a band."""

    name: str
    values: Any
    low: Any = None
    high: Any = None
    index: int = 0


@dataclass(frozen=True)
class Axis:
    """The steps below: where the first begins in Unix time, how long each is, how many."""

    since_s: float
    step_s: float
    steps: int

    @property
    def until_s(self) -> float:
        """Where the last step ends."""
        return self.since_s + self.step_s * self.steps


def draw_lines(
    lines: Sequence[TimeLine],
    axis: Axis,
    *,
    title: str,
    unit: str,
    limits: Sequence[Limit] = (),
    limit_unit: str | None = None,
    limit_words: str | None = None,
    now: str = "",
    empty: str = "Nothing was recorded in this time.",
    height_px: int = 150,
) -> str:
    """Lines over a span from 0 upwards, with the limits dashed; or why there is nothing.

    Args:
        lines: On the steps of the axis.
        axis: The span.
        title: What is drawn, in a few words.
        unit: Of the values.
        limits: Levels in that unit.
        limit_unit: What stands behind a level; the unit, if it is not given.
        limit_words: What a level is called; an alert above or below it, if it is not given.
        now: HTML that says the newest figures.
        empty: What is said where no line has a value.
        height_px: Of the place for the lines.
    """
    import numpy as np

    head = f'<figcaption>{escape(title)} <span class="q">({escape(unit)})</span></figcaption>'
    shown = [line for line in lines if np.isfinite(line.values).any()]
    if not shown:
        return f'<figure class="wb-curves">{head}<p class="none">{empty}</p></figure>'
    tops = [float(np.nanmax(line.values if line.high is None else line.high)) for line in shown]
    ticks = round_ticks(0.0, max(*tops, *(limit.level for limit in limits), 1e-12))
    high = ticks[-1]

    def y_of(value: float) -> float:
        return 1000 * (high - value) / high

    grid = "".join(f'<path class="grid" d="M0 {y_of(tick):.1f}H1000"/>' for tick in ticks)
    drawn = "".join(_draw(line, axis.steps, y_of) for line in shown)
    levels = "".join(f'<path class="limit" d="M0 {y_of(each.level):.1f}H1000"/>' for each in limits)
    names = "".join(
        f'<i style="top:{y_of(tick) / 10:.2f}%">{number(float(tick))}</i>' for tick in ticks
    )
    marks = "".join(f'<i style="left:{x:.2f}%">{escape(text)}</i>' for x, text in time_marks(axis))
    said = describe(shown, axis, title, unit, limits, limit_words)
    keys = _keys(shown, limits, unit if limit_unit is None else limit_unit, limit_words)
    return (
        f'<figure class="wb-curves">{head}<p class="now q">{now}</p>{keys}'
        f'<div class="frame" style="height:{height_px}px" role="img" aria-label="{escape(said)}">'
        f'<div class="ys" aria-hidden="true">{names}</div><svg viewBox="0 0 1000 1000" '
        f'preserveAspectRatio="none" aria-hidden="true">{grid}{drawn}{levels}</svg>'
        f'<div class="xs" aria-hidden="true">{marks}</div></div></figure>'
    )


def _draw(line: TimeLine, steps: int, y_of: Callable[[float], float]) -> str:
    """The line, broken where nothing was read, over the band from the least to the greatest."""
    width, colour, dash = 1000 / steps, colour_of(line.index), dashes_of(line.index)
    more = f' stroke-dasharray="{dash}"' if dash else ""
    path, band, dots = "", "", ""
    for first, last in _stretches(line.values):
        places = [(at + 0.5) * width for at in range(first, last + 1)]
        if first == last:  # a step alone has its own width
            path += f"M{first * width:.1f} {y_of(line.values[first]):.1f}h{width:.1f}"
            # ... which may be less than can be seen.
            dots += f"M{places[0]:.1f} {y_of(line.values[first]):.1f}h0"
            continue
        heights = [y_of(value) for value in line.values[first : last + 1]]
        path += "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in zip(places, heights, strict=True))
        if line.low is not None:
            upper = [y_of(value) for value in line.high[first : last + 1]]
            lower = [y_of(value) for value in line.low[first : last + 1]]
            corners = [*zip(places, upper, strict=True),
                       *zip(places[::-1], lower[::-1], strict=True)]  # fmt: skip
            band += "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in corners) + "Z"
    shade = f'<path class="band" d="{band}" style="fill:{colour}"/>' if band else ""
    alone = f'<path class="dots" d="{dots}" stroke="{colour}"/>' if dots else ""
    return f'{shade}<path class="line" d="{path}" stroke="{colour}"{more}/>{alone}'


def _stretches(values: Any) -> list[tuple[int, int]]:
    """The first and last step of each run without a gap."""
    found: list[tuple[int, int]] = []
    for place, value in enumerate(values):
        if not math.isfinite(value):
            continue
        if found and found[-1][1] == place - 1:
            found[-1] = (found[-1][0], place)
        else:
            found.append((place, place))
    return found


def time_marks(axis: Axis) -> list[tuple[float, str]]:
    """Where on the axis, in percent, a round moment of this machine's zone stands, and its name."""
    length_s = axis.until_s - axis.since_s
    spacing_s = next((each for each in _SPACINGS_S if length_s / each <= _MOST_MARKS), None)
    spacing_s = spacing_s or math.ceil(length_s / _MOST_MARKS / 86_400) * 86_400
    begin = dt.datetime.fromtimestamp(axis.since_s).astimezone()
    midnight = begin.replace(hour=0, minute=0, second=0, microsecond=0)
    found: list[tuple[float, str]] = []
    place = 0
    while True:
        if spacing_s >= 86_400:  # days are counted on the calendar: some have 23 or 25 hours
            moment = midnight.replace(tzinfo=None) + dt.timedelta(days=place * spacing_s // 86_400)
            time_s, text = moment.timestamp(), f"{moment.day} {moment:%b}"
        else:
            time_s = midnight.timestamp() + place * spacing_s
            moment = dt.datetime.fromtimestamp(time_s)
            is_day = (moment.hour, moment.minute) == (0, 0)
            text = f"{moment.day} {moment:%b}" if is_day else f"{moment:%H:%M}"
        if time_s > axis.until_s:
            return found
        if time_s >= axis.since_s:
            found.append((100 * (time_s - axis.since_s) / length_s, text))
        place += 1


def describe(
    lines: Sequence[TimeLine], axis: Axis, title: str, unit: str, limits: Sequence[Limit],
    limit_words: str | None = None,
) -> str:  # fmt: skip
    """The figure in words: each line's last, least and greatest value, and the limits."""
    import numpy as np

    told = []
    for line in lines:
        known = np.flatnonzero(np.isfinite(line.values))
        low, high = line.values[known].min(), line.values[known].max()
        told.append(
            f"{line.name} {number(float(line.values[known[-1]]))} at last, between "
            f"{number(float(low))} and {number(float(high))}"
        )
        if len(known) < axis.steps:
            told[-1] += f", nothing in {axis.steps - len(known)} of {axis.steps} steps"
    told += [
        f"{_kind(each, limit_words, 'an alert')} {number(each.level)}: {each.title}"
        for each in limits
    ]
    return f"{title} ({unit}): {'; '.join(told)}"


def _keys(lines: Sequence[TimeLine], limits: Sequence[Limit], unit: str, words: str | None) -> str:
    items = []
    for line in lines:
        dash = dashes_of(line.index)
        more = f' stroke-dasharray="{dash}"' if dash else ""
        items.append(
            '<span><svg width="26" height="12" aria-hidden="true"><path class="line" d="M0 6H26" '
            f'stroke="{colour_of(line.index)}"{more}/></svg>{escape(line.name)}</span>'
        )
    behind = unit if unit == "%" else f" {unit}"
    for each in limits:
        told = f"{_kind(each, words, 'alert')} {number(each.level)}{behind}"
        items.append(
            '<span class="limit"><svg width="26" height="12" aria-hidden="true"><path '
            f'class="limit" d="M0 6H26"/></svg>{escape(told)}</span>'
        )
    return f'<div class="keys">{"".join(items)}</div>'


def _kind(limit: Limit, words: str | None, usual: str) -> str:
    return words or f"{usual} {'above' if limit.above else 'below'}"
