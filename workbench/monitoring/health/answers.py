"""Calls as cells (step, model, team, how they ended, how long they took): any part sums at once.

How long a call took is kept to two digits, so that quantiles of a million calls are within 5% of
exact ones and a choice of model or team needs no look at single calls.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.core.optional import require
from workbench.store.database import Database, open_database

if TYPE_CHECKING:
    from workbench.monitoring.warehouse.metrics import Metrics

ANSWERED, REFUSED, FAILED = 0, 1, 2
# More rows than that are read by DuckDB from the export, where it is installed.
MOST_ROWS = 300_000
_MODEL = "coalesce(nullif(model_served, ''), nullif(model_asked, ''), 'unknown')"
_SQLITE = f"""
SELECT CAST((time_s - ?1) / ?2 AS INTEGER) AS step, {_MODEL} AS model, user,
    (status >= 400) + (status >= 500) AS ended,
    CASE WHEN duration_s IS NOT NULL THEN printf('%.1e', duration_s) END AS took, count(*) AS calls
FROM usage WHERE time_s >= ?1 AND time_s < ?3 GROUP BY 1, 2, 3, 4, 5
"""
_DUCKDB = f"""
SELECT CAST(floor((epoch(time) - ?) / ?) AS BIGINT) AS step, {_MODEL} AS model, owners.team,
    (status >= 400)::INT + (status >= 500)::INT AS ended,
    CASE WHEN duration_s IS NOT NULL THEN printf('%.1e', duration_s) END AS took, count(*) AS calls
