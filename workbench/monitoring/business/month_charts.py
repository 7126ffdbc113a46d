"""The charts of a month's report as Vega-Lite specifications, with the words for who listens.

Each takes the same lines as the tables and the text beside it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .adoption import Adoption
from .advised import Advice
from .costs import CostLine, top
from .outlook import Outlook
from .returns import Return
from .shares import Estimate
from .use import Use
from .what_if import Move
from .wording import percent, plain, points, usd

_DAY_AXIS = {"format": "%d %b", "labelAngle": 0, "tickCount": 8}
_FEW_DAYS = 10
_BAND, _RULE = "#8fbde0", "#4a94c8"


def _chart(
    caption: str,
    alternative: str,
    rows: Sequence[Mapping[str, Any]],
    view: Mapping[str, Any],
    *,
    width: str = "full",
) -> dict[str, Any]:
    spec = {"data": {"values": [dict(row) for row in rows]}, **view}
    return {
        "kind": "chart",
        "caption": caption,
        "alternative": alternative,
        "spec": spec,
        "width": width,
    }


def _number(field: str, title: str, **more: Any) -> dict[str, Any]:
    return {"field": field, "type": "quantitative", "title": title, **more}


def _name(field: str, **more: Any) -> dict[str, Any]:
    return {"field": field, "type": "nominal", "title": None, **more}


def cost_by_day(use: Use) -> dict[str, Any]:
    """Stacked bars of a day's cost by model."""
    sums = use.cells.groupby(["day", "model"])["cost_usd"].sum().reset_index()
    rows = [
        {"day": str(row["day"]), "model": row["model"], "usd": row["cost_usd"]}
        | ({"label": f"{row['day']:%d %b}"} if use.days <= _FEW_DAYS else {})
        for row in sums.to_dict("records")
    ]
    dearest = use.cells.groupby("day")["cost_usd"].sum()
    return _chart(
        "Cost by day and model",
        f"Bars, one a day. The dearest day is {dearest.idxmax()} with {usd(dearest.max())}, the "
        f"cheapest {dearest.idxmin()} with {usd(dearest.min())}.",
        rows,
        {
            "mark": {"type": "bar", "binSpacing": 1},
            "encoding": {
                "x": _day_bars(use),
                "y": _number("usd", "cost, USD", stack="zero"),
                "color": _name("model"),
            },
        },
    )


def _day_bars(use: Use) -> dict[str, Any]:
    """An axis of days. Of a few each is named once: ticks of time would name a day twice."""
    if use.days > _FEW_DAYS:
        span = {"field": "day", "type": "temporal", "timeUnit": "yearmonthdate"}
        return span | {"title": None, "axis": _DAY_AXIS}
    days = [use.since + dt.timedelta(days=at) for at in range(use.days)]
    return {
        "field": "label",
        "type": "ordinal",
        "title": None,
        "axis": {"labelAngle": 0},
        "scale": {"domain": [f"{day:%d %b}" for day in days]},
    }


def cost_bars(lines: Iterable[CostLine], noun: str, *, width: str = "half") -> dict[str, Any]:
    """A bar for each team, model or task."""
    shown = top(lines, most=10)
    rows = [{"name": line.name, "usd": line.cost_usd} for line in shown]
    told = "; ".join(f"{line.name} {usd(line.cost_usd)}" for line in shown)
    view = {
        "mark": "bar",
        "encoding": {
            "y": _name("name", sort=None),
            "x": _number("usd", "cost, USD", axis={"tickCount": 4}),
        },
    }
    return _chart(f"Cost by {noun}", f"Bars: {told}.", rows, view, width=width)


def success_points(
    lines: Iterable[CostLine], noun: str, *, width: str = "half"
) -> dict[str, Any] | None:
    """The share of good answers with its interval; None where nobody rated anything."""
    rated = [line for line in top(lines, most=10) if line.success is not None]
    rows = [_interval_row(line.name, line.success) for line in rated if line.success]
    if not rows:
        return None
    told = "; ".join(f"{r['name']} {percent(r['value'])}" for r in rows)
    view = _intervals("share of good answers", axis={"format": "%", "tickCount": 4})
    return _chart(
        f"Good answers among those rated, by {noun}",
        f"Points with 90% intervals: {told}.",
        rows,
        view,
        width=width,
    )


