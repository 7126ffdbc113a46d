"""The settled usage as cells: a row a day, team, user, model and task, with sums that are exact.

What cannot be right is set aside and counted: a settlement that comes twice, tokens or money below
zero, money that is no number. Everything else is in the totals, also what names no model.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.core.errors import DataError, InputError, NotFoundError
from workbench.core.optional import require

if TYPE_CHECKING:
    import pandas

NO_TEAM, NO_MODEL, NO_TASK = "(no team)", "(unknown model)", "(no task)"
SUMS = (
    "requests", "answered", "prompt_tokens", "completion_tokens", "cost_usd", "cache_hits",
    "rated", "liked",
)  # fmt: skip
_NANO = 1e9
# One definition of each row's part in a sum. A score above a half is a good word.
_CELLS = """
SELECT CAST(time AS DATE) AS day, team, "user", model, task,
    count(*) AS requests,
    count(*) FILTER (status < 400) AS answered,
    CAST(sum(prompt_tokens) AS BIGINT) AS prompt_tokens,
    CAST(sum(completion_tokens) AS BIGINT) AS completion_tokens,
    CAST(sum(nano_usd) AS BIGINT) AS nano_usd,
    count(*) FILTER (cache IS NOT NULL) AS cache_hits,
    count(*) FILTER (status < 400 AND feedback_score IS NOT NULL) AS rated,
    count(*) FILTER (status < 400 AND feedback_score > 0.5) AS liked
FROM sound GROUP BY ALL ORDER BY ALL
"""
_SOUND = f"""
CREATE TEMP VIEW sound AS
SELECT rows.*, CAST(round(cost_usd * 1e9) AS BIGINT) AS nano_usd,
    coalesce(teams.team, '{NO_TEAM}') AS team,
    CASE WHEN coalesce(model_served, '') = '' THEN '{NO_MODEL}' ELSE model_served END AS model,
    coalesce(nullif(rows.task, ''), '{NO_TASK}') AS task_name
