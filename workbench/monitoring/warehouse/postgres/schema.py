"""The tables in Postgres, and what DuckDB has or means otherwise, as functions of the schema.

There ``/`` of whole numbers is a quotient, as in DuckDB (Postgres would cut it: 7 / 2 = 3), and
``round`` goes away from zero at a half. Texts are compared byte by byte (``COLLATE "C"``) as in
DuckDB, whatever the database's language: groups would come in another order.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from workbench.core.errors import ConflictError
from workbench.monitoring.warehouse import sql

from .link import SCHEMA

if TYPE_CHECKING:
    import psycopg

LN2 = "0.6931471805599453::double precision"
_TEXT = 'text COLLATE "C"'
# Columns as `warehouse.sql` makes them; `month` beside them says of which file a row is.
TABLES = {
    "clean_rows": {
        "time": "timestamp", "day": "date", "hour": "timestamp", "model": _TEXT, "user": _TEXT,
        "task": _TEXT, "language": _TEXT, "answered": "boolean", "failed": "boolean",
        "cache_hit": "boolean",
        "prompt_tokens": "bigint", "completion_tokens": "bigint", "cached_tokens": "bigint",
        "cost_nano": "bigint", "duration_us": "bigint", "first_token_us": "bigint",
        "feedback_score": "double precision", "settlement_id": _TEXT, "team": _TEXT,
    },
    "quarantine_rows": {
        "reason": "text", "settlement_id": _TEXT, "time": "timestamp", "user": _TEXT,
        "model_asked": _TEXT, "prompt_tokens": "bigint", "completion_tokens": "bigint",
        "cost_usd": "double precision", "currency": _TEXT,
    },
}  # fmt: skip
# Their columns are those that the warehouse's SQL gives.
ROLLUPS = {f"{table}_rows": query for table, query in sql.ROLLUPS.items()}
# A settlement counts once: the constraint looks at the end, when all months are as they will be.
# `log2` is exact at powers of two, where a quotient of logarithms would fall into the bin below.
_REST = f"""
CREATE TABLE first_days ("user" {_TEXT} PRIMARY KEY, first_day date NOT NULL);
CREATE TABLE months (
  month text PRIMARY KEY, source jsonb NOT NULL, rows bigint NOT NULL, elsewhere boolean NOT NULL,
  quarantined jsonb NOT NULL, notes jsonb NOT NULL
);
CREATE TABLE made (
  version text NOT NULL, metrics text NOT NULL, owner text, at timestamptz NOT NULL
);
ALTER TABLE clean_rows ADD CONSTRAINT counts_once
  UNIQUE (settlement_id) DEFERRABLE INITIALLY DEFERRED;
CREATE INDEX clean_days ON clean_rows USING brin (day);
CREATE FUNCTION isnan(double precision) RETURNS boolean IMMUTABLE LANGUAGE sql
  AS $$ SELECT $1 = 'NaN' $$;
CREATE FUNCTION isinf(double precision) RETURNS boolean IMMUTABLE LANGUAGE sql
  AS $$ SELECT abs($1) = 'Infinity' $$;
CREATE FUNCTION isfinite(double precision) RETURNS boolean IMMUTABLE LANGUAGE sql
  AS $$ SELECT abs($1) < 'Infinity' $$;
CREATE FUNCTION log2(double precision) RETURNS double precision IMMUTABLE LANGUAGE sql
  AS $$ SELECT CASE WHEN abs(ln($1) / {LN2} - pg_catalog.round(ln($1) / {LN2})) < 1e-13
    THEN pg_catalog.round(ln($1) / {LN2}) ELSE ln($1) / {LN2} END $$;
CREATE FUNCTION round(double precision) RETURNS double precision IMMUTABLE LANGUAGE sql
  AS $$ SELECT trunc($1)
    + CASE WHEN abs($1 - trunc($1)) >= 0.5 THEN sign($1) ELSE 0 END $$;
CREATE FUNCTION epoch_us(bigint) RETURNS bigint IMMUTABLE LANGUAGE sql AS $$ SELECT $1 $$;
CREATE FUNCTION make_timestamp(bigint) RETURNS timestamp IMMUTABLE LANGUAGE sql
  AS $$ SELECT TIMESTAMP 'epoch' + $1 * INTERVAL '1 microsecond' $$;
CREATE FUNCTION hash(text) RETURNS bigint IMMUTABLE LANGUAGE sql
  AS $$ SELECT hashtextextended($1, 0) $$;
