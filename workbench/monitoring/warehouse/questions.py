"""What can be asked of a warehouse, wherever it lies: measures by time, model or team."""

from __future__ import annotations

import datetime as dt
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from types import TracebackType
from typing import TYPE_CHECKING, Any, Literal, Self

from workbench.core.errors import InputError
from workbench.core.viewers import Viewable

from .sql import BINS_PER_DOUBLING, moment, quoted

if TYPE_CHECKING:
    import duckdb
    import pandas as pd

    from .metrics import Metrics, Table

By = Literal["hour", "day", "week", "month", "model", "team", "task", "user"]
_HAS: dict[Table, frozenset[str]] = {
    "hourly": frozenset(("hour", "day", "week", "month", "model", "team", "task")),
    "people": frozenset(("day", "week", "month", "model", "team", "user")),
    "durations": frozenset(("day", "week", "month", "model", "team")),
}
_CUT = {
    "day": "CAST({at} AS DATE)", "week": "CAST(date_trunc('week', {at}) AS DATE)",
    "month": "CAST(date_trunc('month', {at}) AS DATE)", "hour": "{at}",
}  # fmt: skip


@dataclass(frozen=True)
class Answer(Viewable):
    """Rows, what they are told apart by first, then the measures, and the SQL that gave them."""

    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    units: dict[str, str]
    titles: dict[str, str] = field(repr=False)
    sql: str = field(repr=False, default="")

    def to_pandas(self) -> pd.DataFrame:
        """The rows as a table."""
        import pandas as pd

        return pd.DataFrame([list(row) for row in self.rows], columns=list(self.columns))

    def total(self, name: str) -> Any:
        """The one value of a measure that was asked without ``by``."""
        return self.rows[0][self.columns.index(name)]


class Questions(ABC):
    """A warehouse as it was when it was opened; DuckDB and Postgres are asked in the same words.

    SQL is of what both know: what a kind has of its own is how a query reaches it.
    """

    metrics: Metrics

    @abstractmethod
    def query(self, text: str) -> list[tuple[Any, ...]]:
        """Rows of an SQL query over clean_rows, hourly, people, durations and quarantine_rows.

        Sums of whole numbers are ``int``, other figures ``float``.

        Raises:
            InputError: It is not valid; the message says where.
        """

    @abstractmethod
    def frame(self, text: str) -> pd.DataFrame:
        """The same rows as a table, days as ``datetime64``. Raises as ``query`` does."""

    @abstractmethod
    def into_memory(self) -> duckdb.DuckDBPyConnection:
        """A DuckDB with the tables hourly, people and durations, for who asks many times a second.

        It is the caller's to close, and the warehouse itself is not asked any more.
        """

    @property
    @abstractmethod
    def months(self) -> dict[str, Any]:
        """The months that it has, and what tells one state of them from another."""

    @abstractmethod
    def close(self) -> None:
        """Let go of it."""

    def measure(
        self, *names: str, by: Sequence[By] = (), since: dt.date | None = None,
        until: dt.date | None = None, where: Mapping[str, Sequence[str]] | None = None,
    ) -> Answer:  # fmt: skip
        """Measures of a period.

        Args:
            names: Of ``metrics.yaml``; all of one table.
            by: What the rows are told apart by, in this order.
            since: The first moment that counts (UTC); the first there is.
            until: The first that does not count any more.
            where: Only these, such as ``{"team": ["sales"]}``.

        Raises:
            NotFoundError: There is no such measure.
            InputError: It cannot be told apart by that, measures of two tables, or none.
        """
        measures = {name: self.metrics.measure(name) for name in names}
        tables = {measure.table for measure in measures.values()}
        if len(tables) != 1:
            raise InputError(
                f"measures of {len(tables)} tables", hint="ask for those of one table at a time"
            )
        (table,) = tables
        for name in [*by, *(where or {})]:
            if name not in _HAS[table]:
                raise InputError(
                    f"{', '.join(names)} cannot be told apart by {name}",
                    hint=f"by {', '.join(sorted(_HAS[table]))}",
                )
        at = "hour" if table == "hourly" else "day"
        columns = [
            f'{_CUT.get(name, chr(34) + name + chr(34)).format(at=at)} AS "{name}"' for name in by
        ]
        columns += [f'{measure.sql} AS "{name}"' for name, measure in measures.items()]
        query = f"SELECT {', '.join(columns)} FROM {table}"
        query += _where(at, since, until, where)
        if by:
            places = ", ".join(str(place + 1) for place in range(len(by)))
            query += f" GROUP BY {places} ORDER BY {places}"
        rows = self.query(query)
        return Answer(
            (*by, *names), tuple(rows),
            {name: self._unit(measure.unit) for name, measure in measures.items()},
            {name: measure.title for name, measure in measures.items()}, query,
        )  # fmt: skip

    def _unit(self, unit: str) -> str:
        return self.metrics.currency if unit == "money" else unit

    def span(self) -> tuple[dt.datetime, dt.datetime] | None:
        """The first and the last hour that have rows; None where there are none."""
        first, last = self.query("SELECT min(hour), max(hour) FROM hourly")[0]
        return None if first is None else (first, last)

    def quantiles(
        self, *shares: float, since: dt.date | None = None, until: dt.date | None = None,
        where: Mapping[str, Sequence[str]] | None = None,
    ) -> dict[float, float]:  # fmt: skip
        """Durations of answered calls in seconds, within 9%: from counts, not from single calls."""
        query = "SELECT bin, sum(requests) FROM durations" + _where("day", since, until, where)
        rows = self.query(query + " GROUP BY bin ORDER BY bin")
        total = sum(count for _, count in rows)
        found: dict[float, float] = {}
        for share in shares:
            seen = 0
            for number, count in rows:
                seen += count
                if seen >= share * total:
                    found[share] = 2 ** ((number + 0.5) / BINS_PER_DOUBLING) / 1000
                    break
        return found

    def retention(self, *, by: Literal["week", "month"] = "month") -> list[tuple[Any, ...]]:
        """Of those who came first in a week or month, how many came in each later one.

        Returns:
            Rows ``(first, later, people)``.
        """
        return self.query(
            f"SELECT date_trunc('{by}', first_day)::DATE, date_trunc('{by}', day)::DATE, "
            'count(DISTINCT "user") FROM people GROUP BY 1, 2 ORDER BY 1, 2'
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def worth_of(metrics: Metrics, said: str) -> str:
    """The minutes that an answer of the task ``said`` saves, as SQL: decimals, so that sums of
    them are exact in whatever order."""
    minutes = {task: f"{Decimal(repr(value)):f}" for task, value in metrics.minutes_saved.items()}
    cases = " ".join(f"WHEN {quoted(task)} THEN {value}" for task, value in minutes.items())
    other = minutes.get("other", "0.0")
    return f"CASE {said} {cases} ELSE {other} END" if cases else other


def _where(
    at: str, since: dt.date | None, until: dt.date | None, where: Mapping[str, Sequence[str]] | None
) -> str:
    tests = []
    if since is not None:
        tests.append(f"{at} >= {moment(since)}")
    if until is not None:
        tests.append(f"{at} < {moment(until)}")
    for name, values in (where or {}).items():
        listed = ", ".join(quoted(value) for value in values)
        tests.append(f'"{name}" IN ({listed})' if values else "false")
    return f" WHERE {' AND '.join(tests)}" if tests else ""
