"""Rows of a Parquet file on their way into Postgres: a batch at a time, as COPY reads them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.errors import DataError
from workbench.core.optional import require
from workbench.monitoring.warehouse.sql import NEEDED

if TYPE_CHECKING:
    import psycopg

_BATCH_ROWS = 65_536
# Moments travel as microseconds since 1970: as text some of them would be none for Postgres.
_COLUMNS = {
    "settlement_id": "string", "time": "int64", "request_id": "string", "user": "string",
    "key_id": "string", "model_asked": "string", "model_served": "string", "task": "string",
    "language": "string", "cache": "string", "currency": "string", "status": "int64",
    "prompt_tokens": "int64", "completion_tokens": "int64", "cached_tokens": "int64",
    "cost_usd": "float64", "duration_s": "float64", "time_to_first_token_s": "float64",
    "feedback_score": "float64",
}  # fmt: skip
_KINDS = {"string": 'text COLLATE "C"', "int64": "bigint", "float64": "double precision"}
_LIST = ", ".join(f'"{name}"' for name in _COLUMNS)
COLUMNS = frozenset(_COLUMNS)
MAKE = "CREATE TEMP TABLE arrived ({})".format(
    ", ".join(f'"{name}" {_KINDS[kind]}' for name, kind in _COLUMNS.items())
)
_EARLIEST_US = -210_000_000_000_000_000  # near the first moment that Postgres knows, 4713 BC


def copy_in(connection: psycopg.Connection[Any], path: Path) -> int:
    """Put a file's rows in the temporary table ``arrived``, in place of those before.

    Returns:
        How many.

    Raises:
        DataError: It is no Parquet, lacks a column that is needed, or has one of another kind.
    """
    rows = 0
    connection.execute("TRUNCATE arrived")
    with (
        connection.cursor() as cursor,
        cursor.copy(f"COPY arrived ({_LIST}) FROM STDIN (FORMAT csv)") as copy,
    ):
        for count, part in parts(path):
            copy.write(part)
            rows += count
    connection.execute("ANALYZE arrived (settlement_id)")
    return rows


def parts(path: Path) -> Iterator[tuple[int, bytes]]:
    """Batches of a file as CSV: quoted where there is a value, empty where there is none."""
    arrow = require("pyarrow", extra="data")
    parquet = require("pyarrow.parquet", extra="data")
    csv = require("pyarrow.csv", extra="data")
    try:
        file = parquet.ParquetFile(path)
    except (arrow.ArrowInvalid, OSError) as error:
        raise DataError(
            f"{path} is no Parquet file: {str(error).splitlines()[0]}",
            hint="workbench serving usage-export --rebuild writes the home's files anew",
        ) from None
    with file:
        there = set(file.schema_arrow.names)
        if missing := NEEDED - there:
            raise DataError(
                f"{path} lacks {', '.join(sorted(missing))}",
                hint="it is not of the usage log's export",
            )
        options = csv.WriteOptions(include_header=False, quoting_style="all_valid")
        wanted = [name for name in _COLUMNS if name in there]
        for batch in file.iter_batches(batch_size=_BATCH_ROWS, columns=wanted):
            sink = io.BytesIO()
            csv.write_csv(_told(arrow, batch, path), sink, options)
            yield batch.num_rows, sink.getvalue()


def _told(arrow: Any, batch: Any, path: Path) -> Any:
    """A batch with all columns, of the kinds that the table has."""
    columns = []
    for name, kind in _COLUMNS.items():
        if name not in batch.schema.names:
            columns.append(arrow.nulls(batch.num_rows, getattr(arrow, kind)()))
            continue
        try:
            columns.append(_cast(arrow, batch.column(name), name, kind))
        except arrow.ArrowInvalid as error:
            raise DataError(f"{path}: column {name}: {str(error).splitlines()[0]}") from None
    return arrow.RecordBatch.from_arrays(columns, names=list(_COLUMNS))


def _cast(arrow: Any, column: Any, name: str, kind: str) -> Any:
    compute = require("pyarrow.compute", extra="data")
    if name == "time" and not arrow.types.is_null(column.type):
        at = column.cast(arrow.timestamp("us", tz="UTC"), safe=False).cast(arrow.int64())
        return compute.if_else(compute.less(at, _EARLIEST_US), _EARLIEST_US, at)
    told = column.cast(getattr(arrow, kind)())
    if kind == "string":  # the one letter that Postgres has not
        return compute.replace_substring(told, pattern="\x00", replacement="\ufffd")
    return told
