"""A chart as a picture, by Vega-Lite in vl-convert: no browser, no network."""

from __future__ import annotations

import datetime as dt
import io
import json
from typing import TYPE_CHECKING, Any

from workbench.core.optional import require
from workbench.studio.palette import GRID, INK, PAPER, QUIET, SERIES

if TYPE_CHECKING:
    from workbench.studio.chart import Chart

_WIDTH_PX = 640
_COLOURS = 64


def draw_png(chart: Chart, *, scale: float) -> bytes:
    """The picture as PNG, ``scale`` pixels a point."""
    convert = require("vl_convert", extra="studio")
    return _few_colours(convert.vegalite_to_png(json.dumps(specification(chart)), scale=scale))


def _few_colours(png: bytes) -> bytes:
    """The picture with a palette: an eighth of the bytes, and a notebook has a limit on those."""
    image = require("PIL.Image", extra="studio")
    small = io.BytesIO()
    full = image.open(io.BytesIO(png)).convert("RGB")
    full.quantize(_COLOURS).save(small, "PNG", optimize=True)
    return small.getvalue()


def specification(chart: Chart) -> dict[str, Any]:
    """The chart as a Vega-Lite 5 specification."""
    categories = chart.categories
    rows = [
        {
            "x": _place(row[chart.x], is_category=categories is not None),
            "y": row[chart.y],
            "series": str(row[chart.series]) if chart.series else "",
        }
        for row in chart.rows
    ]
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "title": {"text": chart.title, "anchor": "start", "fontSize": 14, "color": INK},
        "width": _WIDTH_PX,
        "height": chart.height_px - 90,
        "padding": 12,
        "background": PAPER,
        "data": {"values": rows},
        "mark": _mark(chart.mark),
        "encoding": _encoding(chart, categories),
        "config": {
            "view": {"stroke": None},
            "axis": {
                "gridColor": GRID,
                "domainColor": QUIET,
                "tickColor": QUIET,
                "labelColor": INK,
                "titleColor": INK,
                "titleFontWeight": "normal",
                "labelFontSize": 11,
                "titleFontSize": 12,
            },
            "legend": {"orient": "top", "title": None, "labelFontSize": 12},
            "range": {"category": list(SERIES)},
        },
    }


def _place(value: Any, *, is_category: bool) -> Any:
    if is_category:
        return str(value)
    return value.isoformat() if isinstance(value, dt.datetime) else value


def _mark(mark: str) -> dict[str, Any]:
    if mark == "bar":
        return {"type": "bar", "color": SERIES[0]}
    if mark == "line":
        return {"type": "line", "color": SERIES[0], "point": True}
    return {"type": "point", "filled": True, "size": 60, "color": SERIES[0]}


def _encoding(chart: Chart, categories: list[str] | None) -> dict[str, Any]:
    encoding: dict[str, Any] = {
        "x": {"field": "x", "title": chart.x_title, "type": "quantitative"},
        "y": {"field": "y", "title": chart.y_title, "type": "quantitative"},
    }
    if chart.has_times:
        encoding["x"]["type"] = "temporal"
    if categories is not None:
        angle = -40 if max(map(len, categories)) * len(categories) > 80 else 0
        encoding["x"] |= {
            "type": "nominal",
            "sort": categories,
            "axis": {"labelAngle": angle, "grid": False},
        }
    if chart.series is not None:
        encoding["color"] = {"field": "series", "type": "nominal", "sort": chart.groups}
        if chart.mark == "bar":
            encoding["xOffset"] = {"field": "series", "sort": chart.groups}
        elif chart.mark == "point":
            encoding["shape"] = {"field": "series", "type": "nominal", "sort": chart.groups}
    return encoding
