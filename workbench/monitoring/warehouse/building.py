"""Build the warehouse from the usage log's Parquet: month by month, and only what has changed."""

from __future__ import annotations

import hashlib
import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core import settings
from workbench.core.errors import DataError, InputError
from workbench.core.optional import require
from workbench.core.progress import track
from workbench.core.viewers import Viewable

from . import sql
from .places import FOLDER, TABLES, Manifest, named_by_content, owned, publish, read_manifest

if TYPE_CHECKING:
    import duckdb

    from .metrics import Metrics

MEMORY = "1GB"
_AHEAD_S = 86_400.0


@dataclass(frozen=True)
class Rebuilt(Viewable):
    """What a refresh left: months and rows in all, what it wrote, and what was set aside."""

    months: int
    rows: int
    written: tuple[str, ...]
    quarantined: dict[str, int]
    gaps: tuple[str, ...]
    notes: tuple[str, ...]
    seconds: float


def refresh(
    *, again: bool = False, source: Path | None = None, folder: Path | None = None,
    metrics: Metrics | None = None, threads: int = 2, latest_s: float | None = None,
) -> Rebuilt:  # fmt: skip
    """Bring the warehouse up to the usage files. What it writes depends on them alone.

    Args:
        again: Make every month anew, also where its file has not changed.
        source: The folder of ``2026-11.parquet`` and so on, by default the home's usage.
        folder: The warehouse's folder, by default the home's.
        metrics: What is measured, by default ``metrics.yaml``.
        threads: DuckDB's.
        latest_s: What is later than this (seconds since 1970) is set aside; a day from now.

    Raises:
        BusyError: Another process writes the warehouse.
        DataError: A file is no Parquet, or lacks a column that it needs.
    """
    from .metrics import read_metrics  # pydantic's import is for who builds

    begun_s = time.monotonic()
    metrics = metrics or read_metrics()
    source = source or settings.home() / "usage"
    folder = folder or settings.home() / FOLDER
    found = {path.stem: path for path in sorted(source.glob("????-??.parquet"))}
    with owned(folder):
        old = Manifest() if again else read_manifest(folder)
        made_by = _digest(metrics)
        manifest = Manifest(metrics=made_by)
        written = []
        with _connect(threads, folder) as connection:
            _load_metrics(connection, metrics)
            latest_us = round(1e6 * (time.time() + _AHEAD_S if latest_s is None else latest_s))
            for month, path in track(list(found.items()), "Building the warehouse"):
                state = _state(path)
                known = old.months.get(month)
                if known and old.metrics == made_by and known["source"] == state:
                    manifest.months[month] = known
                    continue
                manifest.months[month] = _build(connection, metrics, path, folder, month, latest_us)
                manifest.months[month]["source"] = state
                written.append(month)
        publish(folder, manifest)
    return _told(manifest, written, time.monotonic() - begun_s)


def _told(manifest: Manifest, written: Sequence[str], seconds: float) -> Rebuilt:
    reasons: Counter[str] = Counter()
    said: dict[str, list[str]] = {}
    for name, month in sorted(manifest.months.items()):
        reasons.update(month["quarantined"])
        for note in month["notes"]:
            said.setdefault(note, []).append(name)
    notes = [
        f"{months[0]}: {note}" if len(months) == 1 else f"{months[0]} to {months[-1]}: {note}"
        for note, months in said.items()
    ]
    rows = sum(month["rows"] for month in manifest.months.values())
    return Rebuilt(
        len(manifest.months), rows, tuple(written), dict(sorted(reasons.items())),
        tuple(_gaps(manifest)), tuple(notes), seconds,
    )  # fmt: skip


def _gaps(manifest: Manifest) -> list[str]:
    """The months between the first and the last of which there is no file, or one without rows."""
    names = sorted(manifest.months)
    if not names:
        return []
    year, month = map(int, names[0].split("-"))
    gaps = []
    while (name := f"{year:04d}-{month:02d}") <= names[-1]:
        if name not in manifest.months or not manifest.months[name]["rows"]:
            gaps.append(name)
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return gaps


def _digest(metrics: Metrics) -> str:
    """What of the metrics goes into the files: measures do not, they are asked later."""
    told = metrics.model_dump(exclude={"measures", "minutes_saved"})
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def _state(path: Path) -> list[int]:
    about = path.stat()
    return [about.st_size, about.st_mtime_ns, about.st_ino]


def _connect(threads: int, folder: Path) -> duckdb.DuckDBPyConnection:
    if threads < 1:
        raise InputError(f"{threads} threads", hint="at least 1")
    engine = require("duckdb", extra="monitoring")
    connection: duckdb.DuckDBPyConnection = engine.connect(
        config={"threads": threads, "memory_limit": MEMORY, "temp_directory": str(folder / "spill")}
    )
    connection.execute("SET enable_progress_bar = false; SET TimeZone = 'UTC'")
    # Parquet's statistics leave NaN out, and DuckDB 2.0.1 then takes isnan() for false everywhere.
    connection.execute("SET disabled_optimizers = 'statistics_propagation'")
    return connection


