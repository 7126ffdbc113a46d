"""One sha256 for a table's content: the same on every machine, whatever holds the table."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any

_BATCH_ROWS = 8192


def fingerprint(dataset: Any) -> str:
    """The sha256 of a table's column names, kinds of type and values, in the order of its rows.

    The width of a type (int32 or int64), how rows lie in chunks, the order of the columns, and
    what holds them make no difference; the order of the rows does.

    Args:
        dataset: A ``datasets.Dataset`` or ``DatasetDict``, a pyarrow table or a pandas frame.

    Returns:
        64 hexadecimal digits.
    """
    if isinstance(dataset, dict):  # a DatasetDict is one
        parts = [f"{name}={fingerprint(part)}" for name, part in sorted(dataset.items())]
        return hashlib.sha256("\n".join(["splits", *parts]).encode()).hexdigest()
    columns: dict[str, _ColumnHash] = {}
    for batch in batches_of(dataset):
        for name, column in zip(batch.schema.names, batch.columns, strict=True):
            columns.setdefault(name, _ColumnHash()).add(column)
    parts = [f"{name!r}:{column.hexdigest()}" for name, column in sorted(columns.items())]
    return hashlib.sha256("\n".join(["table", *parts]).encode()).hexdigest()


def batches_of(dataset: Any) -> Iterator[Any]:
    """The record batches of a data set, table or frame, in order."""
    import pyarrow as pa

    if isinstance(dataset, pa.Table):
        tables: Any = [dataset]
    elif hasattr(dataset, "with_format"):
        tables = dataset.with_format("arrow").iter(batch_size=_BATCH_ROWS)
    else:
        tables = [pa.Table.from_pandas(dataset, preserve_index=False)]
    for table in tables:
        # An empty table has no batches, and its columns count all the same.
        yield from table.to_batches() or [pa.RecordBatch.from_pylist([], schema=table.schema)]


class _ColumnHash:
    """Nulls, lengths and values are hashed apart, so that chunk borders leave no trace."""

    def __init__(self) -> None:
        self._kind = ""
        self._hashes = {part: hashlib.sha256() for part in ("valid", "lengths", "values")}
        self._inner: _ColumnHash | None = None

    def add(self, array: Any) -> None:
        import numpy as np
        import pyarrow as pa
        import pyarrow.compute as pc

        if pa.types.is_dictionary(array.type):
            array = array.dictionary_decode()
        self._kind = kind_of(array.type)
        self._put("valid", np.asarray(array.is_valid().to_numpy(zero_copy_only=False), np.uint8))
        array = array.drop_null()
        if self._kind in ("integer", "timestamp"):
            if self._kind == "timestamp":
                zone = None if pa.types.is_date(array.type) else array.type.tz
                array = array.cast(pa.timestamp("us", tz=zone))
            self._put("values", array.cast(pa.int64()).to_numpy(zero_copy_only=False).astype("<i8"))
        elif self._kind == "number":
            values = array.cast(pa.float64()).to_numpy(zero_copy_only=False).astype("<f8")
            values[np.isnan(values)] = np.nan  # there are many NaNs; they count as one
            self._put("values", values)
        elif self._kind == "boolean":
            self._put("values", array.to_numpy(zero_copy_only=False).astype(np.uint8))
        elif self._kind == "list":
            self._put("lengths", pc.list_value_length(array).to_numpy(False).astype("<i8"))
            self._inner = self._inner or _ColumnHash()
            self._inner.add(array.flatten())
        else:
            texts = [str(value).encode() for value in array.to_pylist()]
            self._put("lengths", np.array([len(text) for text in texts], "<i8"))
            self._hashes["values"].update(b"".join(texts))

    def hexdigest(self) -> str:
        """The column's own sha256."""
        digests = [f"{part}={found.hexdigest()}" for part, found in self._hashes.items()]
        inner = self._inner.hexdigest() if self._inner else "-"
        return hashlib.sha256("\n".join([self._kind, *digests, inner]).encode()).hexdigest()

    def _put(self, part: str, values: Any) -> None:
        self._hashes[part].update(values.tobytes())


def kind_of(type_: Any) -> str:
    """The kind of a pyarrow type: what is left when widths and encodings are taken away."""
    import pyarrow as pa

    is_ = pa.types
    tests = {
        "boolean": (is_.is_boolean,),
        "integer": (is_.is_integer,),
        "number": (is_.is_floating,),
        "timestamp": (is_.is_timestamp, is_.is_date),
        "text": (is_.is_string, is_.is_large_string, is_.is_string_view, is_.is_null),
        "list": (is_.is_list, is_.is_large_list, is_.is_fixed_size_list),
    }
    for kind, checks in tests.items():
        if any(check(type_) for check in checks):
            return kind
    return str(type_)