FROM rows LEFT JOIN teams USING ("user")
WHERE {{span}} AND NOT ({{faulty}})
QUALIFY row_number() OVER (PARTITION BY settlement_id ORDER BY time) = 1
"""
_FAULTY = (
    "prompt_tokens < 0 OR completion_tokens < 0 OR cost_usd < 0 OR NOT isfinite(cost_usd) "
    "OR prompt_tokens IS NULL OR completion_tokens IS NULL OR cost_usd IS NULL OR time IS NULL"
)


@dataclass(frozen=True)
class Use:
    """Cells of a span of days, ``since`` to ``until`` (exclusive), and what was set aside.

    ``cells`` has the columns ``day, team, user, model, task`` and those of ``SUMS``.
    """

    cells: pandas.DataFrame
    since: dt.date
    until: dt.date
    notes: tuple[str, ...] = ()

    @property
    def days(self) -> int:
        """How many days the span has, used or not."""
        return (self.until - self.since).days

    @property
    def cost_usd(self) -> float:
        """Of all cells."""
        return float(self.cells["cost_usd"].sum())

    def total(self, name: str) -> int:
        """The sum of one of ``SUMS`` that is counted."""
        return int(self.cells[name].sum())

    def between(self, since: dt.date, until: dt.date) -> Use:
        """The cells of some of its days."""
        days = self.cells["day"]
        kept = self.cells[(days >= since) & (days < until)]
        return Use(kept.reset_index(drop=True), since, until, self.notes)

    def only(self, *, team: str | None = None, model: str | None = None) -> Use:
        """The cells of a team, a model.

        Raises:
            NotFoundError: It is in no cell.
        """
        kept = self.cells
        for column, name in (("team", team), ("model", model)):
            if name is not None:
                known = sorted(set(self.cells[column]))
                if name not in known:
                    raise NotFoundError.among(column, name, known)
                kept = kept[kept[column] == name]
        return Use(kept.reset_index(drop=True), self.since, self.until, self.notes)


def read_use(
    source: Any = None,
    *,
    since: dt.date,
    until: dt.date,
    teams: Mapping[str, str] | None = None,
) -> Use:
    """Read the days from ``since`` up to but without ``until``.

    Args:
        source: A pyarrow table or Parquet files with the columns of ``store.usage_export``; by
            default the warehouse of WORKBENCH_HOME, which is brought up to date.
        since: The first day, in UTC.
        until: The day after the last.
        teams: The team of each user; others have none, and are told. By default, for the
            warehouse, as ``metrics.yaml`` says.

    Raises:
        DataError: The rows are in several currencies: such sums would mean nothing.
        NotFoundError: There is no usage at all.
    """
    if until <= since:
        raise InputError(f"the span ends on {until}, and begins on {since}")
    if source is None:
        from .home_use import read_home

        return read_home(since=since, until=until, teams=teams)
    with open_rows(source, since=since, until=until, teams=teams or {}) as connection:
        notes = _notes(connection, since, until, has_teams=bool(teams))
        cells = connection.execute(_CELLS.replace("model, task", "model, task_name AS task")).df()
    cells["day"] = cells["day"].dt.date
    cells["cost_usd"] = cells.pop("nano_usd") / _NANO
    return Use(cells, since, until, notes)


@contextmanager
def open_rows(
    source: Any, *, since: dt.date, until: dt.date, teams: Mapping[str, str]
) -> Iterator[Any]:
    """A DuckDB connection with the views ``rows`` (as they came) and ``sound`` (what counts)."""
    duckdb = require("duckdb", extra="monitoring")
    arrow = require("pyarrow", extra="data")
    connection = duckdb.connect()
    try:
        connection.execute("SET TimeZone = 'UTC'")
        given = _files(since, until) if source is None else source
        if isinstance(given, arrow.Table):
            connection.register("rows", given)
        else:
            paths = [str(given)] if isinstance(given, (str, Path)) else [str(p) for p in given]
            connection.read_parquet(paths, union_by_name=True).create_view("rows")
        mapped = {"user": list(teams), "team": list(teams.values())}
        kinds = arrow.schema([("user", arrow.string()), ("team", arrow.string())])
        connection.register("teams", arrow.table(mapped, schema=kinds))
        _check_currency(connection)
        connection.execute(_SOUND.format(span=_span(since, until), faulty=_FAULTY))
        yield connection
    finally:
        connection.close()


def month_span(period: str) -> tuple[dt.date, dt.date]:
    """The first day of a month (``2026-10``), and of the next.

    Raises:
        InputError: It is no month.
    """
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", period):
        raise InputError(f"{period!r} is no month", hint="write it as 2026-10")
    since = dt.date.fromisoformat(f"{period}-01")
    return since, (since + dt.timedelta(days=32)).replace(day=1)


def _files(since: dt.date, until: dt.date) -> list[Path]:
    from workbench.store.usage_export import export_usage

    exported = export_usage().files
    if not exported:
        raise NotFoundError(
            "there is no usage yet", hint="workbench serve, and ask it something; then again"
        )
    wanted = [f for f in exported if f"{since:%Y-%m}" <= f.month <= f"{until:%Y-%m}"]
    return [each.path for each in wanted or exported[-1:]]


def _span(since: dt.date, until: dt.date) -> str:
    return f"time >= TIMESTAMPTZ '{since} 00:00:00+00' AND time < TIMESTAMPTZ '{until} 00:00:00+00'"


def _check_currency(connection: Any) -> None:
    columns = {row[0] for row in connection.execute("DESCRIBE rows").fetchall()}
    if "currency" not in columns:
        return
    found = connection.execute(
        "SELECT currency, count(*) FROM rows GROUP BY 1 ORDER BY 2 DESC, 1"
    ).fetchall()
    if len(found) > 1 or (found and found[0][0] != "USD"):
        told = ", ".join(f"{count:,} in {name}" for name, count in found)
        raise DataError(
            f"the rows are not all in USD: {told}; their sum would mean nothing",
            hint="convert them at the rate of their day before they are read",
        )


def _notes(connection: Any, since: dt.date, until: dt.date, *, has_teams: bool) -> tuple[str, ...]:
    span = _span(since, until)
    faulty, twice = connection.execute(
        f"SELECT count(*) FILTER ({_FAULTY}), count(*) FILTER (NOT ({_FAULTY})) - "
        f"count(DISTINCT settlement_id) FILTER (NOT ({_FAULTY})) FROM rows WHERE {span}"
    ).fetchone()
    total, unnamed, alone = connection.execute(
        f"SELECT count(*), count(*) FILTER (model = '{NO_MODEL}' AND status < 400), "
        f"count(*) FILTER (team = '{NO_TEAM}') FROM sound"
    ).fetchone()
    told = (
        (faulty, f"{faulty:,} rows have tokens or money that cannot be; they are set aside"),
        (twice, f"{twice:,} rows are settled twice; each counts once"),
        (unnamed, f"{unnamed:,} answers name no model; they are counted as {NO_MODEL}"),
        (has_teams and alone, f"{alone:,} calls are of users in no team: {NO_TEAM}"),
        (not total, f"there is no usage from {since} to {until - dt.timedelta(days=1)}"),
    )
    return tuple(words for count, words in told if count)
