"""Spans of time whose ends are known to the year, the month or the day."""

from __future__ import annotations

import re

Span = tuple[str | None, str | None]
_YEAR = re.compile(r"(?<![\d,.])(\d{1,4})(?![\d,])")
_BEFORE_CHRIST = re.compile(r"\b(?:bc|bce|b c|b c e)\b")
_CENTURY = re.compile(r"\bcentur")


def meet(first: Span, second: Span) -> Span | None:
    """The time in which both hold, or None where there is none.

    An end that is known less exactly is read widely: 1990 begins on its first day and ends on its
    last, so what ended in 1990 and what began in June 1990 may have met.
    """
    starts = [each for each in (first[0], second[0]) if each is not None]
    ends = [each for each in (first[1], second[1]) if each is not None]
    start = max(starts, key=first_day, default=None)
    end = min(ends, key=last_day, default=None)
    if start is not None and end is not None and first_day(start) > last_day(end):
        return None
    return start, end


def first_day(date: str) -> tuple[int, int, int]:
    """The first day that ``YYYY``, ``YYYY-MM`` or ``YYYY-MM-DD`` may mean."""
    return _filled(date, (1, 1))


def last_day(date: str) -> tuple[int, int, int]:
    """The last day that it may mean."""
    return _filled(date, (12, 31))


def year_of(name: str) -> int | None:
    """The year in the key of an entity that is a time (``10 december 1815``), before Christ below
    0; None where there is none, or it is a century."""
    if _CENTURY.search(name):
        return None
    found = [int(each) for each in _YEAR.findall(name)]
    long = [each for each in found if each > 31]
    before = _BEFORE_CHRIST.search(name) is not None
    if not long and not before:
        return None
    year = max(long or found, default=None)
    return None if year is None else (-year if before else year)


def _filled(date: str, missing: tuple[int, int]) -> tuple[int, int, int]:
    before = date.startswith("-")
    parts = [int(each) for each in date.lstrip("-").split("-")]
    year, month, day = (*parts, *missing[len(parts) - 1 :])
    return (-year if before else year), month, day
