"""A schema for a file that came without one: the narrowest types that every value fits.

The whole file is looked at, so a guess never costs a row: with an inferred schema only rows that
cannot be taken apart are set aside.
"""

from __future__ import annotations

from typing import Any

from workbench.core.errors import DataError

from .reading import ParquetReader, Reader
from .schema import CODE, NUMBER, Column, Schema

_UNKNOWN = ""  # only nulls so far
_WHOLE = r"^[+-]?[0-9]+$"  # of any length: what does not fit in 64 bits must not become a float
_INT64_DIGITS = 18


def infer_schema(reader: Reader) -> Schema:
    """The schema of a file.

    CSV cells become ``integer``, ``number``, ``boolean`` (true, false) or ``text``. Whole numbers
    that begin with a zero or do not fit in 64 bits stay text: as numbers they would lose digits.

    Raises:
        DataError: A column holds JSON objects or mixed lists.
    """
    if isinstance(reader, ParquetReader):
        schema = reader.file.schema_arrow
        return Schema(tuple(Column(f.name, _of_arrow(f)) for f in schema))
    kinds = dict.fromkeys(reader.names, _UNKNOWN)
    for chunk in reader.chunks():
        for name, raw in chunk.columns.items():
            if kinds[name] != "text":
                found = _of_json(raw, name) if isinstance(raw, list) else _of_text(raw)
                kinds[name] = _widen(kinds[name], found)
    return Schema(tuple(Column(name, kind or "text") for name, kind in kinds.items()))


def _widen(known: str, found: str) -> str:
    if known == found or not found:
        return known
    if not known:
        return found
    return "number" if {known, found} == {"integer", "number"} else "text"


def _of_text(raw: Any) -> str:
    import pyarrow.compute as pc

    values = pc.utf8_trim_whitespace(raw.drop_null())
    if len(values) == 0:
        return _UNKNOWN

    def every(pattern: str) -> bool:
        return bool(pc.all(pc.match_substring_regex(values, pattern)).as_py())

    if every(_WHOLE):
        long = pc.max(pc.utf8_length(values)).as_py() > _INT64_DIGITS
        coded = pc.any(pc.match_substring_regex(values, CODE)).as_py()
        return "text" if coded or (long and not _fits(values)) else "integer"
    if every(NUMBER):
        coded = pc.any(pc.match_substring_regex(values, CODE + r"[0-9]*$")).as_py()
        return "text" if coded else "number"
    return "boolean" if every(r"(?i)^(true|false)$") else "text"


def _fits(values: Any) -> bool:
    return all(-(2**63) <= int(value) < 2**63 for value in values.to_pylist())


def _of_json(raw: list[Any], name: str) -> str:
    kind = _UNKNOWN
    for value in raw:
        if value is not None:
            kind = _widen_json(kind, _of_value(value, name), name)
    return kind


def _widen_json(known: str, found: str, name: str) -> str:
    widened = _widen(known, found)
    if known and widened != known and widened == "text":
        raise DataError(
            f"column {name!r} holds values of types {known} and {found}",
            hint="give a schema; the rows that do not fit are then set aside",
        )
    return widened


def _of_value(value: Any, name: str) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return "integer" if -(2**63) <= value < 2**63 else "number"
    for kind, type_ in (("boolean", bool), ("number", float), ("text", str)):
        if isinstance(value, type_):
            return kind
    if isinstance(value, list) and all(type(item) in (int, float) for item in value):
        return "numbers"
    raise DataError(
        f"column {name!r} holds {value!r:.60}; a column holds single values or lists of numbers",
        hint="flatten it, or store it as text",
    )


def _of_arrow(field: Any) -> str:
    import pyarrow as pa

    kind, is_ = field.type, pa.types
    if is_.is_dictionary(kind):
        kind = kind.value_type
    if is_.is_boolean(kind):
        return "boolean"
    if is_.is_integer(kind):
        return "integer"
    if is_.is_floating(kind) or is_.is_decimal(kind):
        return "number"
    if is_.is_timestamp(kind) or is_.is_date(kind):
        return "timestamp"
    if is_.is_string(kind) or is_.is_large_string(kind) or is_.is_null(kind):
        return "text"
    listed = is_.is_list(kind) or is_.is_large_list(kind) or is_.is_fixed_size_list(kind)
    if listed and (is_.is_integer(kind.value_type) or is_.is_floating(kind.value_type)):
        return "numbers"
    raise DataError(
        f"column {field.name!r} has the type {kind}, which no schema here has",
        hint="flatten it, or store it as text",
    )
