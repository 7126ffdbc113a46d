"""Settled calls with what can be told of their answers: how they ended, length, language, score."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from .database import Database, open_database


@dataclass(frozen=True)
class AnsweredCall:
    """One settled call. ``score`` (-1 to 1) is None where nobody judged it; ``answer`` where words
    were not kept. ``consent``: whether whoever asked agreed that it may be read."""

    request_id: str
    time_s: float
    model: str
    status: int
    completion_tokens: int
    language: str | None
    score: float | None
    consent: bool
    answer: str | None = field(repr=False)


def answered_calls(
    *, since_s: float = 0.0, until_s: float = math.inf, database: Database | None = None
) -> tuple[AnsweredCall, ...]:
    """The calls from one Unix time up to another, in the order in which they were settled.

    Args:
        since_s: The first time.
        until_s: The first time that is left out.
        database: The store, by default that of WORKBENCH_HOME.
    """
    rows = (database or open_database()).read(
        "SELECT u.request_id, u.time_s, u.model_served AS model, u.status, u.completion_tokens, "
        "u.language, f.score, f.consent, t.completion AS answer FROM usage u "
        "LEFT JOIN feedback f ON f.request_id = u.request_id AND f.key_id = u.key_id "
        "LEFT JOIN usage_text t ON t.settlement_id = u.settlement_id "
        "WHERE u.time_s >= ? AND u.time_s < ? ORDER BY u.time_s, u.settlement_id",
        (since_s, until_s),
    )
    return tuple(AnsweredCall(**{**row, "consent": bool(row["consent"])}) for row in rows)