def success_cost_points(lines: Iterable[CostLine], noun: str) -> dict[str, Any] | None:
    """What a successful answer costs, with its interval."""
    rows = [
        _interval_row(line.name, line.success_cost_usd)
        for line in top(lines, most=10)
        if line.success_cost_usd is not None
    ]
    if not rows:
        return None
    told = "; ".join(f"{r['name']} {usd(r['value'])}" for r in rows)
    return _chart(
        f"Cost of a successful answer, by {noun}",
        f"Points with 90% intervals: {told}.",
        rows,
        _intervals("USD a successful answer", axis={"tickCount": 4}),
        width="half",
    )


def tornado(found: Return) -> dict[str, Any]:
    """What the net value is at both ends of each assumption."""
    likely = found.net_usd.value
    rows = [
        {
            "name": f"{turn.words} ({plain(turn.low)} to {plain(turn.high)} {turn.unit}".strip()
            + ")",
            "end": end,
            "net": net,
            "likely": likely,
        }
        for turn in found.tornado
        for end, net in (("low end", turn.net_at_low_usd), ("high end", turn.net_at_high_usd))
    ]
    first = found.tornado[0]
    ends = sorted((first.net_at_low_usd, first.net_at_high_usd))
    view = {
        "mark": {"type": "bar", "height": 16},
        "encoding": {
            "y": _name("name", sort=None, axis={"labelLimit": 300}),
            "x": _number("likely", "net value of the month, USD"),
            "x2": {"field": "net"},
            "color": _name("end", sort=None, scale={"domain": ["low end", "high end"]}),
        },
    }
    return _chart(
        "Net value of the month as each assumption goes from its low to its high end",
        f"Bars about {usd(likely)}. {first.words} moves it most: from {usd(ends[0])} to "
        f"{usd(ends[1])}.",
        rows,
        view,
    )


def active_users(adoption: Adoption) -> dict[str, Any]:
    """Active users of each whole week."""
    rows = [{"week": w.start, "active": w.active} for w in adoption.weeks]
    told = f"from {rows[0]['active']} to {rows[-1]['active']}"
    view = {
        "mark": {"type": "line", "point": True},
        "encoding": {
            "x": {
                "field": "week",
                "type": "temporal",
                "title": None,
                "axis": _DAY_AXIS | {"tickCount": 4},
            },
            "y": _number("active", "active users a week", axis={"tickMinStep": 1}),
        },
    }
    return _chart("Active users by week", f"A line, {told}.", rows, view, width="half")


def retention(adoption: Adoption) -> dict[str, Any] | None:
    """The share of each month's newcomers that came back, by months since."""
    rows: list[dict[str, Any]] = [
        {"cohort": f"{c.month} ({c.users})", "after": c.after, **_ends(c.share)}
        for c in adoption.cohorts
        if c.share is not None and c.users >= 5
    ]
    if not rows:
        return None
    told = "; ".join(f"{r['cohort']} after {r['after']}: {percent(r['value'])}" for r in rows[:8])
    view = {
        "encoding": {
            "x": {
                "field": "after",
                "type": "ordinal",
                "title": "months later",
                "axis": {"labelAngle": 0},
            },
            "xOffset": {"field": "cohort"},
            "color": _name("cohort"),
        },
        "layer": [
            {
                "mark": {"type": "rule", "strokeWidth": 2},
                "encoding": {"y": _share_axis("low"), "y2": {"field": "high"}},
            },
            {"mark": "point", "encoding": {"y": _share_axis("value")}},
        ],
    }
    return _chart(
        "Users that came back, by the month they came first (users)",
        f"Points with 90% intervals: {told}.",
        rows,
        view,
        width="half",
    )


