"""When a key will have used up its budget: its days so far, and paths of the days left."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from workbench.core.errors import InputError

from .outlooks import DAY_S, LEVEL, look_ahead
from .result import Outlook

if TYPE_CHECKING:
    from workbench.identity.keys import Key
    from workbench.monitoring.forecasting.series import TimeSeries
    from workbench.store.database import Database

_PAST_DAYS = 120
_SQL = {"usd": "sum(cost_nano_usd) / 1e9", "tokens": "sum(prompt_tokens + completion_tokens)"}
_UNITS = {"usd": "USD", "tokens": "tokens"}


@dataclass(frozen=True)
class Budget:
    """A key's budget of a month or a day, in USD or tokens; ``limit`` is the name it has there."""

    key: str
    key_id: str
    amount: float
    kind: str
    span: str

    @property
    def series(self) -> str:
        """What its outlook is called."""
        return f"{self.key}: {_UNITS[self.kind]} a {self.span}"


def budgets_of(key: Key) -> tuple[Budget, ...]:
    """The budgets that a key has."""
    found = []
    for name, amount in key.limits.items:
        if name.startswith("budget_"):
            _, kind, span = name.split("_")
            found.append(Budget(key.name, key.id, float(amount), kind, span))
    return tuple(found)


def look_at_budget(
    budget: Budget, *, now_s: float, horizon_days: int, database: Database | None = None,
    seed: int = 0,
) -> Outlook:  # fmt: skip
    """When a budget is used up.

    Raises:
        InputError: The key has too few days to try a forecast on, or never used anything.
    """
    series, today = _days(budget, now_s, database)
    if budget.span == "day":
        return look_ahead(
            series, horizon_days=horizon_days, limit=budget.amount, limit_from=f"key {budget.key}",
            seed=seed,
        )  # fmt: skip
    return _month(budget, series, today, now_s, seed)


def _days(budget: Budget, now_s: float, database: Database | None) -> tuple[TimeSeries, float]:
    """What each day that is over came to, and today so far."""
    from workbench.monitoring.forecasting.series import make_regular
    from workbench.store.database import open_database

    rows = (database or open_database()).read(
        f"SELECT CAST(time_s / {DAY_S} AS INTEGER) AS day, {_SQL[budget.kind]} AS used FROM usage "
        "WHERE key_id = ? AND time_s >= ? AND time_s <= ? GROUP BY day",
        (budget.key_id, now_s - _PAST_DAYS * DAY_S, now_s),
    )
    used: Mapping[int, float] = {row["day"]: row["used"] for row in rows}
    today = int(now_s // DAY_S)
    if not used or min(used) == today:
        raise InputError(
            f"the key {budget.key} has no day of use that is over", hint="look again tomorrow"
        )
    days = range(min(used), today)
    series = make_regular(
        [day * DAY_S for day in days], [used.get(day, 0.0) for day in days], step_s=DAY_S,
        name=budget.series, unit=_UNITS[budget.kind],
    )  # fmt: skip
    return series, used.get(today, 0.0)


def _month(budget: Budget, series: TimeSeries, today: float, now_s: float, seed: int) -> Outlook:
    import numpy as np

    from workbench.monitoring.forecasting.backtesting import LEAST_ORIGINS, backtest, origins_of
    from workbench.monitoring.forecasting.candidates import forecast_by
    from workbench.monitoring.forecasting.forecast import time_to_limit
    from workbench.monitoring.forecasting.intervals import conformal_widths

    now = dt.datetime.fromtimestamp(now_s, dt.UTC)
    left = ((now.replace(day=1) + dt.timedelta(days=32)).replace(day=1).date() - now.date()).days
    values, seasons = series.values, series.seasons
    if len(origins_of(len(values), seasons, left)) < LEAST_ORIGINS:
        seasons = ()
    if len(origins_of(len(values), seasons, left)) < LEAST_ORIGINS:
        raise InputError(
            f"{len(values)} days of the key {budget.key} are too few to try {left} days ahead",
            hint="look again later in the month",
        )
    tried = backtest(values, seasons, left)
    ahead = forecast_by(tried.members, values, seasons, left)
    over = now.day - 1  # days of this month that are over
    so_far = np.cumsum(values[len(values) - min(over, len(values)) :])
    spent = float(so_far[-1]) if len(so_far) else 0.0
    path = spent + np.cumsum(np.maximum(ahead, 0.0))
    errors = np.cumsum(tried.errors, axis=1)
    widths = conformal_widths(errors, level=LEVEL)
    least = spent + today
    start_s = series.time_s(len(values))
    met = time_to_limit(
        path, errors, limit=budget.amount, last=least, start_s=start_s, step_s=DAY_S, seed=seed
    )
    low, high = (np.maximum(each, least) for each in (path - widths, path + widths))
    path = np.maximum(path, least)
    return Outlook(
        budget.series, series.unit, start_s, DAY_S, LEVEL, least, tuple(map(float, path)),
        tuple(map(float, low)), tuple(map(float, high)), tuple(map(float, so_far)), tried.chosen,
        float(path[-1] - spent) / left, budget.amount, f"key {budget.key}", met, (),
        (*series.notes, f"looked to the end of the month, {left} days ahead"),
    )  # fmt: skip
