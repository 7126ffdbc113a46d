"""Build the warehouse from the usage log's Parquet: month by month, and only what has changed."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core import settings
from workbench.core.errors import DataError
from workbench.core.optional import require
from workbench.core.viewers import Viewable
from workbench.store.usage_export import read_mark

from . import sql
from .judging import (
    ask,
    connect,
    count_reasons,
    has_repeats,
    judge,
    latest_now_us,
    load_metrics,
    part_of,
    remarks,
)
from .months import bring_up_to_date, state_of
from .places import FOLDER, TABLES, Manifest, named_by_content, owned, publish, read_manifest

if TYPE_CHECKING:
    import duckdb

    from .metrics import Metrics


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
        manifest = Manifest(metrics=digest_of(metrics))
        if old.metrics != manifest.metrics:
            old = Manifest(
                {month: {**known, "source": None} for month, known in old.months.items()}
            )
        with connect(threads, spill=folder / "spill") as connection:
            load_metrics(connection, metrics)
            latest_us = latest_now_us() if latest_s is None else round(1e6 * latest_s)
            work = _Work(connection, metrics, folder, latest_us, found, manifest)
            written = bring_up_to_date(work, found=found, old=old.months, kept=manifest.months)
        publish(folder, manifest)
    return tell(manifest, written, time.monotonic() - begun_s)


@dataclass(frozen=True)
class _Work:
    """One refresh, a ``Builder`` of months: ``manifest`` is what will be published."""

    connection: duckdb.DuckDBPyConnection
    metrics: Metrics
    folder: Path
    latest_us: int
    found: dict[str, Path]
    manifest: Manifest

    def build(self, month: str, path: Path, state: list[int]) -> dict[str, Any]:
        """One month's files, and what there is to say of it."""
        duckdb = require("duckdb", extra="monitoring")
        try:
            mark = read_mark(path)
            made = self._build(month, path)
            # Written anew meanwhile: whichever was read, it is not known, so it is read again.
            same = state_of(path) == state
            return {**made, "source": state if same else None, "mark": mark}
        except (duckdb.DataError, duckdb.BinderException) as error:
            raise DataError(
                f"{path} has what cannot be counted: {str(error).splitlines()[0]}",
                hint="workbench serving usage-export --rebuild writes the home's files anew",
            ) from None

    def shares_settlements(self, month: str, known: dict[str, Any], earlier: Sequence[str]) -> bool:
        """Whether a month that stands has a settlement which now counts in an earlier one."""
        now = [self._clean_file(each) for each in earlier if each in self.manifest.months]
        if not now:
            return False
        found = ask(
            self.connection,
            f"SELECT count(*) FROM {_parquet([self.folder / known['files']['clean']])} "
            f"WHERE settlement_hash IN (SELECT settlement_hash FROM {_parquet(now)})",
        )
        return bool(found[0][0])

    def forget(self, month: str) -> None:
        """Nothing: a month that is not published has no files for long."""

    def _build(self, month: str, path: Path) -> dict[str, Any]:
        part = part_of(self.connection, _parquet([path]), name=str(path), month=month)
        rows = ask(self.connection, f"SELECT count(*) FROM {part.rows}")[0][0]
        earlier = self._find_earlier(path)
        judge(
            self.connection, self.metrics, [part], latest_us=self.latest_us,
            repeated=has_repeats(self.connection, [part]), elsewhere=earlier,
        )  # fmt: skip
        files: dict[str, str] = {}
        kept = rows
        for table in TABLES:
            query = {"clean": sql.clean(), "quarantine": sql.QUARANTINE, **sql.ROLLUPS}[table]
            if table == "quarantine" and kept == rows:
                query += " LIMIT 0"  # the file with its columns, without looking at every row again
            files[table] = self._write(query, table, month)
            if table == "clean":  # the rollups are of what was written
                self.connection.execute(
                    "CREATE OR REPLACE TEMP VIEW clean AS "
                    f"SELECT * FROM {_parquet([self.folder / files[table]])}"
                )
                kept = ask(self.connection, "SELECT count(*) FROM clean")[0][0]
        return {
            "files": files, "rows": kept, "elsewhere": earlier,
            "notes": remarks(self.connection, self.metrics) if kept else ["no row is left"],
            "quarantined": count_reasons(self.connection) if kept < rows else {},
        }  # fmt: skip

    def _write(self, query: str, table: str, month: str) -> str:
        """A query's rows as a file; its name."""
        part = self.folder / f"{table}-{month}.part"
        self.connection.execute(
            f"COPY ({query}) TO {sql.quoted(str(part))} "
            "(FORMAT parquet, COMPRESSION snappy, ROW_GROUP_SIZE 122880)"
        )
        return named_by_content(part, table, month)

    def _find_earlier(self, path: Path) -> bool:
        """Make the table ``elsewhere`` of the file's settlements that count in an earlier month."""
        months = list(self.manifest.months)
        if not months:
            return False
        self.connection.execute(
            "CREATE OR REPLACE TEMP TABLE elsewhere AS SELECT DISTINCT settlement_id FROM "
            f"{_parquet([path])} WHERE hash(settlement_id) IN (SELECT settlement_hash FROM "
            f"{_parquet([self._clean_file(month) for month in months])})"
        )
        if not ask(self.connection, "SELECT count(*) FROM elsewhere")[0][0]:
            return False
        # Two settlements may have one hash: what decides is their names.
        self.connection.execute(
            "DELETE FROM elsewhere WHERE settlement_id NOT IN (SELECT settlement_id FROM "
            f"{_parquet([self.found[month] for month in months])} WHERE settlement_id IS NOT NULL)"
        )
        return bool(ask(self.connection, "SELECT count(*) FROM elsewhere")[0][0])

    def _clean_file(self, month: str) -> Path:
        return self.folder / self.manifest.months[month]["files"]["clean"]


def _parquet(paths: Sequence[Path]) -> str:
    listed = ", ".join(sql.quoted(str(path)) for path in paths)
    return f"read_parquet([{listed}], union_by_name = true)"


def tell(manifest: Manifest, written: Sequence[str], seconds: float) -> Rebuilt:
    """What a refresh left, all months together."""
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


def digest_of(metrics: Metrics) -> str:
    """What the files are made by beside the usage: hashes of DuckDB's are in them."""
    duckdb = require("duckdb", extra="monitoring")
    return metrics.rows_sha256(duckdb=duckdb.__version__)
