"""Ask the warehouse that lies in Postgres, in the words of that which lies in files."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InputError, NotFoundError
from workbench.core.optional import require
from workbench.monitoring.warehouse.questions import Questions, worth_of
from workbench.monitoring.warehouse.sql import quoted
from workbench.store.postgres_link import EXTRA, place_of

from . import schema
from .leaving import copy_out
from .link import connect, saying_why

if TYPE_CHECKING:
    import duckdb
    import pandas as pd
    import psycopg

    from workbench.monitoring.warehouse.metrics import Metrics

_MOMENTS = (1082, 1114)  # the numbers of Postgres's types date and timestamp
# Postgres finds a function of this session only by its full name.
_WORTH = re.compile(r'(?<![\w."])minutes_saved\s*\(')


class PostgresWarehouse(Questions):
    """The warehouse as it was when it was opened: one transaction, which reads and nothing else.

    Args:
        url: ``postgresql://USER@HOST:PORT/DATABASE``.
        metrics: What is measured, by default ``metrics.yaml``.

    Raises:
        NotFoundError: Nothing has been built.
        AccessError: The server refuses the user.
        FetchError: It cannot be reached.
    """

    def __init__(self, url: str, *, metrics: Metrics | None = None) -> None:
        from workbench.monitoring.warehouse.metrics import read_metrics  # pydantic, for who asks

        self.metrics = metrics or read_metrics()
        self.url = url
        self.connection = connect(url)
        try:
            self._begin()
        except BaseException:
            self.connection.close()
            raise

    def _begin(self) -> None:
        with saying_why(self.url):
            if schema.version_of(self.connection) != schema.version():
                raise NotFoundError(
                    f"there is no warehouse yet at {place_of(self.url)}",
                    hint="workbench monitoring rebuild",
                )
            worth = f"SELECT CAST({worth_of(self.metrics, 'said')} AS numeric)"
            self.connection.execute(
                "CREATE FUNCTION pg_temp.minutes_saved(said text) RETURNS numeric "
                f"IMMUTABLE LANGUAGE sql AS {quoted(worth)}"
            )
            self.connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
            built = self.connection.execute("SELECT count(*) FROM months").fetchone()
            if not built or not built[0]:
                raise NotFoundError(
                    f"the warehouse at {place_of(self.url)} is empty",
                    hint="workbench monitoring rebuild",
                )

    def query(self, text: str) -> list[tuple[Any, ...]]:
        """Rows of an SQL query over clean_rows, hourly, people, durations and quarantine_rows.

        Raises:
            InputError: It is not valid; the message says where.
            FetchError: The connection was lost.
        """
        return self._ask(text).fetchall()

    def frame(self, text: str) -> pd.DataFrame:
        """The same rows as a table, days as ``datetime64``. Raises as ``query`` does."""
        import pandas as pd

        found = self._ask(text)
        about = found.description or ()
        table = pd.DataFrame(found.fetchall(), columns=[column.name for column in about])
        for column in about:
            if column.type_code in _MOMENTS:
                table[column.name] = pd.to_datetime(table[column.name])
        return table

    def into_memory(self) -> duckdb.DuckDBPyConnection:
        """A copy of the rollups; the connection is let go."""
        with saying_why(self.url), self:
            return copy_out(self.connection)

    @property
    def months(self) -> dict[str, Any]:
        """The months that it has, with the files that they are of."""
        return dict(self.query("SELECT month, source FROM months"))

    def _ask(self, text: str) -> psycopg.Cursor[Any]:
        engine = require("psycopg", extra=EXTRA)
        with saying_why(self.url):
            try:
                with self.connection.transaction():  # a savepoint: a fault leaves the rest be
                    return self.connection.execute(_WORTH.sub("pg_temp.minutes_saved(", text))
            except engine.errors.InsufficientPrivilege:
                raise
            except (engine.ProgrammingError, engine.NotSupportedError, engine.DataError,
                    engine.InternalError) as error:  # fmt: skip
                raise InputError(
                    f"the warehouse cannot answer: {str(error).splitlines()[0]}",
                    hint="look at the measure's sql in metrics.yaml",
                ) from None

    def close(self) -> None:
        """Let go of the connection."""
        self.connection.close()