def _load_metrics(connection: duckdb.DuckDBPyConnection, metrics: Metrics) -> None:
    connection.execute("CREATE TABLE rates (code VARCHAR, rate DOUBLE)")
    connection.execute("CREATE TABLE prices (model VARCHAR, prompt DOUBLE, completion DOUBLE)")
    for code, rate in metrics.rates.items():
        connection.execute("INSERT INTO rates VALUES (?, ?)", [code, rate])
    for model, price in metrics.prices.items():
        connection.execute(
            "INSERT INTO prices VALUES (?, ?, ?)", [model, price.prompt, price.completion]
        )


def _build(
    connection: duckdb.DuckDBPyConnection, metrics: Metrics, path: Path, folder: Path,
    month: str, latest_us: int,
) -> dict[str, Any]:  # fmt: skip
    """One month's files, and what there is to say of it."""
    columns = _columns(connection, path)
    rows, ids = _ask(
        connection, "SELECT count(*), count(DISTINCT hash(settlement_id)) FROM read_parquet($file)",
        file=str(path),
    )[0]  # fmt: skip
    judging = sql.reading(columns, repeated=ids < rows)
    first, after = _span(month)
    # A view takes no parameters: the words are put into it, quoted.
    for name, value in (
        ("$latest", f"make_timestamp({latest_us})"), ("$file", _quoted(str(path))),
        ("$currency", _quoted(metrics.currency)), ("$first", first), ("$next", after),
    ):  # fmt: skip
        judging = judging.replace(name, value)
    connection.execute(f"CREATE OR REPLACE TEMP VIEW judged AS {judging}")
    _own(connection, metrics)
    files: dict[str, str] = {}
    kept = rows
    for table in TABLES:
        query = {"clean": sql.OWNED, "quarantine": sql.QUARANTINE, **sql.ROLLUPS}[table]
        if table == "quarantine" and kept == rows:
            query += " LIMIT 0"  # the file with its columns, without looking at every row again
        part = folder / f"{table}-{month}.part"
        connection.execute(
            f"COPY ({query}) TO {_quoted(str(part))} "
            "(FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE 122880)"
        )
        files[table] = named_by_content(part, table, month)
        if table == "clean":  # the rollups are of what was written
            written = _quoted(str(folder / files[table]))
            connection.execute(
                f"CREATE OR REPLACE TEMP VIEW clean AS SELECT * FROM read_parquet({written})"
            )
            kept = _ask(connection, "SELECT count(*) FROM clean")[0][0]
    bad = "SELECT reason, count(*) FROM judged WHERE reason IS NOT NULL GROUP BY reason"
    reasons = dict(_ask(connection, bad)) if kept < rows else {}
    return {
        "files": files, "rows": kept, "quarantined": reasons,
        "notes": _notes(connection, metrics, kept),
    }  # fmt: skip


def _span(month: str) -> tuple[str, str]:
    """The first moment of a month and of the next, as SQL."""
    year, number = map(int, month.split("-"))
    after = (year + 1, 1) if number == 12 else (year, number + 1)
    return (
        f"TIMESTAMP '{year:04d}-{number:02d}-01'",
        f"TIMESTAMP '{after[0]:04d}-{after[1]:02d}-01'",
    )


def _notes(connection: duckdb.DuckDBPyConnection, metrics: Metrics, kept: int) -> list[str]:
    if not kept:
        return ["no row is left"]
    notes = []
    free = _ask(
        connection,
        "SELECT model, count(*) FROM clean WHERE answered AND NOT cache_hit GROUP BY model "
        "HAVING sum(cost_nano) = 0 ORDER BY model",
    )
    unpriced = [model for model, _ in free if model not in metrics.prices]
    if unpriced:
        notes.append(f"without a price, counted as free: {', '.join(unpriced)}")
    unknown = _ask(connection, "SELECT count(*) FROM clean WHERE model = 'unknown'")[0][0]
    if unknown:
        notes.append(f"{unknown} calls of an unknown model")
    return notes


def _own(connection: duckdb.DuckDBPyConnection, metrics: Metrics) -> None:
    """Whose each user is: worked out once a user, not once a row."""
    users = [row[0] for row in _ask(connection, sql.WHOSE)]
    arrow = require("pyarrow", extra="data")
    owners = arrow.table({
        "user": arrow.array(users, arrow.string()),
        "team": arrow.array([metrics.team_of(user) for user in users], arrow.string()),
    })  # fmt: skip
    connection.register("owners_now", owners)
    connection.execute("CREATE OR REPLACE TEMP TABLE owners AS SELECT * FROM owners_now")
    connection.unregister("owners_now")


def _columns(connection: duckdb.DuckDBPyConnection, path: Path) -> frozenset[str]:
    duckdb = require("duckdb", extra="monitoring")
    try:
        told = _ask(connection, "SELECT name FROM parquet_schema($file)", file=str(path))
    except duckdb.Error as error:
        raise DataError(
            f"{path} is no Parquet file: {str(error).splitlines()[0]}",
            hint="workbench serving usage export --rebuild writes the home's files anew",
        ) from None
    columns = frozenset(name for (name,) in told)
    if missing := sql.NEEDED - columns:
        raise DataError(
            f"{path} lacks {', '.join(sorted(missing))}", hint="it is not of the usage log's export"
        )
    return columns


def _ask(connection: duckdb.DuckDBPyConnection, query: str, **given: Any) -> list[tuple[Any, ...]]:
    return connection.execute(query, given or None).fetchall()


def _quoted(said: str) -> str:
    return "'" + said.replace("'", "''") + "'"
