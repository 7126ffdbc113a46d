"""The usage log as Parquet, a file a month: ``<home>/usage/2026-11.parquet``.

The table is the truth, the files are derived from it and may be deleted. A month is written anew,
whole, when it has rows that its file lacks, so a row is in it once however often it is exported,
and a reader sees the old file or the new one, never a part.
"""

from __future__ import annotations

import calendar
import contextlib
import json
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workbench.core.optional import require
from workbench.core.progress import track
from workbench.core.viewers import Viewable

from . import files
from .database import Database, open_database
from .sqlite_faults import saying_why
from .usage_rows import COLUMNS, NANO

FOLDER = "usage"
SCHEMA_VERSION = "1"
_BATCH_ROWS = 20_000
_FEW_NEW = 200_000
_MONTH = "strftime('%Y-%m', time_s, 'unixepoch')"
_MARK = b"workbench.usage"  # in a file's metadata: what of the table it holds
# Arrow's types by column; what is not named is text.
_TYPES = {
    "time": "timestamp[us, tz=UTC]",
    "status": "int16",
    "prompt_tokens": "int64",
    "completion_tokens": "int64",
    "cached_tokens": "int64",
    "cost_usd": "float64",
    "queue_s": "float64",
    "time_to_first_token_s": "float64",
    "duration_s": "float64",
    "stream": "bool",
    "fallbacks": "list<string>",
    "prompt_chars": "int64",
    "sketch": "binary",
    "feedback_score": "float64",
}
# What of the table a column of the files is; what is not named has its name.
_SQL = {
    "time": "CAST(round(time_s * 1e6) AS INTEGER)",
    "cost_usd": f"cost_nano_usd / {NANO:.1f}",
    "feedback_score": "(SELECT score FROM feedback WHERE feedback.request_id = usage.request_id "
    "AND feedback.key_id = usage.key_id)",
}
_MOST = 2**63 - 1


@dataclass(frozen=True)
class UsageFile:
    """One month's file. ``written`` is False where it held all rows already."""

    month: str
    path: Path
    rows: int
    size_bytes: int
    written: bool


@dataclass(frozen=True)
class UsageExport(Viewable):
    """What an export left."""

    files: tuple[UsageFile, ...]


def export_usage(
    *, month: str | None = None, rebuild: bool = False, database: Database | None = None
) -> UsageExport:
    """Bring the files up to the table.

    Args:
        month: Only this one, as ``2026-11``; by default all that have rows.
        rebuild: Write them anew also where they hold all rows.
        database: The store, by default that of WORKBENCH_HOME.

    Raises:
        DependencyError: pyarrow is not installed.
        StorageError: A file cannot be written; those before it are.
    """
    database = database or open_database()
    folder = database.path.parent / FOLDER
    files.remove_parts(folder)
    done = []
    for name, mark in track(_months(database, month), "Exporting usage"):
        path = folder / f"{name}.parquet"
        known = None if rebuild else read_mark(path)
        if known != mark:
            _write_month(database, path, name, mark)
        rows = int(json.loads(mark)["rows"])
        done.append(UsageFile(name, path, rows, path.stat().st_size, known != mark))
    return UsageExport(tuple(done))


def read_mark(path: Path) -> str | None:
    """What of the table a file holds; None if it is missing or damaged."""
    parquet = require("pyarrow.parquet", extra="data")
    arrow = require("pyarrow", extra="data")
    with contextlib.suppress(OSError, arrow.ArrowInvalid):
        metadata = parquet.read_metadata(path).metadata or {}
        mark = metadata.get(_MARK)
        return None if mark is None else str(mark, "utf-8")
    return None


def _months(database: Database, month: str | None) -> list[tuple[str, str]]:
    """The months that have rows, with a mark that differs when their rows do.

    A row is only ever added, so how many there are and the last one's place say which they are;
    feedback may change, and is marked by its last time.
    """
    rows = database.read(
        f"SELECT {_MONTH} AS month, count(*) AS rows, max(rowid) AS last FROM usage "
        f"WHERE ?1 IS NULL OR {_MONTH} = ?1 GROUP BY month ORDER BY month",
        (month,),
    )
    said = database.read(
        f"SELECT {_MONTH.replace('time_s', 'usage.time_s')} AS month, max(feedback.time_s) AS last "
        "FROM feedback JOIN usage USING (request_id, key_id) GROUP BY month"
    )
    feedback = {row["month"]: row["last"] for row in said}
    return [
        (
            row["month"],
            json.dumps(
                {
                    "version": SCHEMA_VERSION,
                    "rows": row["rows"],
                    "last": row["last"],
                    "feedback": feedback.get(row["month"]),
                }
            ),
        )
        for row in rows
    ]


