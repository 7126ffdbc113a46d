"""A chart as a picture, by Vega-Lite in vl-convert: no browser, no network."""

from __future__ import annotations

import datetime as dt
import io
import json
import re
import textwrap
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from workbench.core.optional import require
from workbench.reports.palette import (
    DARK,
    FONT,
    GRID,
    INK,
    PAPER,
    QUIET,
    SCALE,
    SERIES,
    series_colours,
)

if TYPE_CHECKING:
    from workbench.studio.chart import Chart

_WIDTH_PX = 640
PHONE_WIDTH_PX = 246  # with its axis it fills a page of 400 pixels, letters at their own size
_PADDING_PX = 12
_AROUND_PX = 90  # of a chart's height: title, legend and axis
# Sideways the names stand beside the marks: what both share on a phone, and a letter's width.
_PHONE_SHARED_PX, _LETTER_PX, _LINE_PX = 290, 6, 13
_NAME_CHARS = 20  # a longer name has several lines there
_COLOURS = 64
_TAG = re.compile(r"<[^<>]+>")
_IDLE = re.compile(r' (?:class|role|aria-[a-z]+|pointer-events|font-family)="[^"]*"| opacity="1"')
_LONG_NUMBER = re.compile(r"(\.\d\d)\d+")
_SHAPES = ("circle", "square", "diamond", "cross", "triangle-up")
# Vega has no cross that lies and is filled.
_FAILED_SHAPE = "M-1,-.6L-.6,-1L0,-.4L.6,-1L1,-.6L.4,0L1,.6L.6,1L0,.4L-.6,1L-1,.6L-.4,0Z"
# Numbers on shades keep their ink in both themes: a step apart from it, so that no rule finds it.
_ON_LIGHT, _ON_DARK = "#24292e", "#fffffe"


def draw_png(chart: Chart, *, scale: float) -> bytes:
    """The picture as PNG, ``scale`` pixels a point."""
    convert = require("vl_convert", extra="studio")
    return _few_colours(convert.vegalite_to_png(json.dumps(specification(chart)), scale=scale))


def draw_svgs(chart: Chart) -> dict[str, str]:
    """The picture for a page that has a light and a dark theme, ``wide`` and for a phone.

    The ink follows the theme by itself, also where the picture stands in an ``<img>``.
    """
    convert = require("vl_convert", extra="studio")
    widths = {"wide": _WIDTH_PX, "narrow": PHONE_WIDTH_PX}
    drawn = {}
    for name, width_px in widths.items():
        spec = specification(chart, width_px=width_px)
        spec["background"], spec["config"]["font"] = "transparent", FONT
        drawn[name] = _in_both_themes(convert.vegalite_to_svg(json.dumps(spec)))
    return drawn


def _in_both_themes(svg: str) -> str:
    rules = "".join(
        f'[{kind}="{light}"]{{{kind}:{dark}}}'
        for light, dark in DARK.items()
        for kind in ("fill", "stroke")
    )
    style = f"text{{font-family:{FONT}}}@media(prefers-color-scheme:dark){{{rules}}}"
    head, end, body = _TAG.sub(_shorter, svg).partition(">")
    return f"{head}{end}<style>{style}</style>{body}"


def _shorter(tag: re.Match[str]) -> str:
    """A tag without what only a script or a reader of the elements would use: half of the bytes."""
    return _LONG_NUMBER.sub(r"\1", _IDLE.sub("", tag.group()))


def _few_colours(png: bytes) -> bytes:
    """The picture with a palette: an eighth of the bytes, and a notebook has a limit on those."""
    image = require("PIL.Image", extra="studio")
    small = io.BytesIO()
    full = image.open(io.BytesIO(png)).convert("RGB")
    full.quantize(_COLOURS).save(small, "PNG", optimize=True)
    return small.getvalue()


def specification(chart: Chart, *, width_px: int = _WIDTH_PX) -> dict[str, Any]:
    """The chart as a Vega-Lite 5 specification."""
    chart, plot_px = _fitted(chart, width_px)
    categories = chart.categories
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "title": {
            "text": textwrap.wrap(chart.title, width_px // 8),
            "anchor": "start",
            "fontSize": 14,
            "color": INK,
        },
        "padding": _PADDING_PX,
        "background": PAPER,
        "data": {"values": _rows(chart)},
        **_view(chart, categories, plot_px),
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
            "legend": {
                "orient": "top",
                "title": None,
                "labelFontSize": 12,
                "labelColor": INK,
                "titleColor": INK,
                "columns": _legend_columns(chart, width_px),
                "labelLimit": width_px - 40,
                # Else it takes over how faint a band is.
                **({} if chart.dotted is None else {"symbolOpacity": 1, "symbolType": "stroke"}),
            },
            "header": {"labelColor": INK, "labelFontSize": 12},
            "range": {"category": list(SERIES)},
        },
    }


