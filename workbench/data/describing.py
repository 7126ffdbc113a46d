"""What a table holds, in figures: types, missing values, ranges, frequent values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from workbench.core.errors import NotFoundError
from workbench.core.viewers import Viewable

from .fingerprints import batches_of, kind_of

_FREQUENT = 10


@dataclass(frozen=True)
class ColumnSummary(Viewable):
    """One column. ``low``, ``high`` and ``mean`` are of its known values (a text's are lengths in
    characters, a list's the number of its items); ``frequent`` are up to ten values with counts."""

    name: str
    type: str
    rows: int
    missing: int
    distinct: int | None
    low: Any
    high: Any
    mean: float | None
    frequent: tuple[tuple[Any, int], ...]


def summarise(dataset: Any) -> tuple[ColumnSummary, ...]:
    """A summary of each column of a data set, table or frame, in order."""
    import pyarrow as pa

    table = pa.Table.from_batches(list(batches_of(dataset)))
    return tuple(_summary(name, table.column(name)) for name in table.column_names)


def balance(dataset: Any, column: str) -> dict[str, float]:
    """The share of each value of a column, the most frequent first; null counts as ``null``."""
    import pyarrow as pa

    table = pa.Table.from_batches(list(batches_of(dataset)))
    if column not in table.column_names:
        raise NotFoundError.among("column", column, table.column_names)
    values = table.column(column)
    counts = _counts(values)
    return {"null" if value is None else str(value): count / len(values) for value, count in counts}


def _summary(name: str, values: Any) -> ColumnSummary:
    import pyarrow.compute as pc

    kind = kind_of(values.type)
    listed = kind == "list"
    measured = values
    if listed:
        measured = pc.list_value_length(values)
    elif kind == "text":
        measured = pc.utf8_length(values)
    bounds = pc.min_max(measured).as_py() if kind != "boolean" else {"min": None, "max": None}
    mean = pc.mean(measured).as_py() if kind in ("integer", "number", "text", "list") else None
    counts = [] if listed else _counts(values.drop_null())
    # Where nearly every value is another, the frequent ones say nothing and may be personal.
    told = counts[:_FREQUENT] if counts and counts[0][1] > 1 else []
    return ColumnSummary(
        name,
        kind,
        len(values),
        values.null_count,
        None if listed else len(counts),
        bounds["min"],
        bounds["max"],
        mean,
        tuple(told),
    )


def _counts(values: Any) -> list[tuple[Any, int]]:
    found = [(item["values"], item["counts"]) for item in values.value_counts().to_pylist()]
    return sorted(found, key=lambda pair: (-pair[1], str(pair[0])))
