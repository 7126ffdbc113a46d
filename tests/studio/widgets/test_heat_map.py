"""Maps of numbers: attention, lenses, patching; as text, as a table and as a picture."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from typing import Any

import numpy as np
import pytest

from workbench.core.errors import InputError
from workbench.studio import heat_map
from workbench.studio.widgets.heat_map import HeatMap

NAMES = {"unit": "nats", "title": "Made map", "row_title": "layer", "column_title": "position"}


def made(rows: int = 3, columns: int = 4, **more: Any) -> HeatMap:
    values = np.random.default_rng(2).normal(size=(rows, columns))
    return heat_map(
        values, [f"r{i}" for i in range(rows)], [f" c{i}" for i in range(columns)],
        **{**NAMES, **more},
    )  # fmt: skip


def numbers(svg: str) -> list[str | None]:
    return [each.text for each in ET.fromstring(svg).iter("{http://www.w3.org/2000/svg}text")]


def test_every_cell_is_a_number_in_the_picture_and_in_the_table() -> None:
    shown = made()
    for value in shown.values.ravel():
        said = f"{'+' if value > 0 else '−'}{abs(value):.2f}"
        assert said in numbers(shown.svg())
        assert f"{said}</td>" in shown.html()
    assert "·c0" in shown.html()
    row, column, value = shown.extremes()[0]
    assert abs(value) == np.abs(shown.values).max()
    assert f"layer {row}, position {column}" in shown.text()


def test_names_are_told_from_tokens() -> None:
    shown = heat_map([[1.0, 2.0, 3.0]], ["head 4"], [" of", "\n", "a b"], **NAMES)
    assert shown.rows == ("head 4",)
    assert shown.columns == ("·of", "\\n", "a b")


def test_panels_share_a_scale_and_each_has_its_picture() -> None:
    values = np.array([[[0.5, 0.1]], [[0.0, 1.0]]])
    shown = heat_map(values, ["q"], ["k", "l"], panels=["0.0", "0.1"], panel_title="head",
                     centre=None, **NAMES)  # fmt: skip
    assert shown.limit == 1.0
    assert "0.50" in numbers(shown.svg(panel=0))
    assert shown.html().count("<svg") == 2
    assert shown.choice(-1) == {"panel": 0}
    with pytest.raises(InputError, match="no panel 2"):
        shown.svg(panel=2)


def test_a_scale_about_another_centre_is_as_long_on_both_sides() -> None:
    shown = heat_map([[0.5, 0.9, 0.4]], ["0"], ["a", "b", "c"], centre=0.5, **NAMES)
    assert shown.limit == pytest.approx(0.4)
    said = numbers(shown.svg())
    assert "0.900" in said  # the value, not its distance
    assert "−, less 0.100" in said
    assert "0.900 nats +, more" in said


def test_words_stand_beside_their_numbers() -> None:
    shown = heat_map([[0.25, 0.5]], ["0"], ["a", "b"], words=[[" Paris", "x"]], centre=None,
                     **NAMES)  # fmt: skip
    assert "·Paris" in numbers(shown.svg())
    assert "<code>·Paris</code> 0.25" in shown.html()


def test_a_large_map_stays_small_and_says_what_it_leaves_out() -> None:
    sparse = np.zeros((300, 300))
    sparse[7, 9] = 1.0
    shown = heat_map(sparse, [str(i) for i in range(300)], [str(i) for i in range(300)], **NAMES)
    assert len(shown.svg()) < 60_000  # a path a shade, not an element a cell
    assert "stands still" in shown.html()
    panels = [str(i) for i in range(40)]
    stack = heat_map(np.ones((40, 20, 20)), [""] * 20, [""] * 20, panels=panels, **NAMES)
    html = stack.html()
    assert 0 < html.count("<svg") < 40
    assert f"{40 - html.count('<svg')} of 40 maps are not in this page" in html
    assert len(html) < 250_000


def test_less_and_more_differ_by_a_sign_where_numbers_do_not_fit() -> None:
    values = np.where(np.arange(30 * 30).reshape(30, 30) % 3 == 0, -1.0, 1.0)
    values[0, 0] = 0.0
    names = [str(i) for i in range(30)]
    said = numbers(heat_map(values, names, names, **NAMES).svg())
    assert said.count("−") == int((values < 0).sum())
    assert said.count("+") == int((values > 0).sum())
    assert "−" not in numbers(heat_map(np.abs(values), names, names, centre=None, **NAMES).svg())


def test_what_is_no_number_is_crossed_out_and_said() -> None:
    values = np.array([[1.0, np.nan], [np.inf, -1.0]])
    shown = heat_map(values, ["a", "b"], ["c", "d"], **NAMES)
    assert shown.limit == 1.0
    assert "2 values are not numbers" in shown.html()
    assert "n/a" in numbers(shown.svg())
    assert [value for _, _, value in shown.extremes()] == [1.0, -1.0]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"rows": ["a"]}, "1 rows"),
        ({"values": np.zeros((0, 2)), "rows": []}, "no cells"),
        ({"values": np.zeros(3)}, "2 or 3 dimensions"),
        ({"centre": None}, "below 0"),
        ({"words": [["a"], ["b"]]}, "one word for each cell"),
        ({"values": np.zeros((3000, 2)), "rows": ["a"] * 3000}, "too many"),
    ],
)
def test_what_does_not_fit_is_refused(change: dict[str, Any], said: str) -> None:
    right: dict[str, Any] = {"values": -np.ones((2, 2)), "rows": ["a", "b"], "columns": ["c", "d"]}
    asked = {**right, **NAMES, **change}
    with pytest.raises(InputError, match=said):
        heat_map(asked.pop("values"), asked.pop("rows"), asked.pop("columns"), **asked)
