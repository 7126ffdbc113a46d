"""The extractor of tables: each cell of a row that has a name states something of it.

What is stated stands in the row: name and cell are spans of it, and the row is the evidence. Cells
that are empty (also *n/a*, *tbd*) or hold running text state nothing here; sentences are left to
the other extractors.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from workbench.knowledge.columns import is_filled

from .cells import Cell, Row, rows_in
from .protocol import Assertion, Extraction, Passage, Span
from .table_heads import class_in, meaning_of

_LONGEST, _MOST_WORDS = 80, 10
_MOST_CELLS = 40  # of a row
_CLASS_CONFIDENCE = 0.8
_PARTS = re.compile(r"\s*;\s*")
_COMMAS = re.compile(r"\s*(?:,| and )\s*")
_NAME_PART = re.compile(r"[^\W\d_]")


class TableExtractor:
    """Facts from rows whose column of names is clear; see ``workbench.knowledge.columns``."""

    name = "tables"
    version = "1"
    names_from_list = False

    def extract(self, chunk: Passage) -> Extraction:
        """What the rows of a passage state."""
        return Extraction(assertions=tuple(
            said for row in rows_in(chunk) for said in _stated(row)
        ))  # fmt: skip


def _stated(row: Row) -> Iterator[Assertion]:
    yield from _is_a(row)
    for cell in row.cells[:_MOST_CELLS]:
        if not is_filled(cell.value):
            continue
        for span, value in _values(cell):
            meaning = meaning_of(cell.head, value, named_by=row.name.head)
            if meaning is None or value.casefold() == row.name.value.casefold():
                continue
            ends = (span, row.name.span) if meaning.turned else (row.name.span, span)
            yield Assertion(ends[0], meaning.relation, ends[1], row.span, meaning.confidence)


def _is_a(row: Row) -> Iterator[Assertion]:
    """What the head of the names says that they are; evidence then reaches from the head."""
    place = class_in(row.name.head)
    if place is None:
        return
    start = row.name.head_span[0]
    kind = start + place[0], start + place[1]
    evidence = min(start, row.span[0]), row.span[1]
    yield Assertion(row.name.span, "is_a", kind, evidence, _CLASS_CONFIDENCE)


def _values(cell: Cell) -> Iterator[tuple[Span, str]]:
    """What a cell names: itself, or the members of a list in it."""
    parts = _split(cell.value, _PARTS)
    if len(parts) == 1:
        listed = _split(cell.value, _COMMAS)
        small = all(text[:1].islower() and _NAME_PART.match(text) for _, text in listed)
        parts = listed if len(listed) > 1 and small else parts
    doubled = '"' in cell.value  # inside quotes: places are not those of the text
    for (start, end), text in parts if not doubled else [((0, len(cell.value)), cell.value)]:
        if not text or len(text) > _LONGEST or len(text.split()) > _MOST_WORDS:
            continue
        span = cell.span if doubled else (cell.span[0] + start, cell.span[0] + end)
        yield span, text


def _split(text: str, between: re.Pattern[str]) -> list[tuple[Span, str]]:
    found, start = list[tuple[Span, str]](), 0
    for mark in between.finditer(text):
        found.append(((start, mark.start()), text[start : mark.start()]))
        start = mark.end()
    found.append(((start, len(text)), text[start:]))
    return [each for each in found if each[1].strip()]
