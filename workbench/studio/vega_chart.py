"""A chart as a picture, by Vega-Lite in vl-convert: no browser, no network."""

from __future__ import annotations

import datetime as dt
import io
import json
from typing import TYPE_CHECKING, Any

from workbench.core.optional import require
from workbench.studio.palette import GRID, INK, PAPER, QUIET, SCALE, SERIES

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
            "y": str(row[chart.y]) if chart.mark == "heat" else row[chart.y],
            "series": str(row[chart.series]) if chart.series else "",
            **{name: row[field] for name, field in _extra_fields(chart).items()},
        }
        for row in chart.rows
    ]
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "title": {"text": chart.title, "anchor": "start", "fontSize": 14, "color": INK},
        "padding": 12,
        "background": PAPER,
        "data": {"values": rows},
        **_view(chart, categories),
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


def _extra_fields(chart: Chart) -> dict[str, str]:
    wanted = {"low": chart.low, "high": chart.high, "value": chart.value, "panel": chart.panel}
    return {name: field for name, field in wanted.items() if field is not None}


def _view(chart: Chart, categories: list[str] | None) -> dict[str, Any]:
    """What is drawn: one layer of marks, with intervals or numbers over it, once a panel."""
    encoding = _encoding(chart, categories)
    layers: list[dict[str, Any]] = [{"mark": _mark(chart.mark), "encoding": encoding}]
    if chart.low is not None:
        ends = {"y": {"field": "low", "type": "quantitative"}, "y2": {"field": "high"}}
        ends["x"] = encoding["x"]
        if "xOffset" in encoding:
            ends["xOffset"] = encoding["xOffset"]
        layers.append(
            {"mark": {"type": "rule", "color": INK, "strokeWidth": 1.5}, "encoding": ends}
        )
    if chart.mark == "heat":
        # The numbers stand over the shade, light where the shade is dark.
        least, most = _range_of(chart)
        dark = least + 0.68 * (most - least)  # from here on white reads better than ink: 4.5:1
        ink = {"condition": {"test": f"datum.value > {dark}", "value": PAPER}, "value": INK}
        text = {"field": "value", "type": "quantitative", "format": ".3g"}
        places = {"x": encoding["x"], "y": encoding["y"], "text": text, "color": ink}
        layers.append({"mark": {"type": "text", "fontSize": 11}, "encoding": places})
    panels = len(chart.panels)
    sized = {"width": _WIDTH_PX // panels - 10 * (panels - 1), "height": chart.height_px - 90}
    drawn = layers[0] if len(layers) == 1 else {"layer": layers}
    if chart.panel is None:
        return {**sized, **drawn}
    facet = {"field": "panel", "type": "nominal", "title": None, "sort": chart.panels}
    return {"facet": {"column": facet}, "spec": {**sized, **drawn}}


def _range_of(chart: Chart) -> tuple[float, float]:
    values = [row[chart.value] for row in chart.rows if chart.value is not None]
    return min(values), max(values)


def _place(value: Any, *, is_category: bool) -> Any:
    if is_category:
        return str(value)
    return value.isoformat() if isinstance(value, dt.datetime) else value


def _mark(mark: str) -> dict[str, Any]:
    if mark == "heat":
        return {"type": "rect"}
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
    if chart.mark == "heat":
        rows = list(dict.fromkeys(str(row[chart.y]) for row in chart.rows))
        encoding["y"] |= {"type": "nominal", "sort": rows}
        encoding["color"] = {
            "field": "value",
            "type": "quantitative",
            "title": chart.value_title,
            "scale": {"range": list(SCALE)},
            "legend": {"orient": "right", "title": chart.value_title},
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
