"""This home's usage as the warehouse's rollups have it: small however many calls there are.

What is told apart by day, team, model and task is a table in memory. Users are not in it; they are
summed up when somebody asks, from the rollup that has a row a day, user and model.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from workbench.monitoring.warehouse.opening import fresh_notes, months_now, open_warehouse
from workbench.monitoring.warehouse.sql import NANO

from .use import Use, money_notes

if TYPE_CHECKING:
    import pandas

_SUMMED = {
    "requests": "requests", "answered": "answered", "prompt_tokens": "prompt_tokens",
    "completion_tokens": "completion_tokens", "cost_usd": "cost_nano", "cache_hits": "cache_hits",
    "rated": "judged", "liked": "liked",
}  # fmt: skip
_SUMS = ", ".join(f"CAST(sum({held}) AS BIGINT) AS {name}" for name, held in _SUMMED.items())
_CELLS = f"""
SELECT CAST(hour AS DATE) AS day, team, model, task, {_SUMS}
FROM hourly WHERE hour >= $since AND hour < $until GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3, 4
"""
# Words as numbers: they are compared and grouped several times as fast.
_CODES = """
CREATE TABLE {name}s AS SELECT "{name}",
  CAST(row_number() OVER (ORDER BY "{name}") AS INTEGER) AS {name}_code
FROM (SELECT DISTINCT "{name}" FROM people)
"""
_BY_USER = f"""
CREATE TABLE by_user AS SELECT day, user_code, team_code, model_code, {", ".join(_SUMMED.values())}
FROM people JOIN users USING ("user") JOIN teams USING (team) JOIN models USING (model)
"""


def open_rollups(*, since: dt.date, until: dt.date, known: Any = None) -> Rollups:
    """The rollups as they are now.

    Args:
        since: The first day, in UTC.
        until: The day after the last.
        known: What was opened before; it comes back where nothing has changed.

    Raises:
        NotFoundError: This home has no usage.
    """
    notes = fresh_notes()
    months = months_now()
    if isinstance(known, Rollups) and (known.until, known.months) == (until, months):
        return known
    return Rollups(since, until, notes)


class Rollups:
    """What was opened; ``use`` has the cells of the days, without users."""

    def __init__(self, since: dt.date, until: dt.date, notes: Sequence[str] = ()) -> None:
        self.until = until
        self._lock = threading.Lock()  # a page is drawn in one thread, and read anew in another
        warehouse = open_warehouse()
        self.months = warehouse.months
        self._connection = warehouse.into_memory()
        cells = self._ask(_CELLS, since=since, until=until)
        for name in ("user", "team", "model"):
            self._connection.execute(_CODES.format(name=name))
        self._connection.execute(_BY_USER)
        for table in ("hourly", "durations", "people"):
            self._connection.execute(f"DROP TABLE {table}")
        cells["day"] = cells["day"].dt.date
        self.use = Use(
            cells, since, until, (*notes, *money_notes(warehouse.metrics.currency))
        )  # fmt: skip

    def users(
        self, since: dt.date, until: dt.date, *, team: str | None = None, model: str | None = None
    ) -> Use:
        """Each user's sums in some days, of a team, of a model."""
        where, given = _where(since, until, team, model)
        cells = self._ask(
            f'SELECT "user", told.* EXCLUDE (user_code) FROM (SELECT user_code, {_SUMS} '
            f"FROM by_user WHERE {where} GROUP BY user_code) AS told JOIN users USING (user_code) "
            'ORDER BY "user"', **given,
        )  # fmt: skip
        return Use(cells, since, until)

    def count_users(
        self, since: dt.date, until: dt.date, *, team: str | None = None, model: str | None = None
    ) -> int:
        """How many users asked something."""
        where, given = _where(since, until, team, model)
        with self._lock:
            found = self._connection.execute(
                f"SELECT count(DISTINCT user_code) FROM by_user WHERE {where}", given
            ).fetchall()
        return int(found[0][0])

    def _ask(self, query: str, **given: Any) -> pandas.DataFrame:
        with self._lock:
            found = self._connection.execute(query, given).df()
        found["cost_usd"] = found["cost_usd"] / NANO
        return found


def _where(
    since: dt.date, until: dt.date, team: str | None, model: str | None
) -> tuple[str, dict[str, Any]]:
    tests = ["day >= $since", "day < $until"]
    given: dict[str, Any] = {"since": since, "until": until}
    for name, value in (("team", team), ("model", model)):
        if value is not None:
            tests.append(
                f"{name}_code = (SELECT {name}_code FROM {name}s WHERE {name} = ${name})"
            )  # fmt: skip
            given[name] = value
    return " AND ".join(tests), given