def outlook_band(outlook: Outlook) -> dict[str, Any]:
    """Cost a day, spent and foretold."""
    rows: list[dict[str, Any]] = []
    for day in outlook.days[-120:]:
        if day.spent_usd is not None:
            rows.append({"day": day.day, "value": day.spent_usd, "what": "spent"})
        elif day.foretold is not None:
            rows.append({"day": day.day, "what": "foretold", **_ends(day.foretold)})
    x = {"field": "day", "type": "temporal", "title": None, "axis": _DAY_AXIS}
    band = {"filter": "isValid(datum.low)"}
    return _chart(
        f"Cost a day to the end of {outlook.quarter}, with the 90% interval of each day",
        f"A line of what was spent, then a band. The quarter ends at {usd(outlook.total.value)}, "
        f"{usd(outlook.total.low)} to {usd(outlook.total.high)}.",
        rows,
        {
            "layer": [
                {
                    "transform": [band],
                    "mark": {"type": "area", "color": _BAND, "opacity": 0.6},
                    "encoding": {
                        "x": x,
                        "y": _number("low", "cost a day, USD"),
                        "y2": {"field": "high"},
                    },
                },
                {
                    "mark": "line",
                    "encoding": {
                        "x": x,
                        "y": _number("value", "cost a day, USD"),
                        "color": _name("what", sort=None),
                    },
                },
            ]
        },
    )


def move_points(move: Move) -> dict[str, Any] | None:
    """Good answers by task with both models."""
    rows = [
        {"model": model, **_interval_row(task.task, found)}
        for task in move.tasks
        for model, found in ((move.source, task.source_success), (move.target, task.target_success))
        if found is not None
    ]
    if not rows:
        return None
    told = "; ".join(f"{r['name']} by {r['model']} {percent(r['value'])}" for r in rows[:12])
    view = _intervals("share of good answers", axis={"format": "%"})
    view["encoding"] |= {"yOffset": {"field": "model"}, "color": _name("model", sort=None)}
    return _chart(
        f"Good answers among those rated, {move.source} and {move.target}, by task",
        f"Points with 90% intervals: {told}. Over all, {points(move.success_change.value)}.",
        rows,
        view,
    )


def advice_bars(advice: Iterable[Advice]) -> dict[str, Any] | None:
    """What each advice would save a month, from its low to its high end."""
    rows = [
        _interval_row(f"{each.kind}: {each.subject}", each.saving_usd)
        for each in advice
        if each.saving_usd.high > 0
    ][:10]
    if len(rows) < 2:  # one alone compares with nothing: the table below has it
        return None
    told = "; ".join(f"{r['name']} {usd(r['value'])}" for r in rows)
    view = _intervals("saving a month, USD")
    view["encoding"]["y"]["axis"] = {"labelLimit": 260}
    return _chart(
        "What could be saved a month, with the range of each (they overlap: not to be added up)",
        f"Points with ranges: {told}.",
        rows,
        view,
    )


def _intervals(title: str, **more: Any) -> dict[str, Any]:
    scale = {"zero": False}
    return {
        "encoding": {"y": _name("name", sort=None)},
        "layer": [
            {
                "mark": {"type": "rule", "strokeWidth": 2, "color": _RULE},
                "encoding": {
                    "x": _number("low", title, scale=scale, **more),
                    "x2": {"field": "high"},
                },
            },
            {"mark": "point", "encoding": {"x": _number("value", title, scale=scale, **more)}},
        ],
    }


def _share_axis(field: str) -> dict[str, Any]:
    axis = {"format": "%", "tickCount": 5}
    return _number(field, "share that came back", axis=axis, scale={"domain": [0, 1]})


def _ends(found: Estimate) -> dict[str, float]:
    return {"value": found.value, "low": found.low, "high": found.high}


def _interval_row(name: str, found: Estimate) -> dict[str, Any]:
    return {"name": name, **_ends(found)}
