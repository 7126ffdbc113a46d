"""Tables in text (CSV, TSV): a row is a block of ``column: value`` pairs."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from itertools import islice

from workbench.core.errors import DataError
from workbench.knowledge.columns import Naming, are_heads, find_naming

from .decoding import decode
from .reading import Reading, Script
from .rows import LOOKED_AT, Records

_DELIMITERS = ",;\t|"
_SNIFFED = 64 << 10


def read_table(content: bytes, *, delimiter: str | None = None) -> Reading:
    """The rows below the first, which names the columns.

    Args:
        content: The file.
        delimiter: What parts the fields; found out by default.

    Raises:
        DataError: A field is longer than any, as after a quote that is not closed.
    """
    text, encoding = decode(content)
    delimiter = delimiter or _delimiter(text[:_SNIFFED])
    try:
        heads = next(_rows(text, delimiter), [])
    except csv.Error as error:
        raise DataError(f"the first row cannot be read: {error}", hint="mend it") from None
    script = Script()
    records = Records(script, heads, _naming(text, delimiter))
    try:
        for row in islice(_rows(text, delimiter), 1, None):
            records.add(row)
    except csv.Error as error:
        raise DataError(f"row {records.rows + 1} cannot be read: {error}", hint="mend it") from None
    return script.finish(encoding=encoding, note="; ".join(records.left_out()))


def read_tabs(content: bytes) -> Reading:
    """A table whose fields are parted by tabs."""
    return read_table(content, delimiter="\t")


def _rows(text: str, delimiter: str) -> Iterator[list[str]]:
    """The rows that hold something. They are read again for each use: a table may be large."""
    for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
        if any(field.strip() for field in row):
            yield row


def _naming(text: str, delimiter: str) -> Naming | None:
    """The column that names the rows; none of a table that cannot be read to its end."""
    try:
        first = list(islice(_rows(text, delimiter), LOOKED_AT + 1))
        if len(first) < 2 or not are_heads(first[0], first[1:]):
            return None
        return find_naming(first[0], islice(_rows(text, delimiter), 1, None))
    except csv.Error:
        return None


def _delimiter(text: str) -> str:
    """What comes equally often in each of the first lines, and most often of those."""
    counts: dict[str, list[int]] = {}
    for each in _DELIMITERS:
        rows = csv.reader(io.StringIO(text, newline=""), delimiter=each)
        try:
            counts[each] = [len(row) for row, _ in zip(rows, range(20), strict=False) if row]
        except csv.Error:
            counts[each] = [1]
    steady = {each: min(found) for each, found in counts.items() if found and len({*found}) == 1}
    widest = max(steady, key=lambda each: steady[each], default=",")
    if steady.get(widest, 0) > 1:
        return widest
    return max(counts, key=lambda each: (counts[each] or [1])[0])
