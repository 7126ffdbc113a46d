"""The usage log as Parquet, a file a month: ``<home>/usage/2026-11.parquet``.

The table is the truth, the files are derived from it and may be deleted. A month is written anew,
whole, when it has rows that its file lacks, so a row is in it once however often it is exported,
and a reader sees the old file or the new one, never a part.
"""

from __future__ import annotations

import calendar
import contextlib
import json
import sqlite3
import time
from collections.abc import Iterator
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
    arrow = require("pyarrow", extra="data")
    parquet = require("pyarrow.parquet", extra="data")
    schema = _schema(arrow).with_metadata({_MARK: mark.encode()})
    last = int(json.loads(mark)["last"])
    with files.replacing(path) as file, parquet.ParquetWriter(file, schema) as writer:
        for batch in _batches(database, month, last):
            writer.write_table(arrow.Table.from_pylist(batch, schema=schema))


def _batches(database: Database, month: str, last: int) -> Iterator[list[dict[str, Any]]]:
    """The month's rows in order of time, as they were when the mark was made.

    One query in one read transaction: rows that come meanwhile are not seen.
    """
    year, number = map(int, month.split("-"))
    start_s = calendar.timegm((year, number, 1, 0, 0, 0))
    days = calendar.monthrange(year, number)[1]
    with saying_why(database.path):
        cursor = database.connection().execute(
            f"SELECT {', '.join(COLUMNS)}, (SELECT score FROM feedback WHERE "
            "feedback.request_id = usage.request_id AND feedback.key_id = usage.key_id) "
            "AS feedback_score FROM usage WHERE time_s >= ? AND time_s < ? AND rowid <= ? "
            "ORDER BY time_s, settlement_id",
            (start_s, start_s + days * 86_400, last),
        )
        try:
            while rows := cursor.fetchmany(_BATCH_ROWS):
                yield [_plain(row) for row in rows]
        finally:
            cursor.close()


def _plain(row: sqlite3.Row) -> dict[str, Any]:
    values = {name: row[name] for name in row.keys()}  # noqa: SIM118 - a Row, not a dict
    values["time"] = round(values.pop("time_s") * 1e6)
    values["cost_usd"] = values.pop("cost_nano_usd") / NANO
    values["stream"] = bool(values["stream"])
    values["fallbacks"] = json.loads(values["fallbacks"] or "[]")
    return values


def _schema(arrow: Any) -> Any:
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
