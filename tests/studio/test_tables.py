"""Tables: every row is there without a script, units in headings, numbers sort as numbers."""

from __future__ import annotations

from dataclasses import dataclass
from html.parser import HTMLParser

import pytest

from workbench.core.errors import InputError
from workbench.reports.clean import clean_html
from workbench.studio.tables import heading, plain_table, table


@dataclass(frozen=True)
class Row:
    name: str
    size_bytes: int | None
    duration_s: float


ROWS = [Row(f"row {i}", 1000 * i if i else None, i / 3) for i in range(8)]


class Cells(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.rows: list[list[str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_data(self, data: str) -> None:
        if self.rows and self.rows[-1]:
            self.rows[-1][-1] += data


def cells(html: str) -> list[list[str]]:
    parser = Cells()
    parser.feed(html.partition("<script>")[0])
    return parser.rows


def test_every_row_stands_in_plain_html() -> None:
    drawn = cells(table(ROWS).html())
    assert drawn[0] == ["name", "size", "duration (s)"]
    assert drawn[1] == ["row 0", "–", "0"]
    assert [row[0] for row in drawn[1:]] == [row.name for row in ROWS]


def test_a_report_keeps_the_table_and_drops_the_script() -> None:
    cleaned, is_visible = clean_html(table(ROWS).html())
    assert is_visible
    assert "<script" not in cleaned
    assert cells(cleaned) == cells(table(ROWS).static_html())


def test_numbers_carry_their_value_for_sorting() -> None:
    html = table(ROWS).html()
    assert 'data-v="7000"' in html
    assert 'data-v=""' in html  # an unknown one, which stands last whichever way it is sorted


def test_short_tables_need_no_script() -> None:
    assert "<script" not in table(ROWS[:3]).html()
    assert "<script" in table(ROWS).html()


def test_what_stands_in_cells_is_escaped() -> None:
    html = table([{"<b>": "<img src=x onerror=alert(1)>"}]).html()
    assert "<img" not in html
    assert "<b>" not in html


def test_mistakes_are_named() -> None:
    with pytest.raises(InputError, match="no row has the column 'nam'"):
        table(ROWS, columns=["nam"])
    with pytest.raises(InputError, match="found int"):
        table([1])


@pytest.mark.parametrize(
    ("field", "said"),
    [("load_time_s", "load time (s)"), ("size_bytes", "size"), ("rows", "rows")],
)
def test_headings_say_the_unit(field: str, said: str) -> None:
    assert heading(field) == said


@pytest.mark.parametrize("result", [{}, [], {"a": [1, {"b": None}]}, [1, 2], 3.5, "text", ROWS])
def test_any_plain_result_has_a_table(result: object) -> None:
    assert plain_table(result).startswith(("<div", "<p"))
