"""How dates are written in many languages: in numerals, with months in words, and year first."""

from __future__ import annotations

import datetime as dt
import functools
import re

from workbench.privacy.anonymisation.words import bare, read_lines

_DAY = r"(?:0?[1-9]|[12]\d|3[01])"
_MONTH_NUMBER = r"(?:0?[1-9]|1[0-2])"
_YEAR = r"(?:1[3-9]\d{2}|20\d{2})"
_SHORT_YEAR = r"['’´]?\d{2}"
_ROMAN = r"(?:X?I{1,3}|IV|VI{0,3}|IX|XI?|xi{0,2}|i{1,3}|iv|vi{0,3}|ix)"
_MARK = r"(?: ?[-/.–] ?)"
_ORDINAL = r"(?:st|nd|rd|th|er|º|ª|°|\.|:?e|de)?"
_WRITTEN_DAY = (
    r"(?:(?:twenty|thirty)[- ])?(?:first|second|third|fourth|fifth|sixth|seventh|eighth|ninth|tenth|eleventh|"
    r"twelfth|thirteenth|fourteenth|fifteenth|sixteenth|seventeenth|eighteenth|nineteenth)|twentieth|thirtieth"
)
_OF = r"(?:\s(?:of|de|di|du|del|d'|da|na|mwezi))?"
_OF_YEAR = r"(?:,?\s?(?:of|de|del|da|do|,)?\s?|-|/|\.)"
_NINETEEN = r"(?:nineteen|twenty|two thousand(?: and)?)[- ][a-z]+(?:[- ](?:one|two|three|four|five|six|seven|eight|nine))?"


_TENS = r"(?:thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:[- ](?:one|two|three|four|five|six|seven|eight|nine))?"
_SHORT_MONTH = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)"


@functools.cache
def months() -> dict[str, int]:
    """The number of each month's name, in small letters, with its accents and without."""
    found: dict[str, int] = {}
    for line in read_lines("months.txt"):
        for number, names in enumerate(line.split()[1:], start=1):
            for name in names.replace("_", " ").split("|"):
                found.setdefault(name, number)
                found.setdefault(bare(name), number)
    return found


def months_pattern() -> str:
    """The names of months for a pattern, the longest first."""
    return "|".join(sorted(map(re.escape, months()), key=len, reverse=True))


@functools.cache
def date() -> re.Pattern[str]:
    """A date with a day, a month and mostly a year; ``month``, ``year`` are groups where told."""
    month = rf"(?:{months_pattern()})\b\.?"
    forms = (
        rf"{_YEAR}{_MARK}{_MONTH_NUMBER}{_MARK}{_DAY}",  # 1985-03-07
        rf"{_DAY}{_MARK}{_MONTH_NUMBER}{_MARK}(?:{_YEAR}|{_SHORT_YEAR})",  # 7.3.1985, 07/03/85
        rf"{_MONTH_NUMBER}{_MARK}{_DAY}{_MARK}(?:{_YEAR}|{_SHORT_YEAR})",  # 12/31/1985
        rf"{_DAY}\s{_MONTH_NUMBER}\s{_YEAR}|{_YEAR}\s{_MONTH_NUMBER}\s{_DAY}",
        rf"{_DAY}{_MARK}{_ROMAN}{_MARK}{_YEAR}",  # 7.iii.1985
        rf"{_DAY}{_ORDINAL}{_OF}[\s./-]{{0,2}}{month}(?:{_OF_YEAR}(?:{_YEAR}|{_SHORT_YEAR}))?",
        rf"(?:0[1-9]|[12]\d|3[01]){_SHORT_MONTH}(?:{_YEAR}|\d{{2}})",  # 09NOV81
        rf"(?:{_WRITTEN_DAY})(?:\sday)?(?:\sof)?\s{month}(?:,?\s(?:{_YEAR}|{_NINETEEN}|{_TENS}))?",
        rf"{month}[\s-](?:the\s)?(?:{_DAY}(?:st|nd|rd|th)?|{_WRITTEN_DAY})(?:,?[\s-](?:{_YEAR}|{_SHORT_YEAR}\b))?",
        rf"{_YEAR}(?:\.|,)?[\s-](?:(?:ko|éves)\s)?{month}[\s-]{_DAY}{_ORDINAL}",  # 1985. március 7.
        rf"{month}\s(?:of\s)?{_YEAR}",  # March 1985
        rf"{_DAY} ?/ ?{_MONTH_NUMBER} ?/ ?{_SHORT_YEAR}",
        rf"{_YEAR}年{_MONTH_NUMBER}月{_DAY}日",
        rf"{_YEAR}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])",  # 19850307
        r"(?:0[1-9]|[12]\d|3[01])(?:0[1-9]|1[0-2])(?:19|20)\d{2}",  # 07031985
        rf"(?<!\d,){_MONTH_NUMBER}[/.]{_YEAR}(?!,\d)",  # 03/1985
        rf"(?<!\d,){_DAY}(?:\.|/){_MONTH_NUMBER}\.?(?!,\d)",  # 7.3.
        rf"(?<!\d,){_YEAR}(?!,\d)",
    )
    either = "|".join(rf"(?:{form})" for form in forms)
    return re.compile(
        rf"(?<![\w/-])(?<!\d[.:])(?:the\s)?(?:{either})(?![\w]|[/-]\d|\.\d|:\d)", re.I
    )


