"""The settled usage as cells: a row a day, team, user, model and task, with sums that are exact.

Which rows count, what they cost and whose they are is the warehouse's to say.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from workbench.core.errors import InputError, NotFoundError
from workbench.monitoring.warehouse.rows import open_rows
from workbench.monitoring.warehouse.sql import moment

if TYPE_CHECKING:
    import pandas

NO_TEAM = "(no team)"
SUMS = (
    "requests", "answered", "prompt_tokens", "completion_tokens", "cost_usd", "cache_hits",
    "rated", "liked",
)  # fmt: skip
# A measure's definition is the warehouse's: `liked` is a score above a half, as in its rollups.
_CELLS = """
SELECT day, team, "user", model, task, count(*) AS requests,
  count(*) FILTER (WHERE answered) AS answered,
  CAST(sum(prompt_tokens) AS BIGINT) AS prompt_tokens,
  CAST(sum(completion_tokens) AS BIGINT) AS completion_tokens,
  CAST(sum(cost_nano) AS BIGINT) AS nano_usd,
  count(*) FILTER (WHERE cache_hit) AS cache_hits,
  count(*) FILTER (WHERE answered AND feedback_score IS NOT NULL) AS rated,
  count(*) FILTER (WHERE answered AND feedback_score > 0.5) AS liked
FROM {rows} WHERE day >= {since} AND day < {until} GROUP BY 1, 2, 3, 4, 5 ORDER BY 1, 2, 3, 4, 5
"""


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
        teams: The team of each user; others have none, and are told. By default as
            ``metrics.yaml`` says.

    Raises:
        DataError: A file lacks what is needed.
        NotFoundError: There is no usage at all.
    """
    if until <= since:
        raise InputError(f"the span ends on {until}, and begins on {since}")
    if source is None:
        return _read_home(since, until, teams)
    with open_rows(source, since=since, until=until) as rows:
        cells = _cells(lambda query: rows.connection.execute(query).df(), "clean", since, until)
        return _used(cells, since, until, teams, rows.notes(), rows.metrics.currency)


def _read_home(since: dt.date, until: dt.date, teams: Mapping[str, str] | None) -> Use:
    from workbench.monitoring.warehouse.opening import fresh_notes, open_warehouse

    notes = fresh_notes()
    with open_warehouse() as warehouse:
        cells = _cells(warehouse.frame, "clean_rows", since, until)
        return _used(cells, since, until, teams, notes, warehouse.metrics.currency)


def _cells(
    ask: Callable[[str], pandas.DataFrame], rows: str, since: dt.date, until: dt.date
) -> pandas.DataFrame:
    found = ask(_CELLS.format(rows=rows, since=moment(since), until=moment(until)))
    found["day"] = found["day"].dt.date
    found["cost_usd"] = found.pop("nano_usd") / 1e9
    return found


def _used(
    cells: pandas.DataFrame, since: dt.date, until: dt.date, teams: Mapping[str, str] | None,
    notes: Sequence[str], currency: str,
) -> Use:  # fmt: skip
    said = [*notes, *money_notes(currency)]
    if teams is not None:
        cells["team"] = cells["user"].map(lambda user: teams.get(user, NO_TEAM))
        alone = int(cells["requests"][cells["team"] == NO_TEAM].sum())
        if alone:
            said.append(f"{alone:,} calls are of users in no team: {NO_TEAM}")
    if not len(cells):
        said.append(f"there is no usage from {since} to {until - dt.timedelta(days=1)}")
    return Use(cells, since, until, tuple(said))


def money_notes(currency: str) -> list[str]:
    """What is to be said of the currency."""
    said = f"money is in {currency}, as metrics.yaml says, where USD is written"
    return [] if currency == "USD" else [said]


def month_span(period: str) -> tuple[dt.date, dt.date]:
    """The first day of a month (``2026-10``), and of the next.

    Raises:
        InputError: It is no month.
    """
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", period):
        raise InputError(f"{period!r} is no month", hint="write it as 2026-10")
    since = dt.date.fromisoformat(f"{period}-01")
    return since, (since + dt.timedelta(days=32)).replace(day=1)
