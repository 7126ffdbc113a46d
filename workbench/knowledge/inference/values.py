"""Days and amounts in the spellings that documents have, as the keys of entities are."""

from __future__ import annotations

import re
from fractions import Fraction

from workbench.knowledge.words import MONTHS, word_set

_MONTH_OF = {
    form: number
    for number, month in enumerate((each.casefold() for each in MONTHS), start=1)
    for form in (month, month[:3])
}
_SCALES = {"thousand": 10**3, "k": 10**3, "million": 10**6, "m": 10**6, "mn": 10**6}
_SCALES |= {"billion": 10**9, "bn": 10**9}
_ORDINAL = re.compile(r"(\d{1,2})(?:st|nd|rd|th)")
_ABOUT = word_set("about around roughly some exactly over nearly the of on in c ca")
_CURRENCIES = {"€": "euro", "eur": "euro", "$": "dollar", "usd": "dollar", "£": "pound"}
_CURRENCIES |= {"gbp": "pound", "chf": "franc"}

_LONGEST = 100  # digits in a row: Python reads numbers of up to 4,300

Day = tuple[int | None, int | None, int | None]


def are_one_value(first: str, second: str) -> bool | None:
    """Whether two keys are one day, as far as both say it, or one amount; None if that is not said.

    >>> are_one_value("3 000 000 euros", "3 million euro"), are_one_value("3", "4 million")
    (True, False)
    >>> are_one_value("2024 05 12", "12 may 2024"), are_one_value("may 2024", "2024 06")
    (True, False)
    """
    days = read_day(first), read_day(second)
    if None not in days:
        pairs = zip(*days, strict=True)  # type: ignore[arg-type]
        return all(None in pair or pair[0] == pair[1] for pair in pairs)
    amounts = read_amount(first), read_amount(second)
    if None in amounts:
        return None
    (one, unit), (two, other) = amounts  # type: ignore[misc]
    if one != two:
        return False
    return True if not unit or not other or unit == other else None


def read_day(key: str) -> Day | None:
    """Year, month and day of the key of a date, None for what it does not say; None if it is none.

    A number of four digits alone is a year between 1000 and 2199.
    """
    words = [each for each in key.split() if each not in _ABOUT]
    year = month = day = None
    if len(words) in (2, 3) and re.fullmatch(r"[12]\d{3}", words[0]) and _are_months(words[1:]):
        return (int(words[0]), int(words[1]), int(words[2]) if len(words) == 3 else None)
    for word in words:
        number = _ORDINAL.fullmatch(word)
        digits = number[1] if number else word
        if word in _MONTH_OF and month is None:
            month = _MONTH_OF[word]
        elif re.fullmatch(r"1\d{3}|2[01]\d\d", digits) and year is None:
            year = int(digits)
        elif re.fullmatch(r"\d{1,2}", digits) and day is None and 1 <= int(digits) <= 31:
            day = int(digits)
        else:
            return None
    if month is None and (day is not None or year is None):
        return None
    return year, month, day


def _are_months(words: list[str]) -> bool:
    """Whether what follows a year is a month in digits, and a day."""
    bounds = zip(words, (12, 31), strict=False)
    return all(re.fullmatch(r"\d\d", word) and 1 <= int(word) <= most for word, most in bounds)


def read_amount(key: str) -> tuple[Fraction, str] | None:
    """A number and its unit, without its plural, of the key of an amount; None if it is none.

    In a key a mark within a number is a space: groups of three digits are one number, and what
    follows the last of another length is taken for its decimals.
    """
    text = re.sub(r"([€$£])\s*", r"\1 ", key)
    words = [each for word in text.split() for each in re.findall(r"\d+|[^\d\s]+", word)]
    words = [each for each in words if each not in _ABOUT]
    digits = [each for each in words if each.isdecimal()]
    if not 1 <= len(digits) <= 6 or words.index(digits[0]) > 1 or max(map(len, digits)) > _LONGEST:
        return None
    whole, decimals = [digits[0]], ""
    for each in digits[1:]:
        if len(each) == 3 and not decimals:
            whole.append(each)
        elif not decimals:
            decimals = each
        else:
            return None
    number = Fraction("".join(whole) + (f".{decimals}" if decimals else ""))
    units: list[str] = []
    for each in (word for word in words if not word.isdecimal()):
        if each in _SCALES and not units:
            number *= _SCALES[each]
        else:
            units.append(_CURRENCIES.get(each, each.removesuffix("s")))
    return number, " ".join(sorted(set(units)))