def year_of(said: str) -> int | None:
    """The year of a date, None where none is told; two digits are of the last hundred years.

    >>> year_of("7.3.1985"), year_of("3 March '62"), year_of("14 May")
    (1985, 1962, None)
    """
    whole = re.search(r"(?<!\d)(1[3-9]\d{2}|20\d{2})(?!\d)", said)
    if whole:
        return int(whole[1])
    run = re.fullmatch(r"(?:(\d{4})\d{4}|\d{4}(\d{4}))", said)
    if run:
        first, last = int(said[:4]), int(said[4:])
        return first if 1900 <= first <= 2100 else last
    short = re.search(r"(?:[-/.–'’´,\s]|[a-z]\.?\s?)(\d{2})$", said, re.I)
    parts = len(re.findall(r"\d+|[^\W\d_]{3,}", said))
    if short and parts == 3:
        number = int(short[1])
        now = dt.date.today().year % 100
        return 2000 + number if number <= now else 1900 + number
    return None


# When a message of a chat was sent, at its line's beginning: [03/08/2025 13:06], 12:04:31 -
STAMP = r"[ \t]*[\[(]?\d[\d/.:, T-]{3,20}(?: ?[ap]m)?[\])]?[ \t]*[-–]?[ \t]*"
_NUMERALS = re.compile(r"(\d{1,4})[-/. ](\d{1,2})[-/. ](\d{2}|\d{4})")


def is_written_date(said: str) -> bool:
    """Whether numerals in three groups are a day: one of them a day, one a month.

    >>> is_written_date("12-11-05"), is_written_date("1985/03/07"), is_written_date("52-44-85")
    (True, True, False)
    """
    hit = _NUMERALS.fullmatch(said)
    if not hit:
        return False
    groups = [int(group) for group in hit.groups()]
    pair = groups[1:] if len(hit[1]) == 4 else groups[:2]
    if len(hit[1]) == 2 and len(hit[3]) == 2 and groups[0] > 31:
        pair = groups[1:]  # the year first, of two digits
    return len(hit[1]) != 3 and 0 < min(pair) <= 12 and max(pair) <= 31


def is_whole(said: str) -> bool:
    """Whether a date has a day, a month and a year."""
    numbers = re.findall(r"\d+", said)
    if len(numbers) == 1 and len(numbers[0]) == 8:
        return True
    named = bool(re.search(r"[^\W\d_]{3,}", re.sub(r"(?i)\b(?:of|the|day|del?)\b", "", said)))
    written = bool(re.search(_WRITTEN_DAY, said, re.I))
    return year_of(said) is not None and len(numbers) + named + written >= 3
