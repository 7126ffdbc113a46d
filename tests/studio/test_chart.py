"""One chart, two drawings: both must show every row, in the same places and groups."""

from __future__ import annotations

import base64
import datetime as dt
import io
import json
import re

import pytest

from workbench.core.errors import InputError
from workbench.models.protocol import TokenLogprob
from workbench.reports.display import PICTURE_MIME
from workbench.reports.palette import FAILED, SERIES
from workbench.studio import Chart, bars, heat, lines, points, surprise
from workbench.studio.chart import PLOTLY_MIME
from workbench.studio.markup import escape
from workbench.studio.tokens import visible
from workbench.studio.vega_chart import PHONE_WIDTH_PX, specification

WORDS = {"title": "T", "x_title": "engine", "y_title": "rate (tokens/s)"}
ROWS = [
    {"engine": "b", "rate": 2.0, "threads": 1},
    {"engine": "a", "rate": 3.0, "threads": 1},
    {"engine": "b", "rate": 4.0, "threads": 2},
]


def grouped() -> Chart:
    return bars(ROWS, "engine", "rate", series="threads", **WORDS)


def shown_by_plotly(chart: Chart) -> set[tuple[str, str, float]]:
    return {
        (trace.name or "", str(x), float(y))
        for trace in chart.figure().data
        for x, y in zip(trace.x, trace.y, strict=True)
    }


def shown_by_vega(chart: Chart) -> set[tuple[str, str, float]]:
    values = specification(chart)["data"]["values"]
    return {(row["series"], str(row["x"]), float(row["y"])) for row in values}


@pytest.mark.parametrize("make", [bars, points, lines])
def test_both_drawings_show_the_same_rows(make: object) -> None:
    chart = make(ROWS, "engine", "rate", series="threads", **WORDS)  # type: ignore[operator]
    assert shown_by_plotly(chart) == shown_by_vega(chart)
    assert len(shown_by_plotly(chart)) == len(ROWS)


def test_categories_keep_their_order() -> None:
    assert grouped().categories == ["b", "a"]
    assert list(grouped().figure().layout.xaxis.categoryarray) == ["b", "a"]
    assert specification(grouped())["encoding"]["x"]["sort"] == ["b", "a"]


def test_numbers_stay_numbers() -> None:
    chart = lines([{"x": 2, "y": 1.0}, {"x": 10, "y": 2.0}], "x", "y", **WORDS)
    assert chart.categories is None
    assert specification(chart)["encoding"]["x"]["type"] == "quantitative"


def test_axes_carry_their_titles() -> None:
    figure = grouped().figure()
    assert figure.layout.yaxis.title.text == "rate (tokens/s)"
    assert specification(grouped())["encoding"]["y"]["title"] == "rate (tokens/s)"


def test_bundle_has_a_picture_a_figure_and_words() -> None:
    bundle = grouped()._repr_mimebundle_()
    assert set(bundle) == {PLOTLY_MIME, PICTURE_MIME, "image/png", "text/plain"}
    json.dumps(bundle[PLOTLY_MIME])
    assert "2 at b: 4" in bundle["text/plain"]


def test_picture_is_small_and_shows_its_bars() -> None:
    from PIL import Image

    picture = Image.open(io.BytesIO(grouped().png()))
    assert picture.width > 1000
    assert len(grouped().png()) < 40_000
    colours = {colour for _, colour in picture.convert("RGB").getcolors(1 << 20) or []}
    wanted = [tuple(int(SERIES[i][at : at + 2], 16) for at in (1, 3, 5)) for i in (0, 1)]
    for red, green, blue in wanted:
        assert any(abs(r - red) + abs(g - green) + abs(b - blue) < 24 for r, g, b in colours), (
            "a bar is missing from the picture"
        )