def _rows(chart: Chart) -> list[dict[str, Any]]:
    """The rows under the names of the channels."""
    is_category = chart.categories is not None
    return [
        {
            "x": _place(row[chart.x], is_category=is_category),
            "y": str(row[chart.y]) if chart.mark == "heat" else row[chart.y],
            "series": str(row[chart.series]) if chart.series else "",
            **{name: row[field] for name, field in _extra_fields(chart).items()},
        }
        for row in chart.rows
    ]


def _fitted(chart: Chart, width_px: int) -> tuple[Chart, int]:
    """The chart, and the width of its plot in pixels.

    A picture that is wider than the page is made smaller, letters and all. So on a phone the names
    of a sideways chart have several lines, and the marks the width that these leave.
    """
    if width_px > PHONE_WIDTH_PX or not chart.sideways:
        return chart, width_px
    named = {name: _in_lines(name) for name in chart.categories or ()}
    lines = [name.split("\n") for name in named.values()]
    names_px = _LETTER_PX * max(len(line) for name in lines for line in name)
    names_px += 2 * _LINE_PX if chart.x_title else 0
    least_px = len(named) * (_LINE_PX * max(map(len, lines)) + 8)
    rows = tuple({**row, chart.x: named[str(row[chart.x])]} for row in chart.rows)
    height_px = max(chart.height_px, _AROUND_PX + least_px)
    return replace(chart, rows=rows, height_px=height_px), _PHONE_SHARED_PX - names_px


def _in_lines(name: str) -> str:
    parts = (textwrap.wrap(part, _NAME_CHARS) or [""] for part in name.split("\n"))
    return "\n".join(line for part in parts for line in part)


def _extra_fields(chart: Chart) -> dict[str, str]:
    wanted = {"low": chart.low, "high": chart.high, "value": chart.value, "panel": chart.panel}
    return {name: field for name, field in wanted.items() if field is not None}


