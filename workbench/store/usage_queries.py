"""What the usage log says: totals by key, user, model or day."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from .database import Database, open_database
from .usage_rows import NANO, UsageRow, read_row

By = Literal[
    "key", "user", "model", "backend", "endpoint", "day", "month", "task", "language", "error"
]
_KEYS: dict[str, str] = {
    "key": "key_id",
    "user": "user",
    "model": "model_served",
    "backend": "backend",
    "endpoint": "endpoint",
    "day": "strftime('%Y-%m-%d', time_s, 'unixepoch')",
    "month": "strftime('%Y-%m', time_s, 'unixepoch')",
    "task": "coalesce(task, '')",
    "language": "coalesce(language, '')",
    "error": "coalesce(error_code, 'no error')",
}


@dataclass(frozen=True)
class UsageTotal:
    """What calls came to, of one key, user, model or day; ``name`` is the key's, if it has one."""

    group: str
    requests: int
    errors: int
    prompt_tokens: int
    completion_tokens: int
    cached_tokens: int
    cache_hits: int
    cost_usd: float
    name: str = ""


def totals(
    *,
    by: By = "key",
    since_s: float = 0.0,
    until_s: float = math.inf,
    key_id: str | Collection[str] | None = None,
    database: Database | None = None,
) -> tuple[UsageTotal, ...]:
    """Totals of settlements from one Unix time up to another, the dearest in tokens first.

    ``key_id``: only of this key, or of these.
    """
    ids = [key_id] if isinstance(key_id, str) else key_id
    group = _KEYS[by]
    order = "1" if by in ("day", "month") else "sum(prompt_tokens + completion_tokens) DESC, 1"
    rows = (database or open_database()).read(
        f"SELECT {group} AS grouped, count(*) AS requests, "
        "sum(status >= 400) AS errors, sum(prompt_tokens) AS prompt_tokens, "
        "sum(completion_tokens) AS completion_tokens, sum(cached_tokens) AS cached_tokens, "
        "sum(cache IS NOT NULL) AS cache_hits, sum(cost_nano_usd) AS cost "
        "FROM usage WHERE time_s >= ? AND time_s < ? "
        "AND (?3 IS NULL OR key_id IN (SELECT value FROM json_each(?3))) "
        f"GROUP BY grouped ORDER BY {order}",
        (since_s, until_s, None if ids is None else json.dumps(list(ids))),
    )
    return tuple(
        UsageTotal(
            row["grouped"],
            row["requests"],
            row["errors"],
            row["prompt_tokens"],
            row["completion_tokens"],
            row["cached_tokens"],
            row["cache_hits"],
            row["cost"] / NANO,
        )
        for row in rows
    )


def settlements(
    *,
    since_s: float = 0.0,
    until_s: float = math.inf,
    key_id: str | None = None,
    request_id: str | None = None,
    limit: int = 100,
    database: Database | None = None,
) -> tuple[UsageRow, ...]:
    """Single settlements, the newest first."""
    rows = (database or open_database()).read(
        "SELECT * FROM usage WHERE time_s >= ?1 AND time_s < ?2 AND (?3 IS NULL OR key_id = ?3) "
        "AND (?4 IS NULL OR request_id = ?4) ORDER BY time_s DESC, settlement_id LIMIT ?5",
        (since_s, until_s, key_id, request_id, limit),
    )
    return tuple(read_row(row) for row in rows)


def last_settled_s(key_id: str, database: Database) -> float | None:
    """The Unix time of a key's last settlement; None where there is none."""
    row = database.read_one("SELECT max(time_s) AS last_s FROM usage WHERE key_id = ?", (key_id,))
    return None if row is None else row["last_s"]


class Settled(NamedTuple):
    """What a key settled: tokens and billionths of a dollar.

    ``spans`` has one sum for each that was asked for, ``rows`` the settlements among the ids.
    """

    spans: tuple[tuple[int, int], ...]
    rows: dict[str, tuple[int, int]]


def settled_of(
    database: Database, key_id: str, spans: Sequence[tuple[float, float]], ids: Collection[str]
) -> Settled:
    """What a key settled in spans of Unix time, and which of some settlements there are.

    All of it as it was at one moment: what is among the rows is in the sums.
    """
    with database.snapshot() as connection:
        sums = [
            connection.execute(
                "SELECT coalesce(sum(prompt_tokens + completion_tokens), 0), "
                "coalesce(sum(cost_nano_usd), 0) FROM usage "
                "WHERE key_id = ? AND time_s >= ? AND time_s < ?",
                (key_id, since_s, until_s),
            ).fetchone()
            for since_s, until_s in spans
        ]
        rows = {}
        for settlement_id in ids:
            row = connection.execute(
                "SELECT prompt_tokens + completion_tokens, cost_nano_usd FROM usage "
                "WHERE settlement_id = ? AND key_id = ?",
                (settlement_id, key_id),
            ).fetchone()
            if row is not None:
                rows[settlement_id] = (row[0], row[1])
    return Settled(tuple((row[0], row[1]) for row in sums), rows)
