"""The rollups on their way out of Postgres, into a DuckDB in memory: a page redraws from there."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

from workbench.core.optional import require

if TYPE_CHECKING:
    import duckdb
    import psycopg

ROLLUPS = ("hourly", "people", "durations")
# The numbers of Postgres's types, and Arrow's kinds for them.
_KINDS = {
    16: "bool_", 20: "int64", 21: "int16", 23: "int32", 25: "string", 701: "float64",
    1082: "date32", 1114: "timestamp",
}  # fmt: skip


def copy_out(connection: psycopg.Connection[Any], *, threads: int = 2) -> duckdb.DuckDBPyConnection:
    """A DuckDB with the tables hourly, people and durations, as the warehouse of files has them.

    Args:
        connection: One that has the warehouse open.
        threads: DuckDB's.
    """
    engine = require("duckdb", extra="monitoring")
    memory: duckdb.DuckDBPyConnection = engine.connect(config={"threads": threads})
    memory.execute("SET enable_progress_bar = false; SET TimeZone = 'UTC'")
    for table in ROLLUPS:
        memory.register("arrived", _read(connection, table))
        memory.execute(f"CREATE TABLE {table} AS SELECT * FROM arrived")
        memory.unregister("arrived")
    return memory


def _read(connection: psycopg.Connection[Any], table: str) -> Any:
    arrow = require("pyarrow", extra="data")
    csv = require("pyarrow.csv", extra="data")
    about = connection.execute(f"SELECT * FROM {table} LIMIT 0").description or ()
    kinds = {column.name: _kind(arrow, _KINDS[column.type_code]) for column in about}
    sink = io.BytesIO()
    with connection.cursor() as cursor:
        told = f"COPY (SELECT * FROM {table}) TO STDOUT (FORMAT csv, FORCE_QUOTE *)"
        with cursor.copy(told) as copy:
            for part in copy:
                sink.write(part)
    if not sink.tell():
        return arrow.table({name: arrow.array([], kind) for name, kind in kinds.items()})
    sink.seek(0)
    options = csv.ConvertOptions(
        column_types=kinds, strings_can_be_null=True, quoted_strings_can_be_null=False,
        true_values=["t"], false_values=["f"], null_values=[""],
    )  # fmt: skip
    parsing = csv.ParseOptions(newlines_in_values=True)
    reading = csv.ReadOptions(column_names=list(kinds))
    return csv.read_csv(sink, convert_options=options, parse_options=parsing, read_options=reading)


def _kind(arrow: Any, name: str) -> Any:
    return arrow.timestamp("us") if name == "timestamp" else getattr(arrow, name)()