FROM read_parquet(?) AS told JOIN owners ON owners.name = told."user"
WHERE time >= make_timestamptz(?::BIGINT) AND time < make_timestamptz(?::BIGINT)
GROUP BY 1, 2, 3, 4, 5
"""


@dataclass(frozen=True)
class AnswerSteps:
    """Calls of each step ([steps]); times are of answered calls in seconds, NaN without any."""

    calls: Any
    refused: Any
    failed: Any
    median_s: Any
    slow_s: Any


@dataclass(frozen=True)
class AnswerCells:
    """Cells in order of step and of how long they took: one array a column, all of one length.

    ``model`` and ``team`` are places in ``models`` and ``teams``; ``took_s`` is NaN where nobody
    took the time.
    """

    since_s: float
    step_s: float
    steps: int
    models: tuple[str, ...]
    teams: tuple[str, ...]
    step: Any
    model: Any
    team: Any
    ended: Any
    took_s: Any
    calls: Any

    @property
    def total(self) -> int:
        """All calls."""
        return int(self.calls.sum())

    def by_step(self, *, model: str | None = None, team: str | None = None) -> AnswerSteps:
        """Sums and quantiles of each step, of one model or team; unknown names are of none."""
        import numpy as np

        chosen = np.ones(len(self.step), bool)
        for column, names, wanted in (
            (self.model, self.models, model),
            (self.team, self.teams, team),
        ):
            if wanted is not None:
                chosen &= column == (names.index(wanted) if wanted in names else -1)

        def sums(where: Any) -> Any:
            return np.bincount(self.step[where], self.calls[where], minlength=self.steps)

        timed = chosen & (self.ended == ANSWERED) & np.isfinite(self.took_s)
        return AnswerSteps(
            sums(chosen), sums(chosen & (self.ended == REFUSED)),
            sums(chosen & (self.ended == FAILED)), self._quantile(timed, 0.5),
            self._quantile(timed, 0.95),
        )  # fmt: skip

    def _quantile(self, where: Any, share: float) -> Any:
        """Of each step, what so many of its calls took at most."""
        import numpy as np

        found = np.full(self.steps, np.nan)
        if not where.any():
            return found
        calls, step = self.calls[where], self.step[where]
        total = np.bincount(step, calls, minlength=self.steps)
        before = np.cumsum(total) - total
        wanted = before + np.maximum(1, np.ceil(share * total))
        at = np.searchsorted(np.cumsum(calls), wanted - 0.5)
        some = total > 0
        found[some] = self.took_s[where][at[some]]
        return found


def read_answers(
    since_s: float,
    until_s: float,
    *,
    step_s: float,
    metrics: Metrics | None = None,
    database: Database | None = None,
) -> AnswerCells:
    """The calls that were settled from one Unix time up to another.

    Args:
        since_s: Where the first step begins.
        until_s: Where the last one ends; what lies behind it is left out.
        step_s: The length of a step.
        metrics: Says whose a call is; ``metrics.yaml`` of the home if None.
        database: The store, by default that of WORKBENCH_HOME.

    Raises:
        ConfigError: ``metrics.yaml`` is not valid.
    """
    from workbench.monitoring.warehouse.metrics import read_metrics

    database, metrics = database or open_database(), metrics or read_metrics()
    steps = max(1, math.ceil((until_s - since_s) / step_s))
    counted = database.read(
        "SELECT count(*) FROM (SELECT 1 FROM usage WHERE time_s >= ? AND time_s < ? LIMIT ?)",
        (since_s, until_s, MOST_ROWS + 1),
    )[0][0]
    if counted > MOST_ROWS:
        rows = _from_export(database, metrics, since_s, until_s, step_s)
    else:
        rows = [
            (row["step"], row["model"], metrics.team_of(row["user"]), *tuple(row)[3:])
            for row in database.read(_SQLITE, (since_s, step_s, until_s))
        ]
    return make_cells(rows, since_s=since_s, step_s=step_s, steps=steps)


def make_cells(rows: Any, *, since_s: float, step_s: float, steps: int) -> AnswerCells:
    """Cells of rows ``(step, model, team, ended, took, calls)`` in any order."""
    import numpy as np

    columns = list(zip(*rows, strict=True)) or [()] * 6
    step, ended, calls = (np.array(columns[at], np.int64) for at in (0, 3, 5))
    took = np.array([math.nan if each is None else float(each) for each in columns[4]], float)
    models, model = _coded(columns[1])
    teams, team = _coded(columns[2])
    order = np.lexsort((took, step))
    return AnswerCells(
        since_s, step_s, steps, models, teams,
        *(each[order] for each in (step, model, team, ended, took, calls)),
    )  # fmt: skip


def _coded(names: Any) -> tuple[tuple[str, ...], Any]:
    import numpy as np

    known = tuple(sorted(set(names)))
    places = {name: place for place, name in enumerate(known)}
    return known, np.array([places[name] for name in names], np.int64)


def _from_export(
    database: Database, metrics: Metrics, since_s: float, until_s: float, step_s: float
) -> list[tuple[Any, ...]]:
    """By DuckDB, from the months' files, brought up to date first."""
    from workbench.store.usage_export import export_usage

    duckdb = require("duckdb", extra="monitoring")
    first, last = (_month(each) for each in (since_s, until_s))
    paths = [
        str(each.path)
        for each in export_usage(database=database).files
        if first <= each.month <= last
    ]
    with duckdb.connect(config={"threads": 2}) as connection:
        connection.execute("SET enable_progress_bar = false; SET TimeZone = 'UTC'")
        users = connection.execute(
            'SELECT DISTINCT "user" FROM read_parquet(?)', [paths]
        ).fetchall()
        connection.execute("CREATE TABLE owners (name VARCHAR, team VARCHAR)")
        owners = [(name, metrics.team_of(name)) for (name,) in users]
        connection.executemany("INSERT INTO owners VALUES (?, ?)", owners or [("", "")])
        span = (int(since_s * 1e6), int(until_s * 1e6))
        found: list[tuple[Any, ...]] = connection.execute(
            _DUCKDB, [since_s, step_s, paths, *span]
        ).fetchall()
    return found


def _month(time_s: float) -> str:
    import datetime as dt

    return f"{dt.datetime.fromtimestamp(time_s, dt.UTC):%Y-%m}"
