"""Figures of names at a phone's width: plotly draws none where the legend leaves no room."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import plotly.offline
import pytest
from plotly.utils import PlotlyJSONEncoder

from workbench.store.usage_rows import UsageRow
from workbench.studio.chart import Chart, points
from workbench.studio.markup import style
from workbench.studio.serving_facts import ServingFacts, UsageFacts
from workbench.studio.serving_panels import draw_last

from .conftest import Watched

_PLOT = """async figure => {
    const place = document.getElementById("place");
    await Plotly.newPlot(place, figure.data, figure.layout, { responsive: true });
    return place._fullLayout._size.h;
}"""


def runs_chart() -> Chart:
    """Two notebooks of long names, with a run of each kind: the lowest figure and most legend."""
    rows = [
        {"notebook": name, "duration_s": 0.7 + n / 50, "which": which}
        for n, (name, which) in enumerate(
            (("n_claim", "failed"), ("n_claim", "earlier run"), ("n_claim_long_name", "last run"))
        )
    ]
    return points(
        rows, "notebook", "duration_s", series="which", title="Time that each run took", x_title="",
        y_title="time (s)", height_px=164, sideways=True, failed="failed",
    )  # fmt: skip


def plot(open_page: Callable[..., Watched], figure: dict[str, Any], width: int) -> float:
    page = open_page(viewport={"width": 400, "height": 700}).page
    page.set_content(f'<div id="place" style="width: {width}px"></div>')
    page.add_script_tag(content=plotly.offline.get_plotlyjs())
    height: float = page.evaluate(_PLOT, figure)
    return height


@pytest.mark.parametrize("width", [238, 270, 318])  # in phones of 320, 360 and 400
def test_names_with_a_legend_have_room_on_a_phone(
    open_page: Callable[..., Watched], width: int
) -> None:
    figure = json.loads(json.dumps(runs_chart().figure().to_plotly_json(), cls=PlotlyJSONEncoder))
    assert plot(open_page, figure, width) >= 50
    figure["layout"]["height"] = runs_chart().height_px  # as it was: the caller's own
    with pytest.raises(Exception, match="axis scaling"):
        plot(open_page, figure, width)


def test_calls_keep_a_line_each_where_their_columns_go_on_sideways(
    open_page: Callable[..., Watched],
) -> None:
    facts = ServingFacts()
    row = UsageRow(
        request_id="r", key_id="key_of_a_long_name", user="u", model_asked="smollm2-135m",
        prompt_tokens=27, completion_tokens=30,
    )  # fmt: skip
    facts.usage = UsageFacts(last=(row, row))
    page = open_page(viewport={"width": 320, "height": 500}).page
    tile = f"<div class='wb-tile'>{draw_last(facts)}</div>"
    page.set_content(f"{style('tokens', 'home', 'serving')}<div class='wb wb-home'>{tile}</div>")
    heights = page.evaluate("[...document.querySelectorAll('tr')].map(each => each.offsetHeight)")
    assert len(heights) == 3 and max(heights) < 40, heights
    page.add_style_tag(content=".wb.wb.wb.wb td { white-space: normal !important }")  # as it was
    heights = page.evaluate("[...document.querySelectorAll('tr')].map(each => each.offsetHeight)")
    assert max(heights) > 40
