"""Rows of tables as blocks of text: with their heads, so that each says what its cells are.

A row is ``head: value; head: value``. Where a column names the rows (see ``columns``) it comes
first and the block is a ``record``, of which facts are read; else it is a ``row``. A head or a
value with a mark that parts pairs stands in double quotes, so that a row can be taken apart again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from workbench.knowledge.columns import Naming, are_heads, find_naming, is_filled

from .reading import Script, normalise

MOST_RECORDS = 20_000
"""Of one document; rows after them are searched, and no facts are read of them."""
LONGEST_RECORD = 1200
"""Characters: what is longer is cut into several chunks, of which only the first has the name."""
_WHOLE_TABLE = 1000  # characters: up to here a table stays together, as it is seen
_BAR = " | "
LOOKED_AT = 50  # rows, for whether the first row is data as they are


class Records:
    """Adds the rows of one table to a script, and counts what no facts are read of.

    Args:
        script: What grows.
        heads: What the columns are headed by; columns without a head are told by their numbers.
        naming: The column that names the rows, if there is one.
    """

    def __init__(self, script: Script, heads: Sequence[str], naming: Naming | None) -> None:
        self._script, self._naming = script, naming
        self._heads = [one_line(each) or f"column {at}" for at, each in enumerate(heads, start=1)]
        self.rows = self.records = self.longer = self.unnamed = self.beyond = self.uneven = 0

    def add(self, row: Sequence[str], **place: Any) -> None:
        """Add a row; ``row`` of its place is its number."""
        self.rows += 1
        self.uneven += len(row) != len(self._heads)
        naming = self._naming
        if naming is None:
            self._script.add(self._text(row), "row", row=self.rows, **place)
            return
        text = self._text(row, first=naming.column)
        more, unnamed = len(row) > len(self._heads), not naming.names(row)
        longer, beyond = len(normalise(text)) > LONGEST_RECORD, self.records >= MOST_RECORDS
        if more or unnamed or longer or beyond:
            self.unnamed += unnamed and not more
            self.longer += longer and not more and not unnamed
            self.beyond += not (more or unnamed or longer)
            self._script.add(self._text(row), "row", row=self.rows, **place)
            return
        self.records += 1
        name = one_line(row[naming.column])
        self._script.add(text, "record", row=self.rows, about=name, **place)

    def _text(self, row: Sequence[str], *, first: int | None = None) -> str:
        heads = [
            *self._heads,
            *(f"column {at}" for at in range(len(self._heads) + 1, len(row) + 1)),
        ]
        pairs = list(zip(heads, row, strict=False))
        if first is not None:
            pairs.insert(0, pairs.pop(first))
        return "; ".join(
            f"{_quoted(head, ':;')}: {_quoted(one_line(value), ';')}"
            for head, value in pairs
            if value.strip()
        )

    def left_out(self) -> Iterator[str]:
        """What no facts are read of, and why; nothing where there is no data."""
        heads = len(self._heads)
        if self.uneven:
            yield f"{self.uneven} of {self.rows} rows do not have the {heads} fields of the first"
        if not self.rows:
            return
        if self._naming is None:
            yield "no facts are read of its rows: no column clearly says what each is about"
        if self.unnamed:
            yield f"no facts are read of {self.unnamed} rows whose name is missing or comes twice"
        if self.longer:
            yield f"no facts are read of {self.longer} rows of over {LONGEST_RECORD} characters"
        if self.beyond:
            yield (
                f"facts are read of its first {MOST_RECORDS} named rows, and of {self.beyond} "
                "after them none"
            )


def add_table(script: Script, rows: Sequence[Sequence[str]], *, headed: bool, **place: Any) -> None:
    """Add a table of a page: as it is seen where it is short, else as records.

    Args:
        script: What grows.
        rows: All rows; a cell is text.
        headed: Whether the first row names the columns. The lines of a table without one are
            blocks by themselves: nothing says what their cells are.
        place: Where it stands.
    """
    lines = [_BAR.join(map(one_line, row)) for row in rows]
    shown = [line for line in lines if line.strip(" |")]
    heads, body = (rows[0], rows[1:]) if rows else ((), ())
    if not (headed and body and are_heads(heads, body[:LOOKED_AT])):
        for line in shown:
            script.add(line, **place)
        return
    if sum(map(len, shown)) + len(shown) <= _WHOLE_TABLE:
        script.add("\n".join(shown), **place)
        return
    records = Records(script, heads, find_naming(heads, body))
    for row in body:
        if any(is_filled(cell) for cell in row):
            records.add(row, **place)
    script.notes += [f"table of {one_line(heads[0])}: {each}" for each in records.left_out()]


def one_line(text: str) -> str:
    """Text on one line."""
    return " ".join(text.split())


def _quoted(text: str, marks: str) -> str:
    if text.startswith('"') or any(mark in text for mark in marks):
        return '"' + text.replace('"', '""') + '"'
    return text
