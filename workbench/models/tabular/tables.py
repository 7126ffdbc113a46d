"""Whatever holds a table, as one Arrow table: the same types on every way in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from workbench.core.errors import DataError, InputError
from workbench.data.fingerprints import batches_of, kind_of


def to_arrow(table: Any) -> Any:
    """A table as a ``pyarrow.Table`` with plain columns.

    Args:
        table: A ``datasets.Dataset``, a pandas frame, a pyarrow table, or rows as mappings (one
            mapping alone is one row). Of a ``DatasetDict`` it is the split ``train``.

    Raises:
        InputError: It is none of these, or has no ``train``.
        DataError: A column holds values of several kinds.
    """
    import pyarrow as pa

    if isinstance(table, dict) and table and all(hasattr(v, "num_rows") for v in table.values()):
        if "train" not in table:
            raise InputError(
                f"this data set has the splits {', '.join(table)} and no 'train'",
                hint="give one of its splits",
            )
        table = table["train"]
    elif isinstance(table, Mapping):
        table = [table]
    try:
        if isinstance(table, pa.Table) or hasattr(table, "with_format"):
            found = pa.Table.from_batches(list(batches_of(table)))
        elif hasattr(table, "columns") and hasattr(table, "dtypes"):
            found = pa.Table.from_pandas(table, preserve_index=False)
        elif isinstance(table, Iterable) and not isinstance(table, (str, bytes)):
            found = pa.Table.from_pylist([dict(row) for row in table])
        else:
            raise InputError(
                f"a table was expected, found {type(table).__name__}",
                hint="a datasets.Dataset, a pandas frame, or rows as mappings",
            )
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError) as error:
        raise DataError(
            f"a column holds values of several kinds: {error}", hint="give each column one type"
        ) from None
    return pa.table({name: _plain(found.column(name)) for name in found.column_names})


def to_frame(table: Any) -> Any:
    """A table as a pandas frame; see ``to_arrow`` for what it may be."""
    return to_arrow(table).to_pandas()


def kind_of_column(column: Any) -> str:
    """``number``, ``category``, or the Arrow kind of what is neither (``timestamp``, ``list``)."""
    kind = kind_of(column.type)
    return {"integer": "number", "text": "category", "boolean": "category"}.get(kind, kind)


def numbers_of(column: Any, *, name: str) -> Any:
    """A number column as float64, missing values as NaN.

    Raises:
        DataError: It holds something else, or an infinite value.
    """
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    try:
        values = column.cast(pa.float64(), safe=False)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError) as error:
        raise DataError(f"column {name!r} must hold numbers: {error}") from None
    found = pc.fill_null(values, float("nan")).to_numpy().astype(np.float64)
    infinite = int(np.isinf(found).sum())
    if infinite:
        raise DataError(
            f"column {name!r} has {infinite} infinite values",
            hint="make them missing, or leave the column out",
        )
    return found


def _plain(column: Any) -> Any:
    import pyarrow as pa

    if pa.types.is_dictionary(column.type):
        column = column.cast(column.type.value_type)
    if pa.types.is_decimal(column.type):
        column = column.cast(pa.float64())
    if pa.types.is_large_string(column.type) or pa.types.is_string_view(column.type):
        column = column.cast(pa.string())
    return column
