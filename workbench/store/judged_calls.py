"""Calls with what became of them: how they ended, and what the user thought of the answer."""

from __future__ import annotations

from dataclasses import dataclass

from .database import Database, open_database


@dataclass(frozen=True)
class JudgedCall:
    """One settled call. ``score`` (-1 to 1) and ``judged_s`` are None where nobody judged it."""

    request_id: str
    time_s: float
    user: str
    key_id: str
    route: str
    status: int
    score: float | None
    judged_s: float | None


def judged_calls(
    route_part: str, *, since_s: float = 0.0, database: Database | None = None
) -> tuple[JudgedCall, ...]:
    """The calls whose route holds some words, in the order in which they were settled.

    Args:
        route_part: E.g. ``canary:k3:``.
        since_s: Only those from this Unix time on.
        database: The store, by default that of WORKBENCH_HOME.
    """
    rows = (database or open_database()).read(
        "SELECT u.request_id, u.time_s, u.user, u.key_id, u.route, u.status, f.score, "
        "f.time_s AS judged_s FROM usage u LEFT JOIN feedback f "
        "ON f.request_id = u.request_id AND f.key_id = u.key_id "
        "WHERE u.time_s >= ? AND instr(u.route, ?) > 0 ORDER BY u.time_s, u.settlement_id",
        (since_s, route_part),
    )
    return tuple(JudgedCall(*row) for row in rows)
