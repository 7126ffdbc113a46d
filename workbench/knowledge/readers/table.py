"""Tables in text (CSV, TSV): a row is a block of ``column: value`` pairs."""

from __future__ import annotations

import csv
import io

from workbench.core.errors import DataError

from .decoding import decode
from .reading import Reading, Script

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
    rows = csv.reader(
        io.StringIO(text, newline=""), delimiter=delimiter or _delimiter(text[:_SNIFFED])
    )
    script = Script()
    names: list[str] = []
    odd = number = 0
    try:
        for row in rows:
            if not any(field.strip() for field in row):
                continue
            if not names:
                names = [field.strip() or f"column {at}" for at, field in enumerate(row, start=1)]
                continue
            number += 1
            odd += len(row) != len(names)
            script.add(_row(names, row), "row", row=number)
    except csv.Error as error:
        raise DataError(f"row {number + 1} cannot be read: {error}", hint="mend it") from None
    note = f"{odd} of {number} rows do not have the {len(names)} fields of the first" if odd else ""
    return script.finish(encoding=encoding, note=note)


def read_tabs(content: bytes) -> Reading:
    """A table whose fields are parted by tabs."""
    return read_table(content, delimiter="\t")


def _row(names: list[str], row: list[str]) -> str:
    names = [*names, *(f"column {at}" for at in range(len(names) + 1, len(row) + 1))]
    pairs = zip(names, row, strict=False)
    return "; ".join(f"{name}: {' '.join(field.split())}" for name, field in pairs if field.strip())


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
