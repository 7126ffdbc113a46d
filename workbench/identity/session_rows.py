"""The rows of sessions and tokens that are ended together, for whoever ends a user's."""

from __future__ import annotations

import sqlite3


def end_all(
    connection: sqlite3.Connection,
    user: str,
    *,
    because: str,
    time_s: float,
    kinds: tuple[str, ...] = ("session", "token"),
) -> int:
    """End all sessions and tokens of a user that are not ended; returns how many."""
    marks = ", ".join("?" * len(kinds))
    found = connection.execute(
        "UPDATE sessions SET ended_s = ?, ended_because = ? "
        f"WHERE user = ? AND ended_s IS NULL AND kind IN ({marks})",
        (time_s, because, user, *kinds),
    )
    return found.rowcount
