"""Whether the measures of a home can be asked: told when their file is read, not years later."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from workbench.core.optional import require

from . import sql

if TYPE_CHECKING:
    from .metrics import Measure

_CLEAN = """
CREATE TABLE clean (time TIMESTAMP, day DATE, hour TIMESTAMP, model VARCHAR, "user" VARCHAR,
  task VARCHAR, language VARCHAR, answered BOOLEAN, failed BOOLEAN, cache_hit BOOLEAN,
  prompt_tokens BIGINT, completion_tokens BIGINT, cached_tokens BIGINT, cost_nano BIGINT,
  duration_us BIGINT, first_token_us BIGINT, feedback_score DOUBLE, settlement_hash UBIGINT,
  team VARCHAR)
"""


def fault_in_measures(measures: Mapping[str, Measure]) -> str | None:
    """The first measure that no warehouse could answer, and why; None where all can be asked.

    Each is asked of tables without a row, which have the columns of the rollups.
    """
    duckdb = require("duckdb", extra="monitoring")
    with duckdb.connect(config={"threads": 1}) as connection:
        connection.execute(_CLEAN)
        for name, query in sql.ROLLUPS.items():
            more = ", day AS first_day" if name == "people" else ""
            connection.execute(f"CREATE TABLE {name} AS SELECT *{more} FROM ({query})")
        connection.execute("CREATE MACRO minutes_saved(said) AS 0.0")
        for name, measure in measures.items():
            try:
                connection.execute(f"SELECT {measure.sql} FROM {measure.table}")
            except duckdb.Error as error:
                said = str(error).splitlines()[0]
                return f"measures.{name}.sql cannot be asked of {measure.table}: {said}"
    return None
