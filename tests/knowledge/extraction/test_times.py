"""Times in the words of a text, and the years that they mean."""

from __future__ import annotations

import pytest

from workbench.knowledge.extraction.dependency.times import find_times, read_time


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("1955–79", ("1955", "1979")),
        ("4 July 1776", ("1776-07-04", "1776-07-04")),
        ("July 4, 1776", ("1776-07-04", "1776-07-04")),
        ("February 1895", ("1895-02", "1895-02")),
        ("17th century", ("1601", "1700")),
        ("17th through 19th centuries", ("1601", "1900")),
        ("early 1970s", ("1970", "1979")),
        ("1969–present", ("1969", None)),
        ("44 BC", ("-0043", "-0043")),
        ("1 BC", ("0000", "0000")),
        ("5th century BC", ("-0499", "-0400")),
        ("220 to 280 AD", ("0220", "0280")),
        ("antiquity", (None, None)),
    ],
)
def test_what_a_time_means(words: str, expected: tuple[str | None, str | None]) -> None:
    assert read_time(words) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It ran from 1804 to 1810 in Oslo.", ["1804 to 1810"]),
        ("It has 1,804 people and 900 km of roads.", []),
        ("Works (1951) and the 12th century.", ["1951", "12th century"]),
    ],
)
def test_where_times_stand(text: str, expected: list[str]) -> None:
    assert [text[each.start : each.end] for each in find_times(text)] == expected
