"""Where a metric's names have their figures from; each is read once for all rules of a look."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from typing import Any

from workbench.core import settings
from workbench.core.errors import NotFoundError, WorkbenchError
from workbench.monitoring.drift.kept import DRIFT_FRESH_S, kept_drift
from workbench.monitoring.samples.keeping import Newest, Samples
from workbench.store.database import Database

from .rules import Rule
from .spans import said

Found = tuple[float | None, str]
_LATE = 3  # readings of a gateway that reads seldom may be missed
_QUANTILES = {
    "latency_p50_s": ("duration_s", 0.5), "latency_p95_s": ("duration_s", 0.95),
    "first_token_p95_s": ("time_to_first_token_s", 0.95), "queue_p95_s": ("queue_s", 0.95),
}  # fmt: skip
_SUMS = """
SELECT count(*) AS calls, coalesce(sum(status >= 400), 0) AS errors,
    coalesce(sum(status >= 500), 0) AS failed,
    coalesce(sum(prompt_tokens + completion_tokens), 0) AS tokens,
    coalesce(sum(cost_nano_usd), 0) / 1e9 AS cost_usd
FROM usage WHERE time_s >= ? AND time_s < ?"""


class Figures:
    """The figures at one moment.

    Args:
        database: The store.
        now_s: The moment, in Unix time.
    """

    def __init__(self, database: Database, now_s: float) -> None:
        self.database, self.now_s = database, now_s
        self._newest: dict[str, Newest] | None = None
        self._known: dict[Any, Any] = {}

    def value_of(self, rule: Rule) -> Found:
        """A rule's metric, or None and why there is none."""
        return rule.metric.value(lambda name: self._figure(rule, name))

    def _figure(self, rule: Rule, name: str) -> Found:
        first, _, rest = name.partition(".")
        if first == "samples":
            return self._sample(rest, rule.window_s)
        if first == "usage":
            return self._usage(rest, rule)
        if first == "drift":
            return self._drift(rest, rule.window_s)
        return self._measure(rest, rule)

    def _once(self, key: Any, read: Callable[[], Any]) -> Any:
        if key not in self._known:
            self._known[key] = read()
        return self._known[key]

    def _sample(self, name: str, window_s: float) -> Found:
        """The newest reading, or the mean of a window."""
        if self._newest is None:
            self._newest = Samples(self.database).newest(until_s=self.now_s)
        newest = self._newest.get(name)
        if newest is None:
            return None, f"{name} was not recorded in the last days: does workbench serve run?"
        late_s = self.now_s - newest.time_s
        fresh_s = max(newest.kind.fresh_s, _LATE * settings.get("samples_every_s"))
        if late_s > fresh_s:
            return None, f"{name} was last recorded {_ago(late_s)} ago"
        if not window_s:
            return newest.value, ""
        row = self.database.read(
            "SELECT sum(mean * readings) / sum(readings) AS mean FROM samples "
            "WHERE name = ? AND step_s = 60 AND start_s > ? AND start_s <= ?",
            (name, self.now_s - window_s, self.now_s),
        )[0]
        return (newest.value if row["mean"] is None else row["mean"]), ""

    def _usage(self, name: str, rule: Rule) -> Found:
        where, params = "", [self.now_s - rule.window_s, self.now_s]
        for column, wanted in sorted(rule.where.items()):
            where += f" AND {'model_served' if column == 'model' else 'user'} = ?"
            params.append(wanted)  # type: ignore[arg-type]
        key = (where, *params)
        sums = self._once(key, lambda: self.database.read(_SUMS + where, params)[0])
        if name not in ("calls", "tokens", "cost_usd") and sums["calls"] < rule.least_calls:
            span = said(rule.window_s)
            return None, f"{sums['calls']} calls in {span}; {rule.least_calls} are needed"
        if name in _QUANTILES:
            return self._once((key, name), lambda: self._quantile(name, where, params))
        if name.endswith("_share"):
            part = "errors" if name == "error_share" else "failed"
            return sums[part] / sums["calls"], ""
        return float(sums[name]), ""

    def _quantile(self, name: str, where: str, params: list[Any]) -> Found:
        """Of the calls that were answered, the value that so many lie at or below."""
        column, share = _QUANTILES[name]
        answered = f"FROM usage WHERE time_s >= ? AND time_s < ? AND status < 400{where}"
        answered += f" AND {column} IS NOT NULL"
        count = self.database.read(f"SELECT count(*) {answered}", params)[0][0]
        if not count:
            return None, "no call was answered"
        place = max(0, -int(-share * count // 1) - 1)
        row = self.database.read(
            f"SELECT {column} {answered} ORDER BY {column} LIMIT 1 OFFSET ?", [*params, place]
        )[0]
        return float(row[0]), ""

    def _drift(self, rest: str, window_s: float) -> Found:
        name, _, what = rest.partition(".")
        kept = self._once(("drift", name), lambda: kept_drift(name, database=self.database))
        if kept is None:
            return None, f"no comparison was kept: workbench monitoring drift --keep {name}"
        late_s = self.now_s - kept.time_s
        if late_s > (window_s or DRIFT_FRESH_S):
            return None, f"drift was last looked at {_ago(late_s)} ago"
        value = getattr(kept, what)
        return (None, "no column has an index") if value is None else (float(value), "")

    def _measure(self, name: str, rule: Rule) -> Found:
        """A measure of the warehouse as it was last built, wherever it is."""
        key = ("measure", name, rule.window_s, tuple(sorted(rule.where.items())))
        return self._once(key, lambda: self._ask_warehouse(name, rule))

    def _ask_warehouse(self, name: str, rule: Rule) -> Found:
        from workbench.monitoring.warehouse.opening import open_warehouse

        since_s = self.now_s - rule.window_s
        try:
            with open_warehouse(threads=1) as warehouse:
                span = warehouse.span()
                if span is None or span[1].replace(tzinfo=dt.UTC).timestamp() + 3600 < since_s:
                    return None, "the warehouse is not up to date: workbench monitoring rebuild"
                answer = warehouse.measure(
                    name, since=_hour(since_s), until=_hour(self.now_s + 3600),
                    where={column: (wanted,) for column, wanted in rule.where.items()},
                )  # fmt: skip
        except NotFoundError as error:
            return None, f"{error.message}: {error.hint}"
        except WorkbenchError as error:  # one measure's fault must not end the look at other rules
            return None, error.message
        value = answer.total(name)
        return (None, f"{name} has no value in this time") if value is None else (float(value), "")


def _hour(time_s: float) -> dt.datetime:
    return dt.datetime.fromtimestamp(time_s // 3600 * 3600, dt.UTC).replace(tzinfo=None)


def _ago(seconds: float) -> str:
    for unit, length in (("days", 86_400), ("hours", 3600)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{seconds / 60:.0f} minutes"
