"""A specification as a picture: its letters stay text, and bad ones are refused in words."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from workbench.core.errors import InputError
from workbench.reports.documents import draw_chart


@pytest.fixture
def spec(told: dict[str, Any]) -> dict[str, Any]:
    made: dict[str, Any] = told["summary"][4]["spec"]
    return made


def test_letters_stay_text_and_the_width_is_the_pages(spec: dict[str, Any]) -> None:
    svg = draw_chart(spec, name="cost")
    assert ">cost, USD</text>" in svg
    assert ">small</text>" in svg
    assert 'width="640"' in svg
    assert 'width="312"' in draw_chart(spec, name="cost", half=True)


def test_a_name_with_markup_stays_a_name(spec: dict[str, Any]) -> None:
    text = json.dumps(spec).replace("small", "a < b & <script>")
    assert ">a &lt; b &amp; &lt;script&gt;</text>" in draw_chart(json.loads(text), name="cost")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"data": {"values": []}}, "has no rows"),
        ({"data": {"url": "http://127.0.0.1:9/rows.csv"}}, "has no rows"),
        ({"data": {"values": [1, 2]}}, "row that is no object"),
        ({"data": {"values": [{"day": "2026-10-01", "cost": float("nan")}]}}, "number that is nan"),
        ({"data": {"values": [{"day": "2026-10-01", "cost": 1}]}}, "shows 'model'"),
        ({"data": {"values": [{"day": object(), "cost": 1, "model": ""}]}}, "no JSON"),
        ({"mark": "barr"}, "could not be drawn"),
    ],
)
def test_a_chart_that_cannot_be_drawn_is_named(
    spec: dict[str, Any], change: dict[str, Any], said: str
) -> None:
    with pytest.raises(InputError) as caught:
        draw_chart(copy.deepcopy(spec) | change, name="cost by day")
    assert said in caught.value.message
    assert "'cost by day'" in caught.value.message


def test_nothing_is_fetched_by_a_lookup_either(spec: dict[str, Any]) -> None:
    source = {"data": {"url": "http://127.0.0.1:9/names.json"}, "key": "model", "fields": ["name"]}
    looked = spec | {"transform": [{"lookup": "model", "from": source}]}
    with pytest.raises(InputError, match="not allowed"):
        draw_chart(looked, name="cost")
