"""Persons by the rows beside them: where most cells of a column are persons, the others are too.

The same holds for numbered and bulleted lines: where most of them begin with a person, so do the
others. What was found in the first pass says which column or list it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from .findings import Found
from .recognisers.capitals import Word, runs_of, words_of
from .recognisers.date_forms import is_written_date
from .recognisers.rows import Cell, rows_of
from .words import PARTICLES, read_lexicon, read_surroundings

_LEAST_SHARE = 0.6
_LEAST_FOUND = 2
_LEAST_LINES = 3
_MOST_WORDS = 5
_GROUPS_AT_END = re.compile(r"(?m)(?<![\w.,/+-])\(?\d{1,4}\)?(?:[ -]\d{2,4}){1,4}(?=[ \t]*$)")
_LEAST_PHONE_DIGITS = 8
# Letters and digits of seven signs and more, no plate and no flight; digits alone in brackets.
_CODE = r"(?=[A-Z0-9/-]*\d[A-Z/-]*\d[A-Z/-]*\d)(?=[0-9/-]*[A-Z])[A-Z0-9]{2,}(?:[-/][A-Z0-9]+)*"
_CODE_BEHIND = re.compile(
    rf" ?\((?P<code>(?=[^)]{{5,}}\))(?:{_CODE}|\d{{5,10}}))\)|"
    rf"(?: [-–—] |, )(?P<code_>(?=[^\s,;]{{8,}}){_CODE})(?=[,;.]?(?:\s|$))"
)
_CODE_BEFORE = re.compile(rf"(?:^|\n|[.:] )(?P<code>(?=\S{{6,}}){_CODE}) (?:/|[-–—]) $")
_ITEM = re.compile(r"(?m)^[ \t>]*(?:\d{1,3}(?:\.\d{1,2})*[.):]?|[-*•–])[ \t]+(?=[^\W\d_])")


def beside(text: str, spans: Iterable[Found]) -> Iterator[Found]:
    """Cells and beginnings of lines that are as those in which persons were found."""
    yield from _numbers_at_ends(text, [each.end for each in spans if each.kind == "PHONE"])
    persons = [(each.start, each.end) for each in spans if each.kind == "PERSON"]
    yield from _numbers_of(text, persons)
    if len(persons) < _LEAST_FOUND:
        return
    for block in rows_of(text):
        first = any(_is_whole(cell, persons) for cell in block[0])
        for column in zip(*block, strict=True):
            yield from _in_column(column, persons, begin=0 if first else 1)
    yield from _in_items(text, persons)


def _numbers_at_ends(text: str, phones: list[int]) -> Iterator[Found]:
    """Numbers in groups at the ends of lines, where two other lines end with a telephone's."""
    ends = [end for end in phones if text[end : end + 1] in ("\n", "")]
    if len(ends) < _LEAST_FOUND:
        return
    for hit in _GROUPS_AT_END.finditer(text):
        if is_written_date(hit.group()):
            continue
        if hit.end() not in ends and sum(map(str.isdigit, hit.group())) >= _LEAST_PHONE_DIGITS:
            yield Found(
                *hit.span(), "PHONE", 0.6, "parallel", "other lines end with a telephone's number"
            )


def _numbers_of(text: str, persons: list[tuple[int, int]]) -> Iterator[Found]:
    """A code right behind a person or right before one: Ann Doe – KT26VY5C1."""
    for start, end in persons:
        hit = _CODE_BEHIND.match(text, end)
        if hit is None and start:
            hit = _CODE_BEFORE.search(text, max(0, start - 24), start)
        side = "code" if hit and hit["code"] else "code_"
        if hit and not is_written_date(hit[side]):
            yield Found(*hit.span(side), "ID", 0.6, "parallel", "right beside a person")


def _in_column(
    column: tuple[Cell, ...], persons: list[tuple[int, int]], *, begin: int
) -> Iterator[Found]:
    """What is a person in a column of persons; a first row that holds none is the table's head."""
    column = column[begin:]
    whole = [_is_whole(cell, persons) for cell in column]
    if sum(whole) < max(_LEAST_FOUND, _LEAST_SHARE * sum(bool(cell[2]) for cell in column)):
        return
    for (start, end, said), held in zip(column, whole, strict=True):
        if not held and _may_be_a_name(said):
            yield Found(start, end, "PERSON", 0.65, "parallel", "persons stand above and below")


def _is_whole(cell: Cell, persons: list[tuple[int, int]]) -> bool:
    """Whether a person is all that a cell holds, but for a title before and marks around."""
    start, end, said = cell
    held = [(at, to) for at, to in persons if start <= at and to <= end]
    return bool(held) and sum(to - at for at, to in held) >= 0.6 * len(said)


def _may_be_a_name(said: str) -> bool:
    words = words_of(said)
    if not 0 < len(words) <= _MOST_WORDS or any(char.isdigit() or char in "@:=" for char in said):
        return False
    around, lexicon = read_surroundings(), read_lexicon()
    other = around["organisation"] | around["other_label"]
    for word in words:
        if not word.capital and word.lower not in PARTICLES:
            return False
        if word.lower in other or (word.lower in lexicon.no_names and not word.is_initial):
            return word.lower in lexicon.own
    return len(said) > 1


def _in_items(text: str, persons: list[tuple[int, int]]) -> Iterator[Found]:
    items = list(_ITEM.finditer(text))
    if len(items) < _LEAST_LINES:
        return
    begun = [any(start == item.end() for start, _ in persons) for item in items]
    if sum(begun) < max(_LEAST_FOUND, _LEAST_SHARE * len(items)):
        return
    for item, held in zip(items, begun, strict=True):
        stop = text.find("\n", item.end())
        line = text[item.end() : len(text) if stop < 0 else stop]
        run = next(runs_of(line, words_of(line)), [])
        if not held and _begins(run) and _may_be_a_name(line[run[0].start : run[-1].end]):
            yield Found(
                item.end(), item.end() + run[-1].end, "PERSON", 0.6, "parallel",
                "persons begin the other lines",
            )  # fmt: skip


def _begins(run: list[Word]) -> bool:
    return bool(run) and run[0].start == 0