def _legend_columns(chart: Chart, width_px: int) -> int:
    """As many names in a line as there is room for; one letter takes about 7 pixels."""
    longest = max(map(len, chart.groups))
    return max(1, min(len(chart.groups), width_px // (longest * 7 + 30)))


def _view(chart: Chart, categories: list[str] | None, width_px: int) -> dict[str, Any]:
    """What is drawn: one layer of marks, with intervals or numbers over it, once a panel."""
    encoding = _encoding(chart, categories, width_px)
    layers: list[dict[str, Any]] = [{"mark": _mark(chart.mark), "encoding": encoding}]
    if chart.dotted is not None:
        layers = _long_lines(chart, encoding)
    elif chart.low is not None:
        ends = {"y": {"field": "low", "type": "quantitative"}, "y2": {"field": "high"}}
        ends["x"] = encoding["x"]
        if "xOffset" in encoding:
            ends["xOffset"] = encoding["xOffset"]
        interval = {"type": "rule", "color": INK, "strokeWidth": 1.5}
        # Over a bar, which would hide it; under a dot, which it would hide.
        layers.insert(1 if chart.mark == "bar" else 0, {"mark": interval, "encoding": ends})
    if chart.mark == "heat":
        # The numbers stand over the shade, light where the shade is dark.
        least, most = _range_of(chart)
        dark = least + 0.68 * (most - least)  # from here on white reads better than ink: 4.5:1
        ink = {
            "condition": {"test": f"datum.value > {dark}", "value": _ON_DARK},
            "value": _ON_LIGHT,
        }
        text = {"field": "value", "type": "quantitative", "format": ".3g"}
        places = {"x": encoding["x"], "y": encoding["y"], "text": text, "color": ink}
        layers.append({"mark": {"type": "text", "fontSize": 11}, "encoding": places})
    # On a phone panels stand one below the other.
    across = len(chart.panels) if width_px > PHONE_WIDTH_PX else 1
    plot_px = width_px // across - 10 * (across - 1)
    if chart.sideways:
        for layer in layers:
            layer["encoding"] = _sideways(layer["encoding"], plot_px)
    sized = {"width": plot_px, "height": chart.height_px - _AROUND_PX}
    drawn = layers[0] if len(layers) == 1 else {"layer": layers}
    if chart.panel is None:
        return {**sized, **drawn}
    facet = {"field": "panel", "type": "nominal", "title": None, "sort": chart.panels}
    return {"facet": facet, "columns": across, "spec": {**sized, **drawn}}


def _long_lines(chart: Chart, encoding: dict[str, Any]) -> list[dict[str, Any]]:
    """Bands, lines without dots over them, and over all the dots of the series that has no line."""
    named = f"datum.series === {json.dumps(chart.dotted)}"
    lined = [{"filter": f"!({named})"}]
    shared = {name: each for name, each in encoding.items() if name in ("x", "y", "color")}
    layers: list[dict[str, Any]] = [
        {"mark": {"type": "line", "strokeWidth": 1.5}, "transform": lined, "encoding": encoding},
        {
            "mark": {"type": "point", "filled": True, "opacity": 1, "size": 36},
            "transform": [{"filter": named}],
            "encoding": shared,
        },
    ]
    if chart.low is not None:
        ends: dict[str, Any] = {"y": {"field": "low", "type": "quantitative"}}
        ends["y2"] = {"field": "high"}
        lined = [*lined, {"filter": "datum.high > datum.low"}]
        # An area would pull the axis down to 0, and a narrow band far above it flat.
        ends["y"]["scale"] = {"zero": False}
        band: dict[str, Any] = {"mark": {"type": "area", "opacity": 0.22}, "transform": lined}
        layers.insert(0, band | {"encoding": shared | ends})
    return layers


def _sideways(encoding: dict[str, Any], plot_px: int) -> dict[str, Any]:
    """The same marks with x and y changed; names stand level, and may have several lines."""
    swapped = {"x": "y", "y": "x", "y2": "x2", "xOffset": "yOffset"}
    turned = {swapped.get(channel, channel): what for channel, what in encoding.items()}
    if "axis" in turned["y"]:
        axis = {"grid": False, "labelLimit": 320, "labelExpr": "split(datum.label, '\\n')"}
        turned["y"] = turned["y"] | {"axis": axis}
    # Panels are narrow: a label that would run into the one before it is left out.
    narrow = {"tickCount": 4, "labelOverlap": "greedy", "labelSeparation": 8}
    turned["x"] = turned["x"] | {"axis": narrow}
    if "title" in turned["x"]:
        turned["x"]["title"] = textwrap.wrap(turned["x"]["title"], plot_px // _LETTER_PX)
    return turned


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
    return {"type": "point", "filled": True, "opacity": 1, "size": 60, "color": SERIES[0]}


def _encoding(chart: Chart, categories: list[str] | None, width_px: int) -> dict[str, Any]:
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
            "legend": {
                "orient": "right" if width_px > PHONE_WIDTH_PX else "bottom",
                "title": chart.value_title,
            },
        }
    if chart.has_times:
        encoding["x"]["type"] = "temporal"
    if categories is not None:
        angle = -40 if max(map(len, categories)) * len(categories) > width_px // 8 else 0
        encoding["x"] |= {
            "type": "nominal",
            "sort": categories,
            "axis": {"labelAngle": angle, "grid": False},
        }
    if chart.series is not None:
        # A domain and not a sort: each of two sorts would have a legend of its own.
        named = {"field": "series", "type": "nominal", "scale": {"domain": chart.groups}}
        if chart.order:  # names without a row keep their place, and are not told
            there = {str(row[chart.series]) for row in chart.rows}
            named["legend"] = {"values": [name for name in chart.groups if name in there]}
        encoding["color"] = named
        if chart.mark == "bar":
            encoding["xOffset"] = {"field": "series", "sort": chart.groups}
        elif chart.mark == "point":
            encoding["shape"] = named
        elif chart.mark == "line":
            encoding["strokeDash"] = named
        if chart.failed is not None:
            _mark_failed(encoding, chart)
    return encoding


def _mark_failed(encoding: dict[str, Any], chart: Chart) -> None:
    """Give the series of what failed its colour, and among points its cross."""
    groups = chart.groups
    colours = series_colours(groups, failed=chart.failed)
    encoding["color"] = _with_range(encoding["color"], colours)
    if "shape" in encoding:
        kept = [name for name in groups if name != chart.failed]
        shapes = [
            _FAILED_SHAPE if name == chart.failed else _SHAPES[kept.index(name) % len(_SHAPES)]
            for name in groups
        ]
        encoding["shape"] = _with_range(encoding["shape"], shapes)


def _with_range(channel: dict[str, Any], values: list[str]) -> dict[str, Any]:
    return {**channel, "scale": {**channel["scale"], "range": values}}
