"""A chart on the screen, by plotly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.core.optional import require
from workbench.studio.palette import FONT, series_colour

if TYPE_CHECKING:
    from workbench.studio.chart import Chart

# A grey that has 4.5:1 on white and on a dark page, so that one figure serves both themes.
_INK = "#7a7f87"
_GRID = "rgba(128, 128, 128, 0.25)"


def draw_figure(chart: Chart) -> Any:
    """The figure, with a transparent ground."""
    graph = require("plotly.graph_objects", extra="studio")
    figure = graph.Figure([_trace(graph, chart, i, name) for i, name in enumerate(chart.groups)])
    axis = {"gridcolor": _GRID, "zerolinecolor": _GRID, "automargin": True}
    figure.update_layout(
        template=None,
        # The title above, the series below it, both from the left: they never meet on a phone.
        title={"text": chart.title, "font": {"size": 15}, "x": 0, "xanchor": "left", "y": 0.97},
        xaxis={**axis, "title": chart.x_title, "showgrid": chart.categories is None},
        yaxis={**axis, "title": chart.y_title},
        font={"family": FONT, "size": 12, "color": _INK},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        height=chart.height_px,
        margin={"l": 60, "r": 20, "t": 66 if chart.series else 50, "b": 50},
        barmode="group",
        showlegend=chart.series is not None,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "xanchor": "left"},
    )
    if chart.categories is not None:
        order = {"type": "category", "categoryorder": "array", "categoryarray": chart.categories}
        figure.update_xaxes(**order)
    return figure


def _trace(graph: Any, chart: Chart, index: int, name: str) -> Any:
    rows = [row for row in chart.rows if chart.series is None or str(row[chart.series]) == name]
    categories = chart.categories is not None
    shared: dict[str, Any] = {
        "x": [str(row[chart.x]) if categories else row[chart.x] for row in rows],
        "y": [row[chart.y] for row in rows],
        "name": name,
        "marker": {"color": series_colour(index)} | ({} if chart.mark == "bar" else {"size": 8}),
    }
    if chart.detail is not None:
        shared["customdata"] = [str(row[chart.detail]) for row in rows]
        shared["hovertemplate"] = "%{x}: %{y:.4g}<br>%{customdata}<extra>%{fullData.name}</extra>"
    if chart.mark == "bar":
        return graph.Bar(**shared)
    mode = "markers" if chart.mark == "point" else "lines+markers"
    return graph.Scatter(mode=mode, **shared)
