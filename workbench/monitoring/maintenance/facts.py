"""What the log and the home say of who uses what: the evidence of suggestions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from workbench.monitoring.samples.asking import ask_loaded_models
from workbench.monitoring.samples.reading import size_of

if TYPE_CHECKING:
    from workbench.store.database import Database

DAY_S = 86_400.0
WINDOW_DAYS = 14
_LEAST_HOURS = 48


@dataclass(frozen=True)
class ModelUse:
    """Calls of a model in the last two weeks, and its mean seconds in the first and second half."""

    calls: int
    last_s: float
    before_s: float | None
    now_s: float | None


@dataclass(frozen=True)
class Facts:
    """``models`` by name, ``loaded`` bytes by model (empty where no gateway was asked),
    ``folders`` bytes by folder of the home, ``with_load`` the rank correlation of a metric's hours
    with the load, ``errors`` calls by error code, ``spend_usd`` by key."""

    since_s: float
    until_s: float
    models: Mapping[str, ModelUse] = field(default_factory=dict)
    loaded: Mapping[str, int] = field(default_factory=dict)
    folders: Mapping[str, int] = field(default_factory=dict)
    with_load: Mapping[str, float] = field(default_factory=dict)
    errors: Mapping[str, int] = field(default_factory=dict)
    spend_usd: Mapping[str, float] = field(default_factory=dict)


def gather_facts(*, now_s: float, home: Path, database: Database | None = None) -> Facts:
    """Read the last two weeks of the log, the home's folders, and what the gateway has loaded."""
    from workbench.store.database import open_database

    store = database or open_database()
    since_s = now_s - WINDOW_DAYS * DAY_S
    span = (since_s, now_s)
    errors = store.read(
        "SELECT coalesce(error_code, status) AS code, count(*) AS calls FROM usage "
        "WHERE time_s >= ? AND time_s < ? AND status >= 400 GROUP BY code ORDER BY calls DESC",
        span,
    )
    spend = store.read(
        "SELECT coalesce(keys.name, key_id) AS name, sum(cost_nano_usd) / 1e9 AS usd FROM usage "
        "LEFT JOIN keys ON keys.id = key_id WHERE time_s >= ? AND time_s < ? "
        "GROUP BY key_id ORDER BY usd DESC",
        span,
    )
    return Facts(
        since_s, now_s, _models(store, since_s, now_s), ask_loaded_models(), folder_sizes(home),
        _with_load(store, since_s, now_s), {str(row["code"]): row["calls"] for row in errors},
        {row["name"]: row["usd"] for row in spend},
    )  # fmt: skip


def folder_sizes(home: Path) -> dict[str, int]:
    """Bytes on the disk by what lies right under the home, the largest first.

    A file with names in two folders, as weights have, counts in both.
    """
    found = {
        each.name: size_of(each) if each.is_dir() else each.stat().st_blocks * 512
        for each in (home.iterdir() if home.is_dir() else ())
        if not each.is_symlink() and each.exists()
    }
    return dict(sorted(found.items(), key=lambda pair: -pair[1]))


def _models(store: Database, since_s: float, now_s: float) -> dict[str, ModelUse]:
    middle_s = (since_s + now_s) / 2
    rows = store.read(
        "SELECT model_served AS name, count(*) AS calls, max(time_s) AS last_s, "
        "avg(CASE WHEN time_s < ?1 THEN duration_s END) AS before_s, "
        "avg(CASE WHEN time_s >= ?1 THEN duration_s END) AS now_s "
        "FROM usage WHERE time_s >= ?2 AND time_s < ?3 AND model_served != '' "
        "GROUP BY name ORDER BY calls DESC",
        (middle_s, since_s, now_s),
    )
    return {
        row["name"]: ModelUse(row["calls"], row["last_s"], row["before_s"], row["now_s"])
        for row in rows
    }


def _with_load(store: Database, since_s: float, now_s: float) -> dict[str, float]:
    """How hours of latency and of memory go with the calls of the same hour (Spearman)."""
    rows = store.read(
        "SELECT CAST(time_s / 3600 AS INTEGER) AS hour, count(*) AS calls, "
        "avg(duration_s) AS latency FROM usage WHERE time_s >= ? AND time_s < ? GROUP BY hour",
        (since_s, now_s),
    )
    calls = {row["hour"]: row["calls"] for row in rows}
    held = store.read(
        "SELECT start_s / 3600 AS hour, avg(mean) AS held FROM samples WHERE "
        "name = 'memory_resident_bytes' AND start_s >= ? AND start_s < ? GROUP BY hour",
        (since_s, now_s),
    )
    columns = {
        "latency": {row["hour"]: row["latency"] for row in rows if row["latency"] is not None},
        "memory": {row["hour"]: row["held"] for row in held},
    }
    found = {}
    for name, column in columns.items():
        pairs = [(calls[hour], value) for hour, value in column.items() if hour in calls]
        correlation = _rank_correlation(pairs)
        if correlation is not None:
            found[name] = correlation
    return found


def _rank_correlation(pairs: list[tuple[float, float]]) -> float | None:
    import numpy as np
    from scipy.stats import spearmanr

    if len(pairs) < _LEAST_HOURS or any(len(set(side)) < 2 for side in zip(*pairs, strict=True)):
        return None
    return float(spearmanr(*np.array(pairs).T).statistic)
