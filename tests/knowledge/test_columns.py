"""Which column names the rows of a table: told where it is clear, and else not claimed."""

from __future__ import annotations

import pytest

from workbench.knowledge.columns import are_heads, find_naming, is_filled


@pytest.mark.parametrize(
    ("heads", "rows", "column"),
    [
        (["name", "role"], [["Ana", "cook"], ["Ben", "cook"]], 0),
        (["id", "Supplier", "city"], [["1", "Corvo", "Graz"], ["2", "Hart", "Graz"]], 1),
        (["city", "Full name"], [["Graz", "Ana Lund"], ["Graz", "Ben Carr"]], 1),
        (["Part no", "price"], [["KP-300", "3"], ["KP-400", "3"]], 0),  # codes, and nothing else
        (["#", "team", "since"], [["1", "Red", "1999"], ["2", "Blue", "2001"]], 1),
        (["date", "who", "paid"], [["2024-01-02", "Ana", "3"], ["2024-01-03", "Ben", "4"]], None),
        (["first name", "last name"], [["Ana", "Lund"], ["Ben", "Carr"]], None),
        (["team", "score"], [["Red", "3"], ["Red", "4"]], None),  # it names no row
        (["n", "m"], [["1", "2"], ["3", "4"]], None),
        (["Question", "Answer"], [["Who?", "Ana"], ["When?", "1999"]], None),
        (["name", "role"], [["", "cook"], ["", "smith"]], None),
        (["name"], [], None),
    ],
)
def test_the_naming_column(heads: list[str], rows: list[list[str]], column: int | None) -> None:
    found = find_naming(heads, rows)
    assert (None if found is None else found.column) == column


def test_rows_of_one_name_are_told_apart_from_the_others() -> None:
    rows = [[f"Ana {number}", "x"] for number in range(60)] + [["Ana 1", "y"], ["", "z"]]
    found = find_naming(["name", "role"], rows)
    assert found is not None
    assert [found.names(row) for row in (rows[0], rows[1], rows[60], rows[61], [])] == [
        *(True, False, False, False, False)
    ]


@pytest.mark.parametrize(
    ("heads", "said"),
    [
        (["name", "team"], True),
        (["Ana Lund", "Platform"], False),  # *Platform* is a value below it
        (["name", "1999"], False),
        (["name", "2024-01-02"], False),
        (["name", "name"], False),
        (["", "name"], False),
    ],
)
def test_whether_the_first_row_is_heads(heads: list[str], said: bool) -> None:
    assert are_heads(heads, [["Ben Carr", "Platform"], ["Ida Roe", "Core"]]) is said


def test_what_says_nothing_is_empty() -> None:
    assert [is_filled(each) for each in ("n/a", " - ", "TBD", "", "0", "no")] == [
        *(False, False, False, False, True, True)
    ]
