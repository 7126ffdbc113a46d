"""What a document may hold, and what is said of what it may not."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from workbench.core.errors import InputError
from workbench.reports.documents import read_document
from workbench.reports.documents.document import shown


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        (("title",), "", "title: String should have at least 1"),
        (("date",), "soon", "date: "),
        (("colour",), "red", "colour: Extra inputs"),
        (("language",), "English", "language: "),
        (
            ("sections", 1, "sections", 0, "blocks", 0, "rows", 3),
            ["one"],
            "row 3 has 1 cells, not 2",
        ),
        (("summary", 0, "kind"), "picture", "summary.0: Input tag 'picture'"),
        (("summary", 4, "alternative"), "", "summary.4.chart.alternative"),
    ],
)
def test_a_fault_is_named_by_its_path(
    told: dict[str, Any], place: tuple[str | int, ...], value: Any, said: str
) -> None:
    read_document(told)  # sound before
    broken: Any = copy.deepcopy(told)
    at = broken
    for step in place[:-1]:
        at = at[step]
    at[place[-1]] = value
    with pytest.raises(InputError) as caught:
        read_document(broken)
    assert said in caught.value.message
    assert "chart" in (caught.value.hint or "")


def test_an_empty_document_is_refused() -> None:
    with pytest.raises(InputError, match="neither"):
        read_document({"title": "Nothing", "date": "2026-11-01"})


def test_what_cannot_be_shown_is_replaced_and_the_rest_kept() -> None:
    assert shown("a\x00b\ud800c\r\nd\te") == "a\ufffdb\ufffdc\nd\te"


def test_charts_come_in_the_order_of_the_pages(told: dict[str, Any]) -> None:
    assert [each.caption for each in read_document(told).charts()] == [
        "Left",
        "Right",
        "Cost by day",
    ]
