"""A chart on the screen, by plotly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.core.optional import require
from workbench.reports.palette import FONT, SCALE, series_colours

if TYPE_CHECKING:
    from workbench.studio.chart import Chart

# A grey of 4:1 on white and on Lab's dark page, so that one figure serves both themes. More is not
# to be had from one colour; our own pages write figures in their own ink.
_INK = "#7a7f87"
_GRID = "rgba(128, 128, 128, 0.25)"
_TOOLS_LEFT_OUT = ["zoom", "pan", "select", "lasso", "zoomIn", "zoomOut", "autoScale"]
# Beside the colours, which not every eye tells apart.
_SYMBOLS = ("circle", "square", "diamond", "cross", "triangle-up", "x")
_FAILED_SYMBOL = "x"
# What a line of a phone holds, and what the mark before a name takes of it.
_LINE_CHARS, _KEY_CHARS = 46, 5
_LEGEND_PX, _AROUND_PX = 30, 136  # a line of it; the title above and the axis below
_DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")


def draw_figure(chart: Chart) -> Any:
    """The figure, with a transparent ground."""
    graph = require("plotly.graph_objects", extra="studio")
    figure = _panels(chart)
    for column, panel in enumerate(chart.panels, start=1):
        for trace in _traces(graph, chart, panel):
            trace.showlegend = (
                trace.showlegend is not False and chart.series is not None and column == 1
            )
            figure.add_trace(trace, row=1, col=column)
    axis = {"gridcolor": _GRID, "zerolinecolor": _GRID, "automargin": True}
    figure.update_layout(
        template=None,
        # The title above, the series below it, both from the left: they never meet on a phone.
        title={"text": chart.title, "font": {"size": 15}, "x": 0, "xanchor": "left", "y": 0.97},
        yaxis={"title": chart.y_title},
        font={"family": FONT, "size": 12, "color": _INK},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        height=_height(chart),
        margin={"l": 60, "r": 20, "t": 66 if chart.series or chart.panel else 50, "b": 50},
        barmode="group",
        # What is left of the toolbar is short enough to leave the title be.
        modebar={"remove": _TOOLS_LEFT_OUT, "bgcolor": "rgba(0,0,0,0)", "color": _INK},
        showlegend=chart.series is not None,
        legend=_legend(chart),
    )
    # Where the axes meet, the first label of one would stand on the first of the other.
    figure.update_xaxes(
        **axis, ticklabelstandoff=6, title=chart.x_title, showgrid=chart.categories is None
    )
    figure.update_yaxes(**axis, ticklabelstandoff=4)
    if chart.sideways:
        _turn(figure, chart)
    elif chart.mark == "heat":  # the first row of a table stands at its top
        figure.update_yaxes(type="category", autorange="reversed", showgrid=False)
    if chart.categories is not None and not chart.sideways:
        order = {"type": "category", "categoryorder": "array", "categoryarray": chart.categories}
        figure.update_xaxes(**order)
    return figure


def _height(chart: Chart) -> int:
    """The height in pixels. Sideways a phone may take a line a name for the legend, below the axis:
    where nothing is left for the marks, plotly draws no figure at all."""
    if not chart.sideways:
        return chart.height_px
    names = _LEGEND_PX * len(chart.groups) if chart.series else 0
    return max(chart.height_px, _AROUND_PX + names + max(60, 18 * len(chart.categories or ())))


def _legend(chart: Chart) -> dict[str, Any]:
    """Above the marks if its names fit into a line of a phone, else below: it grows away from the
    title."""
    legend: dict[str, Any] = {"orientation": "h", "x": 0, "xanchor": "left"}
    # Sideways the names of the places take half a phone's width, and leave no line for a legend.
    if not chart.sideways and sum(len(name) + _KEY_CHARS for name in chart.groups) <= _LINE_CHARS:
        return legend | {"y": 1.02, "yanchor": "bottom"}
    return legend | {"y": 0, "yref": "container", "yanchor": "bottom"}


def _turn(figure: Any, chart: Chart) -> None:
    """Change x and y of a figure of points or bars."""
    for trace in figure.data:
        trace.x, trace.y = trace.y, trace.x
        if chart.low is not None:
            ends = trace.error_y.to_plotly_json()
            trace.error_y, trace.error_x = None, ends
        if chart.mark == "bar":
            trace.orientation = "h"
        if chart.detail is not None:
            trace.hovertemplate = "%{y}: %{x:.4g}<br>%{customdata}<extra>%{fullData.name}</extra>"
        trace.y = [str(name).replace("\n", "<br>") for name in trace.y]
    figure.update_xaxes(title=chart.y_title, showgrid=True, matches="x")
    # Every name, in the rows' order: by itself plotly leaves out each second one on a low figure.
    figure.update_yaxes(
        title=None, type="category", autorange="reversed", showgrid=False, tickmode="linear",
        dtick=1, categoryorder="array",
        categoryarray=[name.replace("\n", "<br>") for name in chart.categories or ()],
    )  # fmt: skip
    figure.update_layout(yaxis={"title": chart.x_title})


def _panels(chart: Chart) -> Any:
    subplots = require("plotly.subplots", extra="studio")
    names = chart.panels
    titles = names if chart.panel is not None else None
    return subplots.make_subplots(1, len(names), shared_yaxes=True, subplot_titles=titles)


def _traces(graph: Any, chart: Chart, panel: str) -> list[Any]:
    rows = [r for r in chart.rows if chart.panel is None or str(r[chart.panel]) == panel]
    if chart.mark == "heat":
        return [_cells(graph, chart, rows)]
    traces = []
    colours = series_colours(chart.groups, failed=chart.failed)
    for index, (name, colour) in enumerate(zip(chart.groups, colours, strict=True)):
        own = [r for r in rows if chart.series is None or str(r[chart.series]) == name]
        if own and chart.dotted is not None and name != chart.dotted:
            traces += _band(graph, chart, own, colour=colour)
        if own:
            traces.append(_trace(graph, chart, own, index=index, name=name, colour=colour))
    return traces


def _trace(graph: Any, chart: Chart, rows: list[Any], *, index: int, name: str, colour: str) -> Any:
    categories = chart.categories is not None
    shared: dict[str, Any] = {
        "x": [str(row[chart.x]) if categories else row[chart.x] for row in rows],
        "y": [row[chart.y] for row in rows],
        "name": name,
        "legendgroup": name,
        "marker": {"color": colour} | ({} if chart.mark == "bar" else {"size": 8}),
    }
    if chart.low is not None and chart.high is not None and chart.dotted is None:
        shared["error_y"] = {
            "type": "data",
            "symmetric": False,
            "array": [row[chart.high] - row[chart.y] for row in rows],
            "arrayminus": [row[chart.y] - row[chart.low] for row in rows],
            "color": _INK,
            "thickness": 1.5,
        }
    if chart.detail is not None:
        shared["customdata"] = [str(row[chart.detail]) for row in rows]
        shared["hovertemplate"] = "%{x}: %{y:.4g}<br>%{customdata}<extra>%{fullData.name}</extra>"
    if chart.mark == "bar":
        return graph.Bar(**shared)
    mode = "markers" if chart.mark == "point" else "lines+markers"
    if chart.dotted is not None:
        mode = "markers" if name == chart.dotted else "lines"
    shared["marker"]["symbol"] = _symbol(chart, name, index)
    if chart.mark == "line":
        shared["line"] = {"dash": _DASHES[index % len(_DASHES)]}
    return graph.Scatter(mode=mode, **shared)


def _band(graph: Any, chart: Chart, rows: list[Any], *, colour: str) -> list[Any]:
    """The interval of a long line as an area; none where it has no width."""
    if chart.low is None or chart.high is None:
        return []
    rows = [row for row in rows if row[chart.high] > row[chart.low]]
    if not rows:
        return []
    x = [row[chart.x] for row in rows]
    quiet = {"mode": "lines", "hoverinfo": "skip", "line": {"width": 0, "color": colour}}
    low = graph.Scatter(x=x, y=[row[chart.low] for row in rows], showlegend=False, **quiet)
    high = graph.Scatter(x=x, y=[row[chart.high] for row in rows], fill="tonexty",
                         fillcolor=_faint(colour), showlegend=False, **quiet)  # fmt: skip
    return [low, high]


def _faint(colour: str) -> str:
    """A colour of six hexadecimal digits, to be seen through."""
    red, green, blue = (int(colour[at : at + 2], 16) for at in (1, 3, 5))
    return f"rgba({red}, {green}, {blue}, 0.22)"


def _symbol(chart: Chart, name: str, index: int) -> str:
    if chart.failed is None:
        return _SYMBOLS[index % len(_SYMBOLS)]
    if name == chart.failed:
        return _FAILED_SYMBOL
    others = [symbol for symbol in _SYMBOLS if symbol != _FAILED_SYMBOL]
    kept = [each for each in chart.groups if each != chart.failed]
    return others[kept.index(name) % len(others)]


def _cells(graph: Any, chart: Chart, rows: list[Any]) -> Any:
    values = [row[chart.value] for row in rows]
    steps = [[i / (len(SCALE) - 1), colour] for i, colour in enumerate(SCALE)]
    return graph.Heatmap(
        x=[str(row[chart.x]) for row in rows],
        y=[str(row[chart.y]) for row in rows],
        z=values,
        text=[f"{value:.3g}" for value in values],
        texttemplate="%{text}",
        colorscale=steps,
        colorbar={"title": chart.value_title, "thickness": 12},
        xgap=2,
        ygap=2,
    )
