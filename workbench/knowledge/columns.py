"""Which column of a table names what its rows are about, if one clearly does.

Of a row that has such a name each other cell states something; of any other table nothing is known
but its words. What is read here decides which rows become facts, so it is cautious: a column is
the name only where it is filled, hardly ever repeated, and stands where names stand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .words import MONTHS, word_set

MOST_COLUMNS = 100
_LONGEST_NAME = 80
_MOST_WORDS = 8
_FILLED, _NAMELIKE, _REPEATED = 0.95, 0.9, 0.05  # shares of the rows
_NAMING = word_set("name names title")
_NUMBERING = word_set("id ids no nr num number # code key index row ref sku uid uuid line pos")
_PARTS_OF_NAMES = frozenset({
    *("first name", "last name", "surname", "given name", "family name", "forename", "vorname"),
    *("nachname", "middle name", "user name", "username", "file name", "filename"),
})  # fmt: skip
_ASKING = word_set(
    "question who what when where why how note notes comment comments remark remarks"
)
_EMPTY = frozenset({
    *("", "-", "--", "\u2013", "\u2014", "?", "/", "n/a", "n.a.", "na", "none", "null", "nil"),
    *("nan", "tbd", "tba", "tbc", "unknown", "not known", "not applicable", "…", "..."),
})  # fmt: skip
_WORD = re.compile(r"[^\W\d_]+")
_DATE = re.compile(
    rf"(?:\d{{1,4}}[-./]\d{{1,2}}[-./]\d{{1,4}}.*|.*\b(?:{'|'.join(each[:3] for each in MONTHS)})"
    r"[a-z]*\.?,? \d{2,4}|\d{1,2}:\d\d.*|\d{4}-\d\d)",
    re.I,
)
_NUMBER = re.compile(r"[^\w\s]{0,2}\d[\d.,'’ ]*\s?(?:%|°\w?|\w{1,3})?")


@dataclass(frozen=True)
class Naming:
    """The column that names the rows, and the names, in small letters, that several rows have."""

    column: int
    repeated: frozenset[str] = frozenset()

    def names(self, row: Sequence[str]) -> bool:
        """Whether a row has a name of its own."""
        name = row[self.column] if self.column < len(row) else ""
        return is_filled(name) and name.strip().casefold() not in self.repeated


def is_filled(value: str) -> bool:
    """Whether a cell says something: it is neither empty nor *n/a*, *tbd* or the like."""
    return value.strip().casefold() not in _EMPTY


def is_number(value: str) -> bool:
    """Whether a cell is a number, with a unit at most."""
    return bool(_NUMBER.fullmatch(value.strip()))


def is_date(value: str) -> bool:
    """Whether a cell is a day or a time of day."""
    return bool(_DATE.fullmatch(value.strip()))


def are_heads(heads: Sequence[str], first: Sequence[Sequence[str]]) -> bool:
    """Whether a table's first row names its columns: none of its cells is data.

    Args:
        heads: The first row.
        first: Some of the rows after it.
    """
    filled = [each for each in heads if is_filled(each)]
    if len(filled) < 2 or len({each.casefold() for each in filled}) < len(filled):
        return False
    if any(is_number(each) or is_date(each) or len(each) > _LONGEST_NAME for each in filled):
        return False
    return not any(
        row[at].strip() == head.strip()
        for at, head in enumerate(heads)
        for row in first
        if at < len(row) and is_filled(head)
    )


class _Column:
    """What is counted of one column."""

    def __init__(self) -> None:
        self.filled = self.namelike = 0
        self.seen: set[str] = set()
        self.repeated: set[str] = set()

    def add(self, value: str) -> None:
        if not is_filled(value):
            return
        self.filled += 1
        self.namelike += _is_namelike(value)
        small = value.strip().casefold()
        (self.repeated if small in self.seen else self.seen).add(small)

    def may_name(self, rows: int) -> bool:
        """Whether it is filled, says names and hardly repeats one."""
        return (
            rows > 0
            and self.filled >= _FILLED * rows
            and self.namelike >= _NAMELIKE * self.filled
            and len(self.repeated) <= _REPEATED * rows
        )


def find_naming(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Naming | None:
    """The column that names the rows; None where no column clearly does.

    It is one that is headed *name* or *title*; without such a one the first, or the first after
    numbers, if what stands there are names. Codes are names only where nothing else is.

    Args:
        heads: What the columns are headed by.
        rows: All rows; they are gone through once.
    """
    heads = list(heads)[:MOST_COLUMNS]
    columns, count = [_Column() for _ in heads], 0
    for row in rows:
        count += 1
        for column, value in zip(columns, row, strict=False):
            column.add(value)
    able = [column.may_name(count) for column in columns]
    small = [" ".join(re.findall(r"[#\w]+", each.casefold().replace("_", " "))) for each in heads]
    chosen = _chosen(small, able)
    return None if chosen is None else Naming(chosen, frozenset(columns[chosen].repeated))


def _chosen(heads: Sequence[str], able: Sequence[bool]) -> int | None:
    words = [each.split() for each in heads]
    fit = [
        can and head not in _PARTS_OF_NAMES and bool(said) and not _ASKING & set(said)
        for can, head, said in zip(able, heads, words, strict=True)
    ]
    for at, said in enumerate(words):
        if fit[at] and _NAMING & {said[0], said[-1]}:
            return at
    if any(head in _PARTS_OF_NAMES for head in heads):
        return None
    numbering = [bool(said) and bool(_NUMBERING & {said[0], said[-1]}) for said in words]
    for at in range(len(heads)):
        if numbering[at] or not words[at]:
            continue
        if fit[at]:
            return at
        break
    return next((at for at in range(len(heads)) if numbering[at] and fit[at]), None)


def _is_namelike(value: str) -> bool:
    value = value.strip()
    if len(value) > _LONGEST_NAME or len(value.split()) > _MOST_WORDS:
        return False
    return bool(_WORD.search(value)) and not is_date(value) and not is_number(value)
