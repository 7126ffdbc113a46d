"""The usage of this home as cells, from the warehouse's clean rows: its prices, rates and teams."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Mapping

from workbench.core.errors import BusyError, NotFoundError

from .use import NO_TEAM, Use

# A measure's definition is the warehouse's: `liked` is a score above a half, as in its rollups.
_CELLS = """
SELECT day, team, "user", model, task, count(*) AS requests,
  count(*) FILTER (answered) AS answered,
  CAST(sum(prompt_tokens) AS BIGINT) AS prompt_tokens,
  CAST(sum(completion_tokens) AS BIGINT) AS completion_tokens,
  CAST(sum(cost_nano) AS BIGINT) AS nano_usd,
  count(*) FILTER (cache_hit) AS cache_hits,
  count(*) FILTER (answered AND feedback_score IS NOT NULL) AS rated,
  count(*) FILTER (answered AND feedback_score > 0.5) AS liked
FROM clean_rows WHERE day >= $since AND day < $until GROUP BY ALL ORDER BY ALL
"""


def read_home(*, since: dt.date, until: dt.date, teams: Mapping[str, str] | None) -> Use:
    """The days' cells; the warehouse is brought up to date first, unless another process does it.

    Raises:
        NotFoundError: There is no usage yet.
    """
    from workbench.monitoring.warehouse.asking import Warehouse
    from workbench.monitoring.warehouse.building import refresh
    from workbench.store.usage_export import export_usage

    if not export_usage().files:
        raise NotFoundError(
            "there is no usage yet", hint="workbench serve, and ask it something; then again"
        )
    notes: list[str] = []
    with contextlib.suppress(BusyError):  # who writes it brings it up to date for us too
        built = refresh()
        notes += [
            f"{count:,} rows are set aside: {why}" for why, count in built.quarantined.items()
        ]
        notes += built.notes
    with Warehouse() as warehouse:
        span = {"since": since, "until": until}
        cells = warehouse.connection.execute(_CELLS, span).df()
        money = warehouse.metrics.currency
    cells["day"] = cells["day"].dt.date
    cells["cost_usd"] = cells.pop("nano_usd") / 1e9
    if teams is not None:
        cells["team"] = cells["user"].map(lambda user: teams.get(user, NO_TEAM))
        alone = int(cells["requests"][cells["team"] == NO_TEAM].sum())
        if alone:
            notes.append(f"{alone:,} calls are of users in no team: {NO_TEAM}")
    if money != "USD":
        notes.append(f"money is in {money}, as metrics.yaml says, where USD is written")
    if not len(cells):
        notes.append(f"there is no usage from {since} to {until - dt.timedelta(days=1)}")
    return Use(cells, since, until, tuple(notes))
