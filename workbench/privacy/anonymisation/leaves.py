"""All that JSON says, keys and numbers too, taken out to be judged and put back where it stood."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from .by_key import Place


class Leaves:
    """The strings, numbers and keys inside JSON values, in the order in which they are met.

    ``texts`` are they, ``places`` where each stands. A key that comes again in the same place is
    judged once. True, false and null say nothing of anybody.
    """

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.places: list[Place] = []
        self._keys: dict[tuple[str, tuple[str, ...]], int] = {}

    def take(self, value: Any, names: tuple[str, ...] = (), *, keys: bool = True) -> Any:
        """The value with a mark in the place of each string, number and key.

        Args:
            value: Any JSON value, at any depth.
            names: The keys above it, the outermost first.
            keys: Judge its keys as well; else they stay.
        """
        if isinstance(value, str):
            return _Mark(self.add(value, Place(names)))
        if isinstance(value, int | float) and not isinstance(value, bool):
            return _Number(self.add(number_as_text(value), Place(names, number=True)), value)
        if isinstance(value, list):
            return [self.take(each, names, keys=keys) for each in value]
        if isinstance(value, dict):
            return {
                self._key(name, names) if keys else name: self.take(each, (*names, name), keys=keys)
                for name, each in value.items()
            }
        return value

    def take_page(self, page: str) -> Any:
        """A mark in the place of a page of HTML, whose tables are read by their headings."""
        return _Mark(self.add(page, Place(html=True)))

    def add(self, text: str, place: Place) -> int:
        """Take a text in, and say its number from 0."""
        self.texts.append(text)
        self.places.append(place)
        return len(self.texts) - 1

    def _key(self, name: str, above: tuple[str, ...]) -> _Key:
        known = (name, above)
        if known not in self._keys:
            self._keys[known] = self.add(name, Place(above, key=True))
        return _Key(name, self._keys[known])

    def put(self, value: Any, texts: Sequence[str]) -> Any:
        """The value that ``take`` gave, with these texts in the places of its marks.

        Where keys of one object would become the same the second gets a number: ``[PERSON] 2``.
        """
        if isinstance(value, _Mark):
            return texts[value]
        if isinstance(value, _Number):
            said = texts[value.at]
            return value.was if said == self.texts[value.at] else as_number(said)
        if isinstance(value, list):
            return [self.put(each, texts) for each in value]
        if isinstance(value, dict):
            old = [str(key) for key in value]
            new = [texts[key.at] if isinstance(key, _Key) else key for key in value]
            values = [self.put(each, texts) for each in value.values()]
            return dict(zip(told_apart(old, new), values, strict=True))
        return value


class _Mark(int):
    """The number of a text that stands here."""


class _Number:
    """The number of a text that stands here for a number, and that number."""

    def __init__(self, at: int, was: float) -> None:
        self.at, self.was = at, was


class _Key(str):
    """A key, with the number of its text."""

    __slots__ = ("at",)
    at: int

    def __new__(cls, name: str, at: int) -> _Key:
        made = super().__new__(cls, name)
        made.at = at
        return made


def number_as_text(value: float) -> str:
    """A number as it is judged: whole ones without a point.

    >>> number_as_text(447700900123.0), number_as_text(1.5)
    ('447700900123', '1.5')
    """
    whole = isinstance(value, float) and value.is_integer() and abs(value) < 2**63
    return str(int(value)) if whole else str(value)


def as_number(said: str) -> int | str:
    """What took a number's place: a number again where it is one of as many digits, else a string.

    A made number is made of digits and keeps its length, so that a first 0 becomes a 1; a mask and
    a pseudonym are strings.

    >>> as_number("0123"), as_number("[PHONE]")
    (1123, '[PHONE]')
    """
    if not re.fullmatch(r"\d+", said):
        return said
    return int("1" + said[1:]) if said[0] == "0" and len(said) > 1 else int(said)


def told_apart(old: Sequence[str], new: Sequence[str]) -> list[str]:
    """Names that replace others, no two alike; those that stayed as they were keep theirs."""
    taken = {now for was, now in zip(old, new, strict=True) if was == now}
    out = []
    for was, now in zip(old, new, strict=True):
        name, number = now, 1
        while was != now and name in taken:
            number += 1
            name = f"{now} {number}"
        taken.add(name)
        out.append(name)
    return out


def forms_of(made: Iterable[str]) -> set[str]:
    """What may stand in a file where these texts are what was made of it; see ``not_looked_at``."""
    texts = set(made)
    return texts | {str(as_number(text)) for text in texts}


def not_looked_at(written: Iterable[str], made: Iterable[str]) -> int:
    """How many texts, numbers and keys of a written file are none of those that were looked at."""
    known = forms_of(made)
    return sum(text not in known and re.sub(r" \d+\Z", "", text) not in known for text in written)
