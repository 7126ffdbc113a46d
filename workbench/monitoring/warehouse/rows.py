"""Single rows of usage by the warehouse's rules: of this home, or of somebody's files or table."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core import settings
from workbench.core.errors import NotFoundError
from workbench.core.optional import require

from . import sql
from .judging import (
    Part,
    connect,
    count_reasons,
    has_repeats,
    judge,
    latest_now_us,
    load_metrics,
    part_of,
    remarks,
)

if TYPE_CHECKING:
    import duckdb

    from .metrics import Metrics

NO_USAGE = "there is no usage yet"
ASK_IT = "workbench serve, and ask it something; then again"
_MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


@dataclass(frozen=True)
class OpenRows:
    """``connection`` has the views ``clean``, the good rows of the span, and ``judged``, all rows
    with the ``reason`` for which each is set aside."""

    connection: duckdb.DuckDBPyConnection
    metrics: Metrics
    span: str
    about: str

    def notes(self) -> list[str]:
        """What was set aside of the span, and what there is to know of the rest."""
        aside = count_reasons(self.connection, where=self.about)
        told = [told_aside(count, why) for why, count in aside.items()]
        return [*told, *remarks(self.connection, self.metrics)]


@contextmanager
def open_rows(
    source: Any = None, *, since: dt.date, until: dt.date, also: Sequence[str] = (),
    metrics: Metrics | None = None,
) -> Iterator[OpenRows]:  # fmt: skip
    """Open the rows of a span; only the columns that are then asked for are read.

    A file that is named by a month, such as ``2026-11.parquet``, is held to it.

    Args:
        source: A pyarrow table, or one or several Parquet files, as ``store.usage_export`` makes
            them; by default those of this home, brought up to date.
        since: The first moment that counts (UTC).
        until: The first that does not any more.
        also: Columns of the export that ``clean`` has beside its own.
        metrics: Rates, prices and teams; by default as ``metrics.yaml`` says.

    Raises:
        DataError: A file is no Parquet, or lacks a column that is needed.
        NotFoundError: This home has no usage.
    """
    from .metrics import read_metrics

    known = metrics or read_metrics()
    with connect() as connection:
        load_metrics(connection, known)
        parts = _parts(connection, source)
        repeated = has_repeats(connection, parts)
        if not repeated:  # else the row that counts may stand in any of them
            parts = [part for part in parts if _reaches(part.month, since, until)] or parts[-1:]
        judge(
            connection, known, parts, latest_us=latest_now_us(), repeated=repeated, also=also
        )  # fmt: skip
        span = f"time >= {sql.moment(since)} AND time < {sql.moment(until)}"
        connection.execute(
            f"CREATE TEMP VIEW clean AS SELECT * FROM ({sql.clean(*also)}) AS good WHERE {span}"
        )
        yield OpenRows(connection, known, span, _about(span, since, until))


def _about(span: str, since: dt.date, until: dt.date) -> str:
    """Which of the bad rows are told of: those of the span by their own time, by the month of the
    file where they stand (their time may be what is wrong), and those that have no sound time."""
    first = sql.moment(dt.date(since.year, since.month, 1))
    filed = f"begins >= {first} AND begins < {sql.moment(until)}"
    ahead = "begins IS NULL AND reason = 'ahead of the clock'"
    return f"time IS NULL OR ({span}) OR ({filed}) OR ({ahead})"


def home_files() -> list[Path]:
    """This home's usage files, the first month first, brought up to its store.

    Raises:
        NotFoundError: There is none.
    """
    from workbench.store.usage_export import export_usage

    export_usage()
    found = sorted((settings.home() / "usage").glob("????-??.parquet"))
    if not found:
        raise NotFoundError(NO_USAGE, hint=ASK_IT)
    return found


def told_aside(count: int, why: str) -> str:
    """How it is told that rows were set aside."""
    return f"1 row is set aside: {why}" if count == 1 else f"{count:,} rows are set aside: {why}"


def _parts(connection: duckdb.DuckDBPyConnection, source: Any) -> list[Part]:
    arrow = require("pyarrow", extra="data")
    if isinstance(source, arrow.Table):
        connection.register("given", source)
        return [part_of(connection, "given", name="the table")]
    if source is None:
        paths = home_files()
    else:
        paths = [Path(source)] if isinstance(source, (str, Path)) else [Path(p) for p in source]
    return [
        part_of(
            connection, f"read_parquet({sql.quoted(str(path))})", name=str(path),
            month=path.stem if _MONTH.fullmatch(path.stem) else None,
        )
        for path in paths
    ]  # fmt: skip


def _reaches(month: str | None, since: dt.date, until: dt.date) -> bool:
    return month is None or f"{since:%Y-%m}" <= month <= f"{until:%Y-%m}"
