"""Build the warehouse in Postgres from the usage log's Parquet: in one transaction, by month."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core import settings
from workbench.core.errors import BusyError
from workbench.monitoring.warehouse import sql
from workbench.monitoring.warehouse.building import Rebuilt, tell
from workbench.monitoring.warehouse.judging import (
    Part,
    ask,
    count_reasons,
    has_repeats,
    latest_now_us,
    remarks,
)
from workbench.monitoring.warehouse.months import bring_up_to_date
from workbench.monitoring.warehouse.owning import check_owner, home_name
from workbench.monitoring.warehouse.places import Manifest
from workbench.store.postgres_link import place_of

from . import arriving, schema
from .link import SCHEMA, connect, saying_why

if TYPE_CHECKING:
    import psycopg

    from workbench.monitoring.warehouse.metrics import Metrics

_LOCK = 0x776F726B62656E63  # "workbenc"


def refresh(
    url: str, *, again: bool = False, source: Path | None = None, metrics: Metrics | None = None,
    latest_s: float | None = None,
) -> Rebuilt:  # fmt: skip
    """Bring the warehouse in a database up to the usage files.

    It is one transaction: who reads sees what was before until it is whole, and a process that is
    killed leaves nothing.

    Args:
        url: ``postgresql://USER@HOST:PORT/DATABASE``.
        again: Make every month anew, also where its file has not changed.
        source: The folder of ``2026-11.parquet`` and so on, by default the home's usage.
        metrics: What is measured, by default ``metrics.yaml``.
        latest_s: What is later than this (seconds since 1970) is set aside; a day from now.

    Raises:
        BusyError: Another process writes the warehouse.
        ConflictError: Another home builds it.
        DataError: A file is no Parquet, or lacks a column that it needs.
        AccessError: The server refuses the user, or the user may not make a schema.
        FetchError: It cannot be reached, or the connection was lost; what was there is as before.
    """
    from workbench.monitoring.warehouse.metrics import read_metrics  # pydantic, for who builds

    begun_s = time.monotonic()
    metrics = metrics or read_metrics()
    source = source or settings.home() / "usage"
    found = {path.stem: path for path in sorted(source.glob("????-??.parquet"))}
    latest_us = latest_now_us() if latest_s is None else round(1e6 * latest_s)
    with connect(url) as connection, saying_why(url), connection.transaction():
        _take(connection, url)
        _check_owner(connection, url)
        old = _prepare(connection, metrics, again=again)
        _load_metrics(connection, metrics)
        manifest = Manifest()
        work = _Work(connection, metrics, latest_us)
        written = bring_up_to_date(work, found=found, old=old, kept=manifest.months)
        if written or set(old) - set(found):
            _find_first_days(connection)
        if found:  # who has nothing yet does not take it from those who will have
            connection.execute(f"UPDATE made SET owner = {sql.quoted(home_name())}")
    return tell(manifest, written, time.monotonic() - begun_s)


@dataclass(frozen=True)
class _Work:
    """One refresh, a ``Builder`` of months."""

    connection: psycopg.Connection[Any]
    metrics: Metrics
    latest_us: int

    def shares_settlements(self, month: str, known: dict[str, Any], earlier: Sequence[str]) -> bool:
        """Whether a month that stands has a settlement which now counts in an earlier one."""
        return bool(
            ask(
                self.connection,
                "SELECT EXISTS (SELECT FROM clean_rows AS later JOIN clean_rows AS earlier "
                f"USING (settlement_id) WHERE later.month = {sql.quoted(month)} "
                f"AND earlier.month IN ({', '.join(map(sql.quoted, earlier))}))",
            )[0][0]
        )

    def forget(self, month: str) -> None:
        """Take away what stands of a month."""
        for table in (*schema.TABLES, *schema.ROLLUPS, "months"):
            self.connection.execute(f"DELETE FROM {table} WHERE month = {sql.quoted(month)}")

    def build(self, month: str, path: Path, state: list[int]) -> dict[str, Any]:
        """One month's rows, and what there is to say of it."""
        from psycopg.types.json import Jsonb

        arriving.copy_in(self.connection, path)
        self.forget(month)
        earlier = self._judge(month)
        run = self.connection.execute
        self._keep("clean_rows", month, sql.clean("settlement_id"))
        self._keep("quarantine_rows", month, sql.QUARANTINE)
        run(
            "CREATE OR REPLACE TEMP VIEW clean AS SELECT * FROM clean_rows "
            f"WHERE month = {sql.quoted(month)}"
        )
        for table, query in schema.ROLLUPS.items():
            self._keep(table, month, query)
        rows = ask(self.connection, "SELECT count(*) FROM clean")[0][0]
        made = {
            "source": state, "elsewhere": earlier, "rows": rows,
            "quarantined": count_reasons(self.connection),
            "notes": remarks(self.connection, self.metrics) if rows else ["no row is left"],
        }  # fmt: skip
        kept = [
            Jsonb(value) if isinstance(value, dict | list) else value for value in made.values()
        ]
        run(
            f"INSERT INTO months (month, {', '.join(made)}) VALUES (%s, %s, %s, %s, %s, %s)",
            [month, *kept],
        )
        return made

    def _judge(self, month: str) -> bool:
        """The table ``judged`` of the rows that arrived; whether some count in an earlier month."""
        run = self.connection.execute
        run(
            "DROP TABLE IF EXISTS elsewhere, judged, owners; CREATE TEMP TABLE elsewhere AS "
            "SELECT settlement_id FROM arrived WHERE settlement_id IN "
            f"(SELECT settlement_id FROM clean_rows WHERE month < {sql.quoted(month)})"
        )
        earlier = bool(ask(self.connection, "SELECT count(*) FROM elsewhere")[0][0])
        part = Part("arrived", arriving.COLUMNS, month)
        judged = sql.judging(
            [sql.telling(part.rows, part.columns, month=month)],
            currency=self.metrics.currency, latest_us=self.latest_us,
            repeated=has_repeats(self.connection, [part]), elsewhere=earlier,
        )  # fmt: skip
        run(f"CREATE TEMP TABLE judged AS {judged}")
        run('CREATE TEMP TABLE owners ("user" text COLLATE "C", team text COLLATE "C")')
        users = [user for (user,) in ask(self.connection, sql.WHOSE)]
        with self.connection.cursor() as cursor, cursor.copy("COPY owners FROM STDIN") as copy:
            for user in users:
                copy.write_row((user, self.metrics.team_of(user)))
        return earlier

    def _keep(self, table: str, month: str, query: str) -> None:
        columns = schema.columns_of(self.connection, table)
        self.connection.execute(
            f"INSERT INTO {table} (month, {columns}) "
            f"SELECT {sql.quoted(month)}, {columns} FROM ({query}) AS made"
        )


