"""Ask the warehouse that lies in files: DuckDB reads them, in memory of its own."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core import settings
from workbench.core.errors import InputError, NotFoundError
from workbench.core.optional import require

from .places import FOLDER, TABLES, Manifest, read_manifest
from .questions import Answer as Answer
from .questions import By as By
from .questions import Questions, worth_of
from .sql import quoted

if TYPE_CHECKING:
    import duckdb

    from .metrics import Metrics


class Warehouse(Questions):
    """The warehouse as it was when it was opened; many processes may have it open.

    Args:
        folder: Where it lies, by default the home's.
        metrics: What is measured, by default ``metrics.yaml``.
        threads: DuckDB's.

    Raises:
        NotFoundError: Nothing has been built.
    """

    def __init__(
        self, folder: Path | None = None, *, metrics: Metrics | None = None, threads: int = 2
    ) -> None:
        self.folder = folder or settings.home() / FOLDER
        from .metrics import read_metrics  # pydantic's import is for who measures

        self.metrics = metrics or read_metrics()
        self.manifest: Manifest = read_manifest(self.folder)
        if not self.manifest.months:
            raise NotFoundError("there is no warehouse yet", hint="workbench monitoring rebuild")
        engine = require("duckdb", extra="monitoring")
        self.connection: duckdb.DuckDBPyConnection = engine.connect(config={"threads": threads})
        self.connection.execute("SET enable_progress_bar = false; SET TimeZone = 'UTC'")
        for table in TABLES:
            paths = [quoted(str(path)) for path in self.manifest.paths(self.folder, table)]
            self.connection.execute(
                f"CREATE VIEW {table}_rows AS SELECT * FROM read_parquet([{', '.join(paths)}])"
            )
        self._prepare()

    def _prepare(self) -> None:
        """The small tables in memory, and what a task is worth as a function."""
        worth = worth_of(self.metrics, "said")
        self.connection.execute(f"CREATE MACRO minutes_saved(said) AS {worth}")
        self.connection.execute("CREATE TABLE hourly AS SELECT * FROM hourly_rows")
        self.connection.execute("CREATE TABLE durations AS SELECT * FROM durations_rows")
        self.connection.execute(
            "CREATE TABLE people AS SELECT people_rows.*, first_day FROM people_rows JOIN "
            '(SELECT "user", min(day) AS first_day FROM people_rows GROUP BY 1) USING ("user")'
        )

    def query(self, text: str) -> list[tuple[Any, ...]]:
        """Rows of an SQL query over clean_rows, hourly, people, durations and quarantine_rows.

        Raises:
            InputError: It is not valid; the message says where.
        """
        duckdb = require("duckdb", extra="monitoring")
        try:
            return self.connection.execute(text).fetchall()
        except duckdb.Error as error:
            raise InputError(
                f"the warehouse cannot answer: {str(error).splitlines()[0]}",
                hint="look at the measure's sql in metrics.yaml",
            ) from None

    def close(self) -> None:
        """Let go of the files."""
        self.connection.close()