"""
_WHOLE = ("smallint", "integer", "bigint")
# Sums of whole numbers are `numeric` in Postgres.
_DIVISIONS = (
    *((one, other) for one in _WHOLE for other in _WHOLE),
    ("numeric", "numeric"), ("double precision", "double precision"),
)  # fmt: skip


def _divide(one: str, other: str) -> str:
    """`/` as DuckDB means it: of floats, and at zero infinite or no number."""
    first, second = "CAST($1 AS double precision)", "CAST($2 AS double precision)"
    return f"""
CREATE FUNCTION over({one}, {other}) RETURNS double precision IMMUTABLE LANGUAGE sql AS $$
  SELECT CASE WHEN $2 <> 0 THEN {first} OPERATOR(pg_catalog./) {second}
    WHEN $1 = 0 AND $2 = 0 THEN CAST('NaN' AS double precision)
    WHEN $2 = 0 THEN sign({first}) * CAST('Infinity' AS double precision) END $$;
CREATE OPERATOR / (LEFTARG = {one}, RIGHTARG = {other}, FUNCTION = over);
"""


def version() -> str:
    """Of what is in the tables: it is another one as soon as a rule or a rollup is."""
    rules = [sql.telling("arrived", sql.NEEDED, month="2026-01"), sql.clean(), sql.QUARANTINE]
    rules.append(sql.judging(["told"], currency="USD", latest_us=0, repeated=True, elsewhere=True))
    told = [*rules, *ROLLUPS.values(), repr(TABLES), _REST, _divide("one", "other")]
    return hashlib.sha256("\n".join(told).encode()).hexdigest()


def version_of(connection: psycopg.Connection[Any]) -> str | None:
    """Of the schema that is there; None if there is none."""
    found = connection.execute(f"SELECT to_regclass('{SCHEMA}.made') IS NOT NULL").fetchone()
    if not found or not found[0]:
        return None
    row = connection.execute(f"SELECT max(version) FROM {SCHEMA}.made").fetchone()
    return None if row is None else row[0]


def columns_of(connection: psycopg.Connection[Any], table: str) -> str:
    """A table's columns as SQL lists them, without the month."""
    about = connection.execute(f"SELECT * FROM {table} LIMIT 0").description or ()
    return ", ".join(f'"{column.name}"' for column in about if column.name != "month")


def lay(connection: psycopg.Connection[Any]) -> None:
    """Make the schema anew, empty: everything in it is derived. Who could read it still can.

    Raises:
        ConflictError: There is a schema of that name which is not the warehouse's.
    """
    readers = _clear(connection)
    connection.execute(f"CREATE SCHEMA {SCHEMA}")
    for table, columns in TABLES.items():
        told = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
        connection.execute(f"CREATE TABLE {table} (month text NOT NULL, {told})")
    connection.execute(_REST + "".join(_divide(one, other) for one, other in _DIVISIONS))
    connection.execute("CREATE TEMP VIEW clean AS SELECT * FROM clean_rows")
    for table, query in ROLLUPS.items():
        connection.execute(
            f"CREATE TABLE {table} AS SELECT CAST('' AS text) AS month, made.* "
            f"FROM ({query}) AS made WITH NO DATA"
        )
    connection.execute("DROP VIEW clean")
    for table in (*TABLES, *ROLLUPS):
        connection.execute(f"CREATE INDEX {table}_months ON {table} (month)")
    for table in ROLLUPS:
        columns_told, name = columns_of(connection, table), table.removesuffix("_rows")
        first = ', first_day FROM people_rows JOIN first_days USING ("user")'
        rest = first if name == "people" else f" FROM {table}"
        connection.execute(f"CREATE VIEW {name} AS SELECT {columns_told}{rest}")
    for reader in readers:
        name = reader if reader == "PUBLIC" else sql.named(reader)
        connection.execute(
            f"GRANT USAGE ON SCHEMA {SCHEMA} TO {name}; "
            f"GRANT SELECT ON ALL TABLES IN SCHEMA {SCHEMA} TO {name}"
        )


def _clear(connection: psycopg.Connection[Any]) -> list[str]:
    """Remove the schema, if it is ours; who could read it."""
    there = connection.execute(f"SELECT to_regnamespace('{SCHEMA}') IS NOT NULL").fetchone()
    if not there or not there[0]:
        return []
    if version_of(connection) is None:
        raise ConflictError(
            f"the database has a schema {SCHEMA!r} that is not the warehouse's",
            hint="give the warehouse a database of its own",
        )
    found = connection.execute(
        "SELECT DISTINCT grantee FROM information_schema.role_table_grants "
        f"WHERE table_schema = '{SCHEMA}' AND table_name = 'months' "
        "AND privilege_type = 'SELECT' AND grantee <> current_user"
    ).fetchall()
    connection.execute(f"DROP SCHEMA {SCHEMA} CASCADE")
    return [name for (name,) in found]
