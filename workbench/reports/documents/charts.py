"""A Vega-Lite specification as a vector picture in the look of the house: no browser, no network.

One converter stands in this process and is asked for every chart: its start takes half a second,
a chart a twentieth of one.
"""

from __future__ import annotations

import functools
import importlib.util
import json
import math
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from workbench.core.errors import InputError
from workbench.core.optional import require
from workbench.reports.palette import GRID, INK, QUIET, SERIES

from .document import shown

FULL_WIDTH_PX, HALF_WIDTH_PX = 640, 312  # at 96 dpi about the width of the text on A4
FONT = "DejaVu Sans"
_HEIGHT_PX, _HALF_HEIGHT_PX = 225, 200
_MANY_VIEWS = ("facet", "concat", "hconcat", "vconcat", "repeat")


def draw_chart(spec: Mapping[str, Any], *, name: str, half: bool = False) -> str:
    """The chart as SVG, ``FULL_WIDTH_PX`` or ``HALF_WIDTH_PX`` wide; its letters stay text.

    Args:
        spec: Vega-Lite 5 or 6 with its rows inside.
        name: What messages call it.
        half: For half of the page's width.

    Raises:
        InputError: It has no rows, a number in them is not finite, a field is in no row, it wants
            to fetch something, or Vega-Lite refuses it.
        DependencyError: vl-convert is not installed.
    """
    convert = require("vl_convert", extra="studio")
    plain = _plain(spec, name)
    _check_rows(plain, name)
    _register_fonts()
    text = json.dumps(_in_style(plain, half=half))
    try:
        svg = str(convert.vegalite_to_svg(text, allowed_base_urls=[], show_warnings=False))
    except ValueError as error:
        why = next((line for line in str(error).splitlines()[1:] if line.strip()), str(error))
        raise InputError(
            f"the chart {name!r} could not be drawn: {why.strip()}",
            hint="check its specification against Vega-Lite's schema",
        ) from None
    if "NaN" in svg:
        raise InputError(f"the chart {name!r} has a place that is no number")
    return svg


def font_folder() -> Path | None:
    """Where DejaVu Sans lies: matplotlib's wheel brings it, and is not imported for it."""
    found = importlib.util.find_spec("matplotlib")
    if found is None or found.origin is None:
        return None
    folder = Path(found.origin).parent / "mpl-data" / "fonts" / "ttf"
    return folder if (folder / "DejaVuSans.ttf").is_file() else None


@functools.cache
def _register_fonts() -> None:
    """Let the converter measure letters by the font that the PDF draws them with."""
    folder = font_folder()
    if folder is not None:
        require("vl_convert", extra="studio").register_font_directory(str(folder))


def _plain(value: Any, name: str) -> Any:
    """Plain data without what cannot be shown.

    A number that is not finite is refused here: Vega would leave its mark out and say nothing.
    """
    if isinstance(value, Mapping):
        return {shown(str(key)): _plain(each, name) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(each, name) for each in value]
    if isinstance(value, str):
        return shown(value)
    if isinstance(value, float) and not math.isfinite(value):
        raise InputError(
            f"the chart {name!r} has a number that is {value}; leave the row out and say so"
        )
    if value is None or isinstance(value, (bool, int, float)):
        return value
    raise InputError(f"the chart {name!r} holds a {type(value).__name__}, which is no JSON")


def _check_rows(spec: Mapping[str, Any], name: str) -> None:
    data = spec.get("data")
    rows = data.get("values") if isinstance(data, Mapping) else None
    if not isinstance(rows, list) or not rows:
        raise InputError(
            f"the chart {name!r} has no rows",
            hint='a chart carries them: {"data": {"values": [...]}}; nothing is fetched',
        )
    if any(not isinstance(row, Mapping) for row in rows):
        raise InputError(f"the chart {name!r} has a row that is no object")
    known = {field for row in rows for field in row}
    views = list(_views(spec))
    # What a transform makes is not in the rows.
    if any("transform" in view for view in views):
        return
    for view in views:
        for channel in (view.get("encoding") or {}).values():
            field = channel.get("field") if isinstance(channel, Mapping) else None
            if isinstance(field, str) and field not in known:
                raise InputError(
                    f"the chart {name!r} shows {field!r}, which no row has; they have: "
                    + ", ".join(sorted(known))
                )


def _views(spec: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield spec
    for many in ("layer", "concat", "hconcat", "vconcat"):
        for each in spec.get(many) or ():
            yield from _views(each)
    if isinstance(spec.get("spec"), Mapping):
        yield from _views(spec["spec"])


def _in_style(spec: Mapping[str, Any], *, half: bool) -> dict[str, Any]:
    """The specification in the house's look; what it says itself goes first."""
    sized: dict[str, Any] = {}
    if not any(many in spec for many in _MANY_VIEWS):
        sized = {
            "width": HALF_WIDTH_PX if half else FULL_WIDTH_PX,
            "height": _HALF_HEIGHT_PX if half else _HEIGHT_PX,
            "autosize": {"type": "fit-x", "contains": "padding"},
        }
    made = {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "background": "transparent",
        "padding": 2,
        **sized,
        **spec,
    }
    made["config"] = {**_LOOK, **spec.get("config", {})}
    return made


_LOOK = {
    "font": FONT,
    "view": {"stroke": None},
    "axis": {
        "gridColor": GRID,
        "domainColor": QUIET,
        "tickColor": QUIET,
        "labelColor": INK,
        "titleColor": INK,
        "titleFontWeight": "normal",
        "labelFontSize": 10,
        "titleFontSize": 10,
        "labelLimit": 190,
    },
    "axisX": {"grid": False, "labelOverlap": "greedy", "labelSeparation": 6},
    "legend": {
        "orient": "top",
        "title": None,
        "labelFontSize": 10,
        "labelColor": INK,
        "labelLimit": 180,
        "columns": 4,
    },
    "header": {"labelColor": INK, "title": None},
    "title": {"color": INK, "fontSize": 11, "anchor": "start"},
    "text": {"color": INK, "fontSize": 10},
    "line": {"strokeWidth": 2},
    "bar": {"color": SERIES[0]},
    "point": {"filled": True, "opacity": 1, "size": 45},
    "range": {"category": list(SERIES)},
}