def _take(connection: psycopg.Connection[Any], url: str) -> None:
    """Hold the warehouse to write in it; the lock ends with the transaction.

    Raises:
        BusyError: Another process writes; it is told which.
    """
    if not ask(connection, f"SELECT pg_try_advisory_xact_lock({_LOCK})")[0][0]:
        who = ask(
            connection,
            "SELECT application_name FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE "
            f"locktype = 'advisory' AND granted AND classid = {_LOCK >> 32} "
            f"AND objid = {_LOCK & 0xFFFFFFFF}",
        )
        name = who[0][0] if who and who[0][0] else "another process"
        raise BusyError(
            f"the warehouse at {place_of(url)} is being written by {name}",
            hint="wait for it; reading goes on meanwhile",
        )


def _check_owner(connection: psycopg.Connection[Any], url: str) -> None:
    """Looked at before the schema, which another release of another home would lay anew."""
    if schema.version_of(connection) is None:
        return
    owners = [owner for (owner,) in ask(connection, f"SELECT owner FROM {SCHEMA}.made")]
    check_owner(
        owners[0] if owners else None, place_of(url),
        hint=f"where that home is gone: DROP SCHEMA {SCHEMA} CASCADE, and build it anew",
    )  # fmt: skip


def _prepare(
    connection: psycopg.Connection[Any], metrics: Metrics, *, again: bool
) -> dict[str, dict[str, Any]]:
    """The months that stand; none where there is no schema, or prices and teams have changed."""
    version = schema.version()
    if schema.version_of(connection) != version:
        schema.lay(connection)
    made_by = metrics.rows_sha256()
    before = ask(connection, "SELECT metrics FROM made")
    connection.execute("DELETE FROM made")
    connection.execute(
        f"INSERT INTO made VALUES ({sql.quoted(version)}, {sql.quoted(made_by)}, NULL, now())"
    )
    connection.execute(arriving.MAKE + " ON COMMIT DROP")
    rows = ask(
        connection,
        "SELECT month, source, rows, elsewhere, quarantined, notes FROM months ORDER BY month",
    )
    names = ("source", "rows", "elsewhere", "quarantined", "notes")
    old = {month: dict(zip(names, values, strict=True)) for month, *values in rows}
    if again or before != [(made_by,)]:
        return {month: {**known, "source": None} for month, known in old.items()}
    return old


def _load_metrics(connection: psycopg.Connection[Any], metrics: Metrics) -> None:
    connection.execute(
        "CREATE TEMP TABLE rates (code text, rate double precision) ON COMMIT DROP; "
        "CREATE TEMP TABLE prices (model text, prompt double precision, "
        "completion double precision) ON COMMIT DROP"
    )
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO rates VALUES (%s, %s)", list(metrics.rates.items()))
        cursor.executemany(
            "INSERT INTO prices VALUES (%s, %s, %s)",
            [(model, each.prompt, each.completion) for model, each in metrics.prices.items()],
        )


def _find_first_days(connection: psycopg.Connection[Any]) -> None:
    """When each person came first, over all months."""
    connection.execute(
        "DELETE FROM first_days; "
        'INSERT INTO first_days SELECT "user", min(day) FROM people_rows GROUP BY "user"'
    )
