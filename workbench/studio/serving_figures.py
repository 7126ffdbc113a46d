"""The two lines of the serving page. They move in place: nothing flickers, nothing is left over."""

from __future__ import annotations

from typing import Any

from workbench.core.optional import require
from workbench.studio.chart import Chart
from workbench.studio.serving_facts import ServingFacts
from workbench.studio.serving_panels import draw_now
from workbench.studio.serving_rates import rate_chart, request_chart


class RatesTile:
    """A sentence and two figures."""

    def __init__(self, facts: ServingFacts) -> None:
        self._widgets = require("ipywidgets", extra="studio")
        self._facts = facts
        self._text = self._widgets.HTML()
        self._figures: list[Any] = []
        self._box = self._widgets.Box()
        self._box.add_class("wb-figures")

    def draw(self) -> list[Any]:
        """Bring both up to date."""
        rows, now_s = self._facts.usage.recent, self._facts.looked_s
        self._text.value = draw_now(self._facts)
        if not rows:
            return [self._text]
        charts = [rate_chart(rows, now_s=now_s), request_chart(rows, now_s=now_s)]
        if not self._figures:
            self._figures = [_widget(chart) for chart in charts]
            self._box.children = self._figures
        for figure, chart in zip(self._figures, charts, strict=True):
            _move(figure, chart)
        return [self._text, self._box]


def _widget(chart: Chart) -> Any:
    graph = require("plotly.graph_objects", extra="studio")
    figure = chart.figure()
    figure.update_layout(margin={"l": 44, "r": 8, "b": 28}, xaxis={"tickformat": "%H:%M"})
    figure.update_yaxes(rangemode="tozero")
    # Of its own accord each figure would take another piece of time: a bar needs half a step more.
    figure.update_xaxes(range=_span(figure.data))
    figure.update_traces(mode="lines", line={"shape": "hv"})
    for trace, dash in zip(figure.data, ("solid", "dot"), strict=False):
        trace.line.dash = dash  # told apart without their colours
    widget = graph.FigureWidget(figure)
    # A phone that is turned: without it the lines keep the width that they were drawn with.
    widget._config = {**widget._config, "responsive": True}
    return widget


def _move(figure: Any, chart: Chart) -> None:
    """Put new values where the old ones are, if they differ."""
    new = chart.figure().data
    pairs = list(zip(figure.data, new, strict=True))
    if all(list(a.x) == list(b.x) and list(a.y) == list(b.y) for a, b in pairs):
        return
    with figure.batch_update():
        for trace, fresh in pairs:
            trace.x, trace.y = fresh.x, fresh.y
        figure.layout.xaxis.range = _span(new)


def _span(traces: Any) -> list[Any]:
    """The minutes that both figures show, from the first step to the last."""
    return [min(trace.x[0] for trace in traces), max(trace.x[-1] for trace in traces)]