def _write_month(database: Database, path: Path, month: str, mark: str) -> None:
    parquet = require("pyarrow.parquet", extra="data")
    span = month_span_s(month)
    last = int(json.loads(mark)["last"])
    schema = _schema().with_metadata({_MARK: mark.encode()})
    with files.replacing(path) as file, parquet.ParquetWriter(file, schema) as writer:
        for table in read_usage_tables(database, *span, last=last):
            writer.write_table(table.replace_schema_metadata(schema.metadata))


def month_span_s(month: str) -> tuple[float, float]:
    """The Unix times of a month's first moment (``2026-11``, UTC) and of the next month's."""
    year, number = map(int, month.split("-"))
    start_s = calendar.timegm((year, number, 1, 0, 0, 0))
    return float(start_s), float(start_s + calendar.monthrange(year, number)[1] * 86_400)


def read_usage_tables(
    database: Database, since_s: float, until_s: float, *, after: int = 0, last: int = _MOST,
    columns: Sequence[str] | None = None,
) -> Iterator[Any]:  # fmt: skip
    """Settled rows of a span as Arrow tables of 20,000 rows each, as the files have them.

    One query in one read transaction, in order of time: rows that come meanwhile are not seen.

    Args:
        database: The store.
        since_s: The first Unix time that counts.
        until_s: The first that does not any more.
        after: Without the rows up to this place in the table.
        last: Without those behind this place.
        columns: Only these, by the names that they have in the files; all if None.
    """
    arrow = require("pyarrow", extra="data")
    schema = _schema()
    if columns is not None:
        schema = arrow.schema([schema.field(name) for name in columns])
    chosen = ", ".join(_SQL.get(name, name) for name in schema.names)
    newest = database.read("SELECT max(rowid) FROM usage")[0][0] or 0
    # By whichever of the two leads past fewer rows: the other is kept out of the plan by its sign.
    by_time, by_place = ("+", "") if after and newest - after < _FEW_NEW else ("", "+")
    with saying_why(database.path):
        cursor = database.connection().execute(
            f"SELECT {chosen} FROM usage WHERE {by_time}time_s >= ? AND {by_time}time_s < ? "
            f"AND {by_place}rowid > ? AND {by_place}rowid <= ? ORDER BY time_s, settlement_id",
            (since_s, until_s, after, last),
        )
        cursor.row_factory = None  # plain tuples: a third of the time goes into rows with names
        try:
            while rows := cursor.fetchmany(_BATCH_ROWS):
                yield _as_table(rows, schema)
        finally:
            cursor.close()


def _as_table(rows: Sequence[tuple[Any, ...]], schema: Any) -> Any:
    """Column by column: a row at a time took five times as long."""
    arrow = require("pyarrow", extra="data")
    arrays = []
    values: Iterable[Any]
    for field, values in zip(schema, zip(*rows, strict=True), strict=True):
        if field.name == "fallbacks":
            values = map(_failed_before, values)
        elif field.name == "stream":
            values = map(bool, values)
        arrays.append(arrow.array(values, type=field.type))
    return arrow.Table.from_arrays(arrays, schema=schema)


def _failed_before(told: str | None) -> list[str]:
    return json.loads(told) if told else []


def _schema() -> Any:
    arrow = require("pyarrow", extra="data")
    kinds = {
        "timestamp[us, tz=UTC]": arrow.timestamp("us", tz="UTC"),
        "list<string>": arrow.list_(arrow.string()),
        "int16": arrow.int16(),
        "int64": arrow.int64(),
        "float64": arrow.float64(),
        "bool": arrow.bool_(),
        "binary": arrow.binary(),
    }
    renamed = {"time_s": "time", "cost_nano_usd": "cost_usd"}
    names = [
        "settlement_id",
        "time_s",
        *(n for n in COLUMNS if n not in ("settlement_id", "time_s")),
    ]
    names = [renamed.get(name, name) for name in [*names, "feedback_score"]]
    return arrow.schema(
        [(name, kinds[_TYPES[name]] if name in _TYPES else arrow.string()) for name in names]
    )


def current_month(time_s: float | None = None) -> str:
    """The month of a moment (UTC), by default of now."""
    return time.strftime("%Y-%m", time.gmtime(time_s))
