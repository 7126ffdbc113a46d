"""How a forecast is drawn: the past and what is to come on one axis, with its interval."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from workbench.studio.cards import card
from workbench.studio.chart import Chart, lines
from workbench.studio.markup import escape
from workbench.studio.tables import table

if TYPE_CHECKING:
    from workbench.monitoring.forecasting.forecast import Forecast, LimitTime

_PAST_HORIZONS = 3


def draw_forecast(found: Forecast) -> str:
    """The picture, the limit, every step folded away, and which models were tried."""
    mase = [{"model": name, "MASE": value} for name, value in found.mase.items()]
    steps = [
        {"from (UTC)": _when(found.start_s + at * found.step_s), "likely": value,
         "low": found.low[at], "high": found.high[at]}
        for at, value in enumerate(found.values)
    ]  # fmt: skip
    naive = found.mase["seasonal naive"]
    told = (
        f"By {found.model}, which did best on {found.origins} earlier ends of the series: mean "
        f"absolute scaled error {found.mase[found.model]:.2f}, seasonal naive {naive:.2f}. "
        f"{found.level:.0%} of what comes is to lie between low and high."
    )
    parts = [
        plot_forecast(found).picture(),
        f"<p>{escape(told)}</p>",
        "" if found.limit is None else f"<p>{escape(_limit(found.limit, found.unit))}</p>",
        "".join(f'<p class="q">{escape(note)}</p>' for note in found.notes),
        f"<details><summary>Every step</summary>{table(steps, title='Steps').html()}</details>",
        f"<details><summary>Models</summary>{table(mase, title='Models tried').html()}</details>",
    ]
    return card("".join(parts))


def plot_forecast(found: Forecast) -> Chart:
    """Three horizons of the past, then what is likely, a step a point with its interval."""
    unit, divisor = ("GB", 1e9) if found.unit == "bytes" else (found.unit, 1.0)
    past = found.past[-_PAST_HORIZONS * len(found.values) :]
    steps = [(at, value, value, value, "past") for at, value in enumerate(past, start=-len(past))]
    ahead = zip(found.values, found.low, found.high, strict=True)
    name = f"likely, with {found.level:.0%} interval"
    steps += [(at, *each, name) for at, each in enumerate(ahead)]
    rows = []
    for at, value, low, high, what in steps:
        when = dt.datetime.fromtimestamp(found.start_s + at * found.step_s, dt.UTC)
        rows.append({
            "when": when.replace(tzinfo=None), "value": value / divisor, "low": low / divisor,
            "high": high / divisor, "what": what,
        })  # fmt: skip
    last, end = found.past[-1] / divisor, found.values[-1] / divisor
    said = f"{found.metric.capitalize()}: {last:,.4g} now, {end:,.4g} {unit} likely at the end"
    return lines(
        rows, "when", "value", series="what", title=said, x_title="time (UTC)", low="low",
        high="high", y_title=f"{found.metric} ({unit})" if unit else found.metric, height_px=280,
    )  # fmt: skip


def _limit(met: LimitTime, unit: str) -> str:
    size = f"{met.limit / 1e9:,.4g} GB" if unit == "bytes" else f"{met.limit:,.4g} {unit}"
    said = f"The limit of {size.rstrip()} is met within the horizon with chance {met.chance:.0%}"
    if met.likely_s is None:
        return f"{said}; most futures do not meet it."
    first = "" if met.earliest_s is None else f", earliest {_when(met.earliest_s)}"
    last = "beyond the horizon" if met.latest_s is None else _when(met.latest_s)
    return f"{said}: likely {_when(met.likely_s)}{first}, latest {last} (UTC)."


def _when(time_s: float) -> str:
    return dt.datetime.fromtimestamp(time_s, dt.UTC).strftime("%Y-%m-%d %H:%M")
