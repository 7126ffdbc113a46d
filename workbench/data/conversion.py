"""Raw cells to typed values, a column of a chunk at a time, with the reason for each that fails."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable
from typing import Any

from workbench.core.errors import DataError

from .fingerprints import kind_of
from .schema import INTEGER, NUMBER, Column

Reasons = dict[int, str]
_CASTS = {
    "integer": ("integer", "number"),
    "number": ("number", "integer"),  # only where no fraction is lost
    "text": ("text",),
    "boolean": ("boolean",),
    "timestamp": ("timestamp",),
    "numbers": ("numbers",),
}
_BOOLEANS = {"true": True, "false": False}


def convert(raw: Any, column: Column) -> tuple[Any, Reasons]:
    """Type one column of a chunk and check each value.

    Args:
        raw: A pyarrow array (of text from a CSV file; of its own type from Parquet), or a list of
            JSON values.
        column: What it must hold.

    Returns:
        An array of the column's type, with null where a value failed, and the reasons by index.
    """
    import pyarrow as pa

    if isinstance(raw, list):
        values, reasons = _from_json(raw, column)
    elif pa.types.is_string(raw.type) and column.type != "text":
        values, reasons = _from_text(raw, column)
    else:
        values, reasons = _from_typed(raw, column), {}
    _check(values, column, reasons)
    return values, reasons


def _from_text(raw: Any, column: Column) -> tuple[Any, Reasons]:
    import pyarrow as pa
    import pyarrow.compute as pc

    if column.type == "timestamp":
        return _each(raw.to_pylist(), column, _timestamp)
    if column.type == "boolean":
        return _each(raw.to_pylist(), column, lambda text: _BOOLEANS[text.strip().lower()])
    if column.type == "numbers":
        return _each(raw.to_pylist(), column, lambda text: [float(x) for x in text.split()])
    raw = pc.utf8_trim_whitespace(raw)
    pattern = INTEGER if column.type == "integer" else NUMBER
    good = pc.match_substring_regex(raw, pattern)
    # Arrow reads "0x10" as an integer and does not read "+5"; the pattern and the trim settle both.
    clean = pc.utf8_ltrim(pc.if_else(good, raw, pa.scalar(None, pa.string())), characters="+")
    reasons = _not_a(raw, pc.invert(good), column)
    try:
        values = clean.cast(pa.int64() if column.type == "integer" else pa.float64())
    except pa.ArrowInvalid:  # 19 digits and more than 2**63 - 1
        values, more = _each(clean.to_pylist(), column, _int64)
        return values, {**reasons, **more}
    return values, reasons


def _from_json(raw: list[Any], column: Column) -> tuple[Any, Reasons]:
    readers: dict[str, Callable[[Any], Any]] = {
        "integer": lambda value: _int64(_only(value, int)),
        "number": lambda value: float(_only(value, int, float)),
        "text": lambda value: _only(value, str),
        "boolean": lambda value: _only(value, bool),
        "timestamp": lambda value: _timestamp(_only(value, str)),
        "numbers": lambda value: [float(_only(item, int, float)) for item in _only(value, list)],
    }
    return _each(raw, column, readers[column.type])


def _from_typed(raw: Any, column: Column) -> Any:
    import pyarrow as pa

    from .schema import Schema

    try:
        if pa.types.is_dictionary(raw.type):
            raw = raw.dictionary_decode()
        kind = {"list": "numbers"}.get(kind_of(raw.type), kind_of(raw.type))
        # Arrow would also turn numbers into booleans, or the other way round.
        if not pa.types.is_null(raw.type) and column.type not in _CASTS.get(kind, ("number",)):
            raise pa.ArrowInvalid("no value of one is a value of the other")
        return raw.cast(Schema((column,)).arrow().field(0).type)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise DataError(
            f"column {column.name!r} has the type {raw.type} and is to be {column.type}: {error}",
            hint="correct the schema, or convert the column first",
        ) from None


def _each(raw: list[Any], column: Column, reader: Callable[[Any], Any]) -> tuple[Any, Reasons]:
    import pyarrow as pa

    from .schema import Schema

    values, reasons = [], {}
    for index, value in enumerate(raw):
        try:
            values.append(None if value is None else reader(value))
        except (ValueError, KeyError, TypeError, OverflowError):
            values.append(None)
            reasons[index] = _said(value, column)
    return pa.array(values, Schema((column,)).arrow().field(0).type), reasons


def _only(value: Any, *kinds: type) -> Any:
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        raise TypeError(value)
    return value


def _int64(value: Any) -> int:
    number = int(value)
    if not -(2**63) <= number < 2**63:
        raise OverflowError(value)
    return number


def _timestamp(text: str) -> dt.datetime:
    found = dt.datetime.fromisoformat(text.strip())
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)


def _not_a(raw: Any, bad: Any, column: Column) -> Reasons:
    import pyarrow.compute as pc

    indices = pc.indices_nonzero(pc.fill_null(bad, False)).to_pylist()
    return {index: _said(raw[index].as_py(), column) for index in indices}


def _said(value: Any, column: Column) -> str:
    return f"column {column.name!r}: {value!r:.60} is not of type {column.type}"


def _check(values: Any, column: Column, reasons: Reasons) -> None:
    """Add the reasons of values that have the type and are not allowed."""
    import pyarrow as pa
    import pyarrow.compute as pc

    def refuse(mask: Any, said: str) -> None:
        for index in pc.indices_nonzero(pc.fill_null(mask, False)).to_pylist():
            found = values[index].as_py()
            reasons.setdefault(index, f"column {column.name!r}: {found!r:.60} {said}")

    if column.type == "number":
        refuse(pc.invert(pc.is_finite(values)), "is not finite")
    if column.type == "numbers":
        for index, row in enumerate(values.to_pylist()):
            if row is not None and not all(x is not None and math.isfinite(x) for x in row):
                reasons.setdefault(index, f"column {column.name!r}: a number is not finite")
    if not column.nullable:
        for index in pc.indices_nonzero(values.is_null()).to_pylist():
            reasons.setdefault(index, f"column {column.name!r}: is empty and must not be")
    if column.low is not None:
        refuse(pc.less(values, column.low), f"is below {column.low:g}")
    if column.high is not None:
        refuse(pc.greater(values, column.high), f"is above {column.high:g}")
    if column.choices:
        allowed = pa.array(column.choices).cast(values.type)
        known = pc.is_in(values, value_set=allowed)
        refuse(
            pc.and_(pc.invert(known), values.is_valid()),
            "is none of " + ", ".join(repr(choice) for choice in column.choices[:10]),
        )
