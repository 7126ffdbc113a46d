"""Times as they are written, and the years and days that they mean.

A date becomes as much of ``YYYY-MM-DD`` as is said; a century or a decade becomes its first and
last year (the 17th century: 1601 to 1700). Years before Christ are ISO 8601's: 44 BC is ``-0043``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from workbench.knowledge.words import MONTHS

_MONTH = "|".join(MONTHS)
_ERA = r"(?:[ ](?:BCE|BC|CE|AD)\b)?"
_CENTURY = (
    r"(?:(?:early|mid|middle|late)[ -])?(?:the[ ])?\d{1,2}(?:st|nd|rd|th)"
    r"(?:[ -](?:century|centuries|millennium))?" + _ERA
)
_DAY = (
    rf"(?:\d{{1,2}}[ ](?:{_MONTH})[ ]\d{{3,4}}|(?:{_MONTH})(?:[ ]\d{{1,2}},)?[ ]\d{{3,4}})" + _ERA
)
_YEAR = r"(?:AD[ ])?(?:(?:early|mid|late)[ -])?(?:the[ ])?\d{3,4}s?\b" + _ERA
_SHORT_YEAR = r"\d{1,4}" + r"[ ](?:BCE|BC|CE|AD)\b"
_WORDS = r"prehistoric[ ]times|antiquity|ancient[ ]times|(?:the[ ])?Middle[ ]Ages"
_AGO = (
    r"\d[\d,.]*(?:[ ]±[ ][\d.]+)?(?:[ ](?:million|billion|thousand))?[ ]years[ ]ago"
    r"|\d[\d.]*[ ](?:Ga|Ma|mya|bya)\b"
)
_ONE = rf"(?:{_AGO}|{_DAY}|{_CENTURY}|{_SHORT_YEAR}|{_YEAR})"
_JOIN = r"(?:[ ]?[–—-][ ]?(?:present\b)?|[ ](?:to|until|through|till|and)[ ](?:the[ ])?)"
_TIME = re.compile(rf"\b(?:{_ONE}(?:{_JOIN}(?:{_ONE}|\d{{2}}\b)|[–—-]present\b)?|{_WORDS})")
_CENTURY_WORD = re.compile(r"century|centuries|millennium")
_ERA_AT_END = re.compile(r"(BCE|BC)$")


@dataclass(frozen=True)
class TimeSpan:
    """Characters of a time, and its first and last moment as far as it is understood."""

    start: int
    end: int
    first: str | None
    last: str | None


def find_times(text: str) -> tuple[TimeSpan, ...]:
    """The times of a text, a range as one; a bare number of three or four digits may be a year."""
    found = []
    for each in _TIME.finditer(text):
        words = each[0]
        if re.fullmatch(r"\d{1,2}(?:st|nd|rd|th)", words) or _is_measure(text, each):
            continue
        start = each.start() + (4 if words.startswith("the ") else 0)
        first, last = read_time(text[start : each.end()])
        found.append(TimeSpan(start, each.end(), first, last))
    return tuple(found)


def _is_measure(text: str, each: re.Match[str]) -> bool:
    """Whether a number counts something: 5,464 km, 905,050, $ 100, 35 percent."""
    before, after = (
        text[max(0, each.start() - 1) : each.start()],
        text[each.end() : each.end() + 12],
    )
    if each[0].endswith(("ago", "Ga", "Ma", "mya", "bya")):
        return False
    if before in {",", ".", "$", "€", "£"} or re.match(r"[,.]\d", after):
        return True
    plain = re.fullmatch(r"\d{3,4}", each[0])
    if not plain:
        return False
    return not 300 <= int(each[0]) <= 2100 or bool(
        re.match(r"\s?(?:km|m\b|kilo|met|mile|mi\b|f(?:ee|oo)t|ft|people|species|inhab|years|%|per)",
                 after)
    )  # fmt: skip


def read_time(words: str) -> tuple[str | None, str | None]:
    """The first and the last moment of a time; None where it is not understood.

    >>> read_time("1955–79"), read_time("4 July 1776"), read_time("17th century")
    (('1955', '1979'), ('1776-07-04', '1776-07-04'), ('1601', '1700'))
    """
    parts = re.split(
        r"\s?[–—]\s?|\s(?:to|until|through|till|and)\s(?:the\s)?|(?<=\d)-(?=\d)", words
    )
    parts = [re.sub(r"^(?:AD |the )", "", each.strip()) for each in parts if each.strip()]
    if not parts:
        return None, None
    tail = parts[-1]
    era = _ERA_AT_END.search(tail)
    century = _CENTURY_WORD.search(tail)
    first_words = parts[0]
    if (
        century
        and not _CENTURY_WORD.search(first_words)
        and re.search(r"\dth|\d(?:st|nd|rd)", first_words)
    ):
        first_words += " century"
    if era and not re.search(r"BC|AD|CE", first_words):
        first_words += f" {era[0]}"
    first = _read_one(first_words)
    if len(parts) == 1:
        return first
    if tail == "present":
        return first[0], None
    if re.fullmatch(r"\d{2}", tail) and first[0] and re.fullmatch(r"\d{4}", first[0]):
        tail = first[0][:2] + tail
    return first[0], _read_one(tail)[1]


def _read_one(words: str) -> tuple[str | None, str | None]:
    before_christ = bool(_ERA_AT_END.search(words))
    bare = re.sub(r"\s(?:BCE|BC|CE|AD)$", "", words)
    bare = re.sub(r"^(?:early|mid|middle|late)[ -](?:the )?", "", bare)
    if found := re.match(r"(\d{1,2})(?:st|nd|rd|th)[ -]centur", bare):
        number = int(found[1])
        years = (100 * number - 99, 100 * number)
        return _pair(*(tuple(-each for each in reversed(years)) if before_christ else years))
    if found := re.fullmatch(r"(\d{3,4})s", bare):
        start = int(found[1])
        return _pair(start, start + (99 if start % 100 == 0 and start < 1900 else 9))
    if found := re.fullmatch(r"\d{1,4}", bare):
        year = int(found[0])
        return _pair(-year if before_christ else year, -year if before_christ else year)
    return _read_day(bare)


def _read_day(words: str) -> tuple[str | None, str | None]:
    found = re.fullmatch(rf"(?:(\d{{1,2}}) )?({_MONTH})(?: (\d{{1,2}}),)? (\d{{3,4}})", words)
    if found is None:
        return None, None
    month = MONTHS.index(found[2]) + 1
    day = found[1] or found[3]
    date = f"{int(found[4]):04d}-{month:02d}" + (f"-{int(day):02d}" if day else "")
    return date, date


def _pair(first: int, last: int) -> tuple[str, str]:
    return _year(first), _year(last)


def _year(year: int) -> str:
    """A year; 1 BC is the year 0."""
    return f"{year:04d}" if year > 0 else f"{'-' if year < -1 else ''}{abs(year + 1):04d}"