def test_the_picture_for_two_themes_has_ink_for_both_and_says_the_same() -> None:
    import xml.etree.ElementTree as ElementTree

    for name, svg in grouped().svgs().items():
        root = ElementTree.fromstring(svg)
        texts = {"".join(each.itertext()) for each in root.iter("{http://www.w3.org/2000/svg}text")}
        assert {"T", "a", "b", "1", "2", "rate (tokens/s)", "engine"} <= texts
        width = float(root.attrib["width"])
        assert (width > 640) if name == "wide" else (280 < width < 340)
        inks = set(re.findall(r'(?:fill|stroke)="(#\w+)"', svg))
        turned = set(re.findall(r'\[(?:fill|stroke)="(#\w+)"\]', svg))
        assert {colour.lower() for colour in inks} - turned == {each.lower() for each in SERIES[:2]}
        assert "#ffffff" not in inks, "a ground would be a white card on a dark page"
        assert len(svg) < 10_000


def test_a_phone_is_given_a_picture_that_can_be_read_there() -> None:
    """The wide one, made small, has letters of four pixels on a phone."""
    made = grouped()
    drawn = made.picture()
    both = [base64.b64decode(each).decode() for each in re.findall(r"base64,([^\"]+)", drawn)]
    assert both == [made.svgs()["narrow"], made.svgs()["wide"]]
    assert drawn.startswith('<picture><source media="(max-width: 40rem)"')
    narrow, wide = (int(re.search(r'width="(\d+)', svg)[1]) for svg in both)  # type: ignore[index]
    assert narrow < 400 < wide
    assert f'alt="{escape(made.describe())}"' in drawn


def test_a_dot_has_its_colour_and_its_shape_in_one_legend() -> None:
    svg = points(ROWS, "engine", "rate", series="threads", **WORDS).svgs()["wide"]
    assert len(re.findall(r"<text[^>]*>[12]</text>", svg)) == 2
    assert '="black"' not in svg


def test_a_chart_without_rows_or_fields_is_refused() -> None:
    with pytest.raises(InputError, match="no rows"):
        bars([], "x", "y", **WORDS)
    with pytest.raises(InputError, match="'rate'"):
        bars([{"engine": "a"}], "engine", "rate", **WORDS)


def test_surprise_is_the_negative_log_probability() -> None:
    chart = surprise(
        [TokenLogprob(1, " The", -1.5, ((" The", -1.5), ("A", -2.0))), TokenLogprob(2, "", -0.5)],
        title="T",
    )
    assert [row["surprise_nats"] for row in chart.rows] == [1.5, 0.5]
    assert chart.categories == ["1 ·The", "2 (end)"]
    assert "A -2.00" in chart.figure().data[0].customdata[0]


@pytest.mark.parametrize(
    ("text", "shown"), [(" a", "·a"), ("\n", "\\n"), ("\t", "\\t"), ("", "(end)"), ("é", "é")]
)
def test_spaces_can_be_told_apart(text: str, shown: str) -> None:
    assert visible(text) == shown


def test_intervals_reach_from_low_to_high_in_both_drawings() -> None:
    rows = [{"a": "x", "v": 2.0, "lo": 1.5, "hi": 3.0}]
    chart = bars(rows, "a", "v", low="lo", high="hi", **WORDS)
    error = chart.figure().data[0].error_y
    assert (list(error.array), list(error.arrayminus)) == ([1.0], [0.5])
    spec = specification(chart)
    assert spec["layer"][1]["encoding"]["y2"] == {"field": "high"}
    assert spec["data"]["values"][0]["low"] == 1.5
    assert "(1.5 to 3)" in chart.describe()
    assert chart.png().startswith(b"\x89PNG")
    with pytest.raises(InputError, match="one end"):
        bars(rows, "a", "v", low="lo", **WORDS)


def test_a_heat_map_shows_each_number() -> None:
    rows = [{"a": a, "b": b, "v": float(i)} for i, (a, b) in enumerate(["xp", "xq", "yp"])]
    chart = heat(rows, "a", "b", value="v", value_title="share (%)", **WORDS)
    assert list(chart.figure().data[0].text) == ["0", "1", "2"]
    assert [row["value"] for row in specification(chart)["data"]["values"]] == [0.0, 1.0, 2.0]
    assert specification(chart)["layer"][1]["mark"]["type"] == "text"
    assert "x, q: 1" in chart.describe()
    assert chart.png().startswith(b"\x89PNG")
    with pytest.raises(InputError, match="has a value"):
        heat(rows, "a", "b", **WORDS)


