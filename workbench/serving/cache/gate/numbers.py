"""Numbers as values, however they are written, with the unit that follows.

"5 km", "five kilometres" and "5-kilometer" are one number; "5", "50", "5th" and "5 miles" are four.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass

from .tokens import Token
from .words import groups

_SCALES = {"hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_PARTS = {"half": 0.5, "quarter": 0.25}
_CURRENCY = {"$": "dollar", "\u20ac": "euro", "\u00a3": "pound"}
_DIGITS = re.compile(
    r"(-?)([$\u20ac\u00a3]?)(\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?)(st|nd|rd|th)?"
)
_GLUED = re.compile(r"(\d+(?:\.\d+)?)([a-z\u00b0]+|[a-z]+/[a-z])")


@dataclass(frozen=True, slots=True)
class Number:
    """A value. ``kind`` is ``count``, ``ordinal`` or ``decade``; as text, so that floats agree."""

    value: str
    kind: str = "count"


@functools.cache
def _values() -> dict[str, tuple[str, float]]:
    """Each number word with its kind: unit, teen, ten, scale, ordinal or part."""
    known: dict[str, tuple[str, float]] = {}
    small, tens = groups("number_words")
    known |= {word: ("unit", value) for value, word in enumerate(small[:10])}
    known |= {word: ("teen", value) for value, word in enumerate(small[10:], start=10)}
    known |= {word: ("ten", 10 * value) for value, word in enumerate(tens, start=2)}
    known |= {word: ("scale", value) for word, value in _SCALES.items()}
    small, tens = groups("ordinal_words")
    known |= {word: ("ordinal", value) for value, word in enumerate(small)}
    known |= {word: ("ordinal", 10 * value) for value, word in enumerate(tens, start=2)}
    known |= {word: ("part", value) for word, value in _PARTS.items()}
    known["dozen"] = ("scale", 12)
    return known


@functools.cache
def _unit_names() -> dict[str, str]:
    return {name: row[0] for row in groups("units") for name in row[1:]}


def unit_of(text: str) -> str | None:
    """The unit that a word behind a number means; None if it is none or its name is long."""
    return _unit_names().get(text)


def unit_names() -> set[str]:
    """The long names of all units."""
    return {row[0] for row in groups("units")}


def to_number(value: float, kind: str = "count") -> Number:
    """A value as a number."""
    whole = int(value) if value == int(value) else round(value, 9)
    return Number(str(whole), kind)


def read_digits(text: str) -> tuple[Number, str | None] | None:
    """A number in digits with what is written at it: a currency, or nothing; None if it is none."""
    if text.endswith("s") and text[:-1].isdigit() and len(text) in (3, 5):
        return Number(text[:-1], "decade"), None
    found = _DIGITS.fullmatch(text)
    if found is None:
        return None
    sign, currency, digits, ordinal = found.groups()
    if digits.count(".") and "," not in digits and not ordinal and not currency:
        value = digits.rstrip("0").rstrip(".") if len(digits.split(".")[1]) > 2 else digits
        return Number(sign + value), None  # a version may be 3.10, which is not 3.1
    amount = float(digits.replace(",", ""))
    made = to_number(-amount if sign else amount, "ordinal" if ordinal else "count")
    return made, _CURRENCY.get(currency)


def split_glued(text: str) -> tuple[str, str] | None:
    """A number and the unit that is written at it, as in 5km; None if the letters are no unit."""
    found = _GLUED.fullmatch(text)
    if found is None:
        return None
    digits, letters = found.groups()
    return (digits, letters) if letters in _unit_names() or letters in ("am", "pm") else None


def read_words(tokens: Sequence[Token], start: int) -> tuple[Number, int] | None:
    """The number that words spell from a place on, with the place behind it; None if none does."""
    values = _values()
    first = values.get(tokens[start].text)
    if first is None or first[0] == "scale":
        if first is None or tokens[start].text != "dozen":
            return None
        return to_number(12), start + 1
    if first[0] == "ordinal":
        return to_number(first[1], "ordinal"), start + 1
    if first[0] == "part":
        return to_number(first[1]), start + 1
    year = _read_year(tokens, start)
    return year if year is not None else _read_sum(tokens, start)


def _read_year(tokens: Sequence[Token], start: int) -> tuple[Number, int] | None:
    """Nineteen eighty-four."""
    values = _values()
    kinds = [values.get(token.text, ("", 0.0)) for token in tokens[start : start + 3]]
    if len(kinds) < 2 or not (kinds[0][0] == "teen" or kinds[0][1] == 20):
        return None
    century = kinds[0][1]
    if kinds[1][0] == "teen" or (kinds[1][0] == "ten" and (kinds[0][0] == "teen" or century == 20)):
        rest, behind = kinds[1][1], start + 2
        if kinds[1][0] == "ten" and len(kinds) == 3 and kinds[2][0] == "unit":
            rest, behind = rest + kinds[2][1], start + 3
        return to_number(100 * century + rest), behind
    return None


def _read_sum(tokens: Sequence[Token], start: int) -> tuple[Number, int]:
    values = _values()
    total = current = 0.0
    place, before = start, ""
    while place < len(tokens):
        text = tokens[place].text
        kind, value = values.get(text, ("", 0.0))
        if text == "and" and place + 1 < len(tokens) and before == "scale":
            following = values.get(tokens[place + 1].text, ("", 0.0))[0]
            if following in ("unit", "teen", "ten"):
                place += 1
                continue
            break
        if kind == "ordinal" and before == "ten" and value < 10:
            return to_number(total + current + value, "ordinal"), place + 1
        fits = {"unit": ("", "ten", "scale"), "teen": ("", "scale"), "ten": ("", "scale")}
        if kind == "scale":
            if not before:
                break
            current = max(current, 1) * value
            if value >= 1000:
                total, current = total + current, 0.0
        elif kind in fits and before in fits[kind]:
            current += value
        else:
            break
        before, place = kind, place + 1
    half = [token.text for token in tokens[place : place + 3]]
    if half == ["and", "a", "half"]:
        return to_number(total + current + 0.5), place + 3
    return to_number(total + current), place
