"""Ask the warehouse that lies in files: DuckDB reads them, in memory of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
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
    import pandas as pd

    from .metrics import Metrics


class Warehouse(Questions):
    """The warehouse as it was when it was opened; many processes may have it open.

    Args:
        folder: Where it lies, by default the home's.
        metrics: What is measured, by default ``metrics.yaml``.
        threads: DuckDB's.
        rows_alone: Only clean_rows is to be asked, and once: rollups are not read ahead.

    Raises:
        NotFoundError: Nothing has been built.
    """

    def __init__(
        self, folder: Path | None = None, *, metrics: Metrics | None = None, threads: int = 2,
        rows_alone: bool = False,
    ) -> None:  # fmt: skip
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
        if not rows_alone:
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
        with _saying_why():
            found = self.connection.execute(text)
            about = found.description or []
            rows = found.fetchall()
        exact = [place for place, told in enumerate(about) if str(told[1]).startswith("DECIMAL")]
        return [_as_floats(each, exact) for each in rows] if exact else rows

    def frame(self, text: str) -> pd.DataFrame:
        """The same rows as a table, days as ``datetime64``. Raises as ``query`` does."""
        with _saying_why():
            return self.connection.execute(text).df()

    def into_memory(self) -> duckdb.DuckDBPyConnection:
        """The one that it has."""
        return self.connection

    @property
    def months(self) -> dict[str, Any]:
        """The months that it has, with their files."""
        return self.manifest.months

    def close(self) -> None:
        """Let go of the files."""
        self.connection.close()


@contextmanager
def _saying_why() -> Iterator[None]:
    duckdb = require("duckdb", extra="monitoring")
    try:
        yield
    except duckdb.Error as error:
        raise InputError(
            f"the warehouse cannot answer: {str(error).splitlines()[0]}",
            hint="look at the measure's sql in metrics.yaml",
        ) from None


def _as_floats(row: tuple[Any, ...], places: Sequence[int]) -> tuple[Any, ...]:
    values = list(row)
    for place in places:
        values[place] = None if values[place] is None else float(values[place])
    return tuple(values)