@pytest.mark.parametrize("panel", [None, "p"])
def test_long_names_do_not_make_a_phones_picture_wider_than_its_page(panel: str | None) -> None:
    # What is wider is made smaller by the page, letters and all.
    names = ("false positive rate difference", "Female, Amer-Indian-Eskimo", "accuracy")
    rows = [{"a": name, "v": 0.5, "p": "one"} for name in names]
    words = {**WORDS, "y_title": "disparity with its 95% interval"}
    chart = points(rows, "a", "v", panel=panel, sideways=True, **words)
    sizes = {
        name: [float(px) for px in re.findall(r'(?:width|height)="([\d.]+)"', svg)[:2]]
        for name, svg in chart.svgs().items()
    }
    assert sizes["narrow"][0] <= 330
    assert sizes["wide"][0] > 640
    shown = chart.svgs()["narrow"]
    assert "false positive rate" in shown and "false positive rate difference" not in shown


def test_panels_part_the_rows() -> None:
    rows = [{"a": 1, "v": 2.0, "p": p} for p in ("left", "right")]
    chart = points(rows, "a", "v", panel="p", **WORDS)
    assert [trace.xaxis for trace in chart.figure().data] == ["x", "x2"]
    spec = specification(chart)
    assert (spec["facet"]["sort"], spec["columns"]) == (["left", "right"], 2)
    assert specification(chart, width_px=PHONE_WIDTH_PX)["columns"] == 1
    assert chart.png().startswith(b"\x89PNG")


def test_times_are_times_in_both_drawings() -> None:
    when = [dt.datetime(2026, 1, day, tzinfo=dt.UTC) for day in (1, 5)]
    chart = lines([{"t": t, "v": 1.0} for t in when], "t", "v", **WORDS)
    assert chart.categories is None
    assert specification(chart)["encoding"]["x"]["type"] == "temporal"
    assert list(chart.figure().data[0].x) == when
    assert chart.png().startswith(b"\x89PNG")


@pytest.mark.parametrize("order", [["ok", "failed", "old"], ["failed", "ok", "old"]])
def test_what_failed_has_a_colour_and_a_mark_that_no_other_series_has(order: list[str]) -> None:
    rows = [{"which": name, "time": 1.0, "notebook": f"n{i}"} for i, name in enumerate(order)]
    words = {"title": "T", "x_title": "", "y_title": "time (s)", "series": "which"}
    chart = points(rows, "notebook", "time", failed="failed", **words)
    looks = {t.name: (t.marker.color, t.marker.symbol) for t in chart.figure().data}
    assert looks["failed"] == (FAILED, "x")
    assert [name for name, (colour, mark) in looks.items() if colour == FAILED or mark == "x"] == [
        "failed"
    ]
    assert len(set(looks.values())) == 3
    encoding = specification(chart)["encoding"]
    colours, shapes = (encoding[each]["scale"]["range"] for each in ("color", "shape"))
    at = order.index("failed")
    assert colours[at] == FAILED and colours.count(FAILED) == 1
    assert shapes.count(shapes[at]) == 1
    assert chart.png()
    plain = points(rows, "notebook", "time", **words).figure()
    assert [t.marker.color for t in plain.data] == list(SERIES[:3])


def test_a_dotted_series_has_no_line_and_the_others_no_dots() -> None:
    rows = [{"x": at, "y": float(at), "low": at - 1.0, "high": at + 1.0, "s": "a"} for at in (0, 1)]
    rows += [{"x": 1, "y": 1.0, "low": 1.0, "high": 1.0, "s": "b"}]
    chart = lines(rows, "x", "y", series="s", low="low", high="high", dotted="b", **WORDS)
    figure = chart.figure()
    assert [trace.mode for trace in figure.data] == ["lines", "lines", "lines", "markers"]
    assert figure.data[1].fill == "tonexty" and not figure.data[1].showlegend
    marks = [layer["mark"] for layer in specification(chart)["layer"]]
    assert [mark["type"] for mark in marks] == ["area", "line", "point"]
    assert "point" not in marks[1]
    with pytest.raises(InputError, match="may be dotted"):
        bars(rows, "x", "y", series="s", dotted="b", **WORDS)
