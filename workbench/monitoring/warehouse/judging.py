"""Which rows of usage are good, and what is told of them: the one place that says so."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from workbench.core.errors import DataError, InputError
from workbench.core.optional import require

from . import sql

if TYPE_CHECKING:
    import duckdb

    from .metrics import Metrics


MEMORY = "1GB"
_AHEAD_S = 86_400.0


class Asked(Protocol):
    """A connection to DuckDB or to Postgres."""

    def execute(self, query: Any, parameters: Any = ..., /) -> Any:
        """Run a statement; what comes back has ``fetchall``."""


@dataclass(frozen=True)
class Part:
    """One file or table of usage: ``rows`` is what stands behind FROM, ``columns`` what it has,
    ``month`` the one that all its rows must be of."""

    rows: str
    columns: frozenset[str]
    month: str | None = None


def part_of(
    connection: duckdb.DuckDBPyConnection, rows: str, *, name: str, month: str | None = None
) -> Part:
    """A part by what it has.

    Args:
        connection: That knows it.
        rows: What stands behind FROM.
        name: What an error calls it.
        month: Such as 2026-11.

    Raises:
        DataError: It is no Parquet, or lacks a column that is needed.
    """
    duckdb = require("duckdb", extra="monitoring")
    try:
        columns = frozenset(row[0] for row in ask(connection, f"DESCRIBE SELECT * FROM {rows}"))
    except duckdb.Error as error:
        raise DataError(
            f"{name} is no Parquet file: {str(error).splitlines()[0]}",
            hint="workbench serving usage-export --rebuild writes the home's files anew",
        ) from None
    if missing := sql.NEEDED - columns:
        raise DataError(
            f"{name} lacks {', '.join(sorted(missing))}", hint="it is not of the usage log's export"
        )
    return Part(rows, columns, month)


def connect(threads: int = 2, *, spill: Path | None = None) -> duckdb.DuckDBPyConnection:
    """DuckDB as usage is judged in: in UTC, in bounded memory.

    Args:
        threads: Of DuckDB.
        spill: A folder for what does not fit.

    Raises:
        InputError: There is to be no thread.
    """
    if threads < 1:
        raise InputError(f"{threads} threads", hint="at least 1")
    engine = require("duckdb", extra="monitoring")
    config = {"threads": threads, "memory_limit": MEMORY}
    if spill is not None:
        config["temp_directory"] = str(spill)
    connection: duckdb.DuckDBPyConnection = engine.connect(config=config)
    connection.execute("SET enable_progress_bar = false; SET TimeZone = 'UTC'")
    # Parquet's statistics leave NaN out, and DuckDB 2.0.1 then takes isnan() for false everywhere.
    connection.execute("SET disabled_optimizers = 'statistics_propagation'")
    return connection


def latest_now_us() -> int:
    """What is later than this is ahead of the clock: a day from now."""
    return round(1e6 * (time.time() + _AHEAD_S))


def load_metrics(connection: duckdb.DuckDBPyConnection, metrics: Metrics) -> None:
    """Rates and prices as tables, before anything is judged."""
    connection.execute("CREATE TABLE rates (code VARCHAR, rate DOUBLE)")
    connection.execute("CREATE TABLE prices (model VARCHAR, prompt DOUBLE, completion DOUBLE)")
    for code, rate in metrics.rates.items():
        connection.execute("INSERT INTO rates VALUES (?, ?)", [code, rate])
    for model, price in metrics.prices.items():
        connection.execute(
            "INSERT INTO prices VALUES (?, ?, ?)", [model, price.prompt, price.completion]
        )


def judge(
    connection: duckdb.DuckDBPyConnection,
    metrics: Metrics,
    parts: Sequence[Part],
    *,
    latest_us: int,
    repeated: bool,
    elsewhere: bool = False,
    also: Sequence[str] = (),
) -> None:
    """Make the view ``judged`` of all rows of the parts, and the table ``owners`` of their users.

    ``sql.clean`` asks both. The arguments are those of ``sql.judging``.
    """
    told = [
        sql.telling(part.rows, part.columns, month=part.month, also=also) for part in parts
    ]  # fmt: skip
    view = sql.judging(
        told, currency=metrics.currency, latest_us=latest_us, repeated=repeated,
        elsewhere=elsewhere,
    )  # fmt: skip
    connection.execute(f"CREATE OR REPLACE TEMP VIEW judged AS {view}")
    _own(connection, metrics)


def has_repeats(connection: Asked, parts: Sequence[Part]) -> bool:
    """Whether a settlement may stand in the parts twice; asked before what is dear."""
    rows = " UNION ALL ".join(f"SELECT settlement_id FROM {part.rows}" for part in parts)
    count, ids = ask(
        connection, f"SELECT count(*), count(DISTINCT hash(settlement_id)) FROM ({rows}) AS told"
    )[0]
    return bool(ids < count)


def count_reasons(connection: Asked, *, where: str = "true") -> dict[str, int]:
    """How many rows were set aside, by reason."""
    return dict(
        ask(
            connection,
            f"SELECT reason, count(*) FROM judged WHERE reason IS NOT NULL AND ({where}) "
            "GROUP BY reason ORDER BY reason",
        )
    )


def remarks(connection: Asked, metrics: Metrics) -> list[str]:
    """What there is to say of the view ``clean``."""
    notes = []
    free = ask(
        connection,
        "SELECT model FROM clean WHERE answered AND NOT cache_hit GROUP BY model "
        "HAVING sum(cost_nano) = 0 ORDER BY model",
    )
    unpriced = [model for (model,) in free if model not in metrics.prices]
    if unpriced:
        notes.append(f"without a price, counted as free: {', '.join(unpriced)}")
    unknown = ask(connection, "SELECT count(*) FROM clean WHERE model = 'unknown'")[0][0]
    if unknown:
        notes.append(f"{unknown:,} calls of an unknown model")
    return notes


def ask(connection: Asked, query: str, **given: Any) -> list[tuple[Any, ...]]:
    """The rows of a query."""
    rows: list[tuple[Any, ...]] = connection.execute(query, given or None).fetchall()
    return rows


def _own(connection: duckdb.DuckDBPyConnection, metrics: Metrics) -> None:
    """Whose each user is: worked out once a user, not once a row."""
    users = [row[0] for row in ask(connection, sql.WHOSE)]
    arrow = require("pyarrow", extra="data")
    owners = arrow.table({
        "user": arrow.array(users, arrow.string()),
        "team": arrow.array([metrics.team_of(user) for user in users], arrow.string()),
    })  # fmt: skip
    connection.register("owners_now", owners)
    connection.execute("CREATE OR REPLACE TEMP TABLE owners AS SELECT * FROM owners_now")
    connection.unregister("owners_now")
