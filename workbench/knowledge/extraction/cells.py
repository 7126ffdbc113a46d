"""The tables that stand in a passage, cell by cell, with where each cell stands."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from workbench.knowledge.columns import Naming, are_heads, find_naming

from .protocol import Passage, Span

_BAR = " | "
_QUOTED = r'"(?:[^"]|"")*"'
_HEAD = re.compile(rf"({_QUOTED}|[^\":;][^:;]*): ")
_VALUE = re.compile(rf"({_QUOTED}|[^\";][^;]*)(?:; |$)")


@dataclass(frozen=True)
class Cell:
    """A cell with the head of its column: texts, and their spans in the passage."""

    head: str
    value: str
    head_span: Span
    span: Span


@dataclass(frozen=True)
class Row:
    """A row whose first cell names what it is about; characters ``span`` of the passage."""

    name: Cell
    cells: tuple[Cell, ...]
    span: Span


def rows_in(passage: Passage) -> Iterator[Row]:
    """The named rows of a passage: itself, where it is a record, or those of tables in its text."""
    if passage.kind == "record":
        cells = tuple(_pairs(passage.text))
        if len(cells) > 1:
            yield Row(cells[0], cells[1:], (0, len(passage.text)))
    elif passage.kind == "text":
        yield from _rows_with_bars(passage.text)


def _pairs(text: str) -> Iterator[Cell]:
    """The ``head: value`` pairs of a record; it ends where one cannot be read."""
    at = 0
    while at < len(text):
        head = _HEAD.match(text, at)
        value = _VALUE.match(text, head.end()) if head else None
        if head is None or value is None:
            return
        spans = _bare(text, *head.span(1)), _bare(text, *value.span(1))
        head_text, value_text = (text[slice(*span)].replace('""', '"') for span in spans)
        yield Cell(head_text, value_text, *spans)
        at = value.end()


def _bare(text: str, start: int, end: int) -> Span:
    """A span without the quotes around it."""
    return (start + 1, end - 1) if text[start] == '"' and end - start > 1 else (start, end)


def _rows_with_bars(text: str) -> Iterator[Row]:
    """The rows of tables as they are seen: lines with bars that follow one another."""
    start, lines = 0, list[list[Span]]()
    for line in text.split("\n"):
        cells = _fields(line, start)
        if lines and len(cells) != len(lines[0]):
            yield from _named_rows(text, lines)
            lines = []
        if len(cells) > 1:
            lines.append(cells)
        start += len(line) + 1
    yield from _named_rows(text, lines)


def _fields(line: str, start: int) -> list[Span]:
    found, at = [], 0
    for part in line.split("|"):
        bare = part.strip()
        first = start + at + (part.index(bare) if bare else 0)
        found.append((first, first + len(bare)))
        at += len(part) + 1
    return found if _BAR.strip() in line else []


def _named_rows(text: str, lines: Sequence[Sequence[Span]]) -> Iterator[Row]:
    if len(lines) < 2:
        return
    table = [[text[slice(*span)] for span in line] for line in lines]
    naming: Naming | None = None
    if are_heads(table[0], table[1:]):
        naming = find_naming(table[0], table[1:])
    if naming is None:
        return
    for line, values in zip(lines[1:], table[1:], strict=True):
        if not naming.names(values):
            continue
        row = [
            Cell(head, value, *spans)
            for head, value, *spans in zip(table[0], values, lines[0], line, strict=True)
        ]
        name = row.pop(naming.column)
        yield Row(name, tuple(row), (line[0][0], max(end for _, end in line)))
