"""Rows of persons without a head: a column of numbers or of old dates beside a column of names.

Where two rows and more have as many cells, and one column holds names, a column of numbers that are
all different numbers those persons, and a column of dates most of which are long ago is their birth.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence

from workbench.privacy.anonymisation.findings import Found
from workbench.privacy.anonymisation.reading import Reading
from workbench.privacy.anonymisation.words import PARTICLES, read_lexicon

from .capitals import name_evidence, words_of
from .date_forms import date, is_whole, is_written_date, year_of
from .fields import cells_in, kind_of

Cell = tuple[int, int, str]  # from, to, what it says
_MARKS = (";", "\t", "|", ",", "  ")
_LEAST_ROWS = 2
_LEAST_CELLS = 3
_LEAST_NAMES_SHARE = 0.6
_CODE = re.compile(
    r"(?:[A-Z]{1,5}[-/ ]?|[a-z]{1,2}-?)?\d{4,12}[A-Z]?|\d{1,4}(?:[ -]\d{2,6}){1,5}|[A-Z]{1,5}[-/]?\d{2,5}(?:[-/]\d{2,5})+"
)
_LEAST_DIGITS = 5
_OLD_YEARS = 16


def find(text: str, reading: Reading) -> Iterator[Found]:
    """Numbers and births of the persons whose names stand in the same rows."""
    for block in rows_of(text):
        columns = list(zip(*block, strict=True))
        if any(all(kind_of(said) or said.isalpha() for _, _, said in row) for row in block[:1]):
            continue  # it has a head, which says more
        if not any(map(_are_names, columns)):
            continue
        for at, column in enumerate(columns):
            if _are_numbers(column) and not _are_postcodes(columns, at):
                for start, end, _ in column:
                    yield Found(start, end, "ID", 0.6, "rows", "a number in each row of a person")
            elif _are_births(column):
                for start, end, _ in column:
                    yield Found(start, end, "BIRTH_DATE", 0.6, "rows", "an old date in each row")


def rows_of(text: str) -> Iterator[list[list[Cell]]]:
    """Rows right below each other with the same number of cells, by each mark."""
    lines = list(re.finditer(r"[^\n]+", text))
    if len(lines) < _LEAST_ROWS:
        return
    for mark in _MARKS:
        block: list[list[Cell]] = []
        for line in lines:
            cells = _cells_of(line, mark)
            if block and len(cells) != len(block[0]):
                if len(block) >= _LEAST_ROWS:
                    yield block
                block = []
            if len(cells) >= _LEAST_CELLS:
                block.append(cells)
        if len(block) >= _LEAST_ROWS:
            yield block


def _cells_of(line: re.Match[str], mark: str) -> list[Cell]:
    said = line.group()
    if said.count(mark) < _LEAST_CELLS - 1:
        return []
    return [
        (line.start() + start, line.start() + start + len(value), value)
        for start, value in cells_in(said, mark)
    ]


def _are_names(column: Sequence[Cell]) -> bool:
    return sum(_is_a_name(said) for _, _, said in column) >= _LEAST_NAMES_SHARE * len(column)


def _is_a_name(said: str) -> bool:
    """Whether a cell holds two to five words with capitals, of which a list knows one as a name."""
    if not 3 < len(said) < 48 or any(char.isdigit() or char in "@:=" for char in said):
        return False
    words = words_of(said.replace("/", " "))
    if not 1 < len(words) < 6:
        return False
    if not all(word.capital or word.lower in PARTICLES for word in words):
        return False
    lexicon = read_lexicon()
    return any(name_evidence(lexicon, word) for word in words) and not lexicon.is_place(said)


def _are_numbers(column: Sequence[Cell]) -> bool:
    said = [value for _, _, value in column if value]
    if len(set(said)) < len(column) or not all(map(_CODE.fullmatch, said)):
        return False
    digits = [sum(char.isdigit() for char in value) for value in said]
    if min(digits) < _LEAST_DIGITS and not all(value[0].isalpha() for value in said):
        return False
    dates = any(is_written_date(value) or date().fullmatch(value) for value in said)
    phones = sum(value.startswith("0") for value in said) == len(said) and min(digits) > 8
    return not dates and not phones


def _are_postcodes(columns: Sequence[Sequence[Cell]], at: int) -> bool:
    """Whether five digits stand before or behind a column of places."""
    if not all(re.fullmatch(r"\d{4,6}", said) for _, _, said in columns[at]):
        return False
    lexicon = read_lexicon()
    near = [columns[n] for n in (at - 1, at + 1) if 0 <= n < len(columns)]
    return any(all(lexicon.is_town(said) for _, _, said in column) for column in near)


def _are_births(column: Sequence[Cell]) -> bool:
    """Whether a column holds whole days, most of them long ago and none of the last year."""
    years = []
    for _, _, said in column:
        if not date().fullmatch(said) or not is_whole(said):
            return False
        years.append(year_of(said) or 0)
    now = dt.date.today().year
    old = sum(1905 <= year <= now - _OLD_YEARS for year in years)
    return min(years) >= 1905 and max(years) < now and old * 2 >= len(years)
