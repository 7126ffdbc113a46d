"""The keys of a table's rows, written so that the same thing is the same key on both sides."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from workbench.core.errors import DataError, InputError, NotFoundError

_BETWEEN = "\x1f"  # parts columns; `split` takes it for a space, so no value has it


@dataclass(frozen=True)
class RowKeys:
    """Keys and the rows (from 0) that have them; ``without`` counts rows where one is missing."""

    keys: tuple[str, ...]
    rows: tuple[int, ...]
    without: int


def normalise(value: Any) -> str | None:
    """A value as its key says it: NFKC, without case, spaces at the ends or doubled; None if empty.

    Whole numbers are written without a point, so that 7 and 7.0 of two columns' types meet. A text
    "007" stays what it is.
    """
    if value is None or value != value:
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = unicodedata.normalize("NFKC", str(value)).casefold()
    # Folding may undo the normal form (Unicode, D145).
    return " ".join(unicodedata.normalize("NFKC", text).split()) or None


def keys_of(columns: dict[str, Sequence[Any]], on: Sequence[str], *, table: str) -> RowKeys:
    """The rows' keys over one column or several.

    Args:
        columns: Of the table.
        on: Which of them make the key.
        table: What it is called in messages.

    Raises:
        NotFoundError: There is no such column.
        InputError: No column was named.
        DataError: No row has a key, or two have the same. The message names rows, never keys.
    """
    if not on:
        raise InputError("no column to join on was named", hint="--on email")
    for name in on:
        if name not in columns:
            raise NotFoundError.among(f"column of {table}", name, columns)
    found: dict[str, int] = {}
    without = 0
    for row, values in enumerate(zip(*(columns[name] for name in on), strict=True)):
        parts = [normalise(value) for value in values]
        if None in parts:
            without += 1
            continue
        key = _BETWEEN.join(part for part in parts if part)
        if key in found:
            raise DataError(
                f"rows {found[key] + 1} and {row + 1} of {table} have the same key",
                hint="keep one row a key, or name more columns: --on name,born",
            )
        found[key] = row
    if not found:
        raise DataError(
            f"no row of {table} has a value in {', '.join(on)}", hint="join on another column"
        )
    return RowKeys(tuple(found), tuple(found.values()), without)
