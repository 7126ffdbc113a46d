"""The rows of sessions and tokens: what they say, why one is refused, and ending all of a user's.

``users`` and ``passwords`` end them as well, and ``sessions`` imports both.
"""

from __future__ import annotations

import hmac
import sqlite3
from dataclasses import dataclass

from workbench.core.errors import AccessError
from workbench.core.viewers import Viewable
from workbench.store.documents import load_document

WITH_USER = (
    "SELECT sessions.*, users.disabled_s AS user_disabled_s, users.removed_s AS user_removed_s "
    "FROM sessions JOIN users ON users.name = sessions.user"
)


@dataclass(frozen=True)
class Session(Viewable):
    """What is known of a session or token; times are Unix seconds."""

    id: str
    kind: str
    name: str
    user: str
    scopes: tuple[str, ...] | None
    prefix: str
    source: str
    created_s: float
    expires_s: float
    idle_s: float | None
    last_used_s: float
    ended_s: float | None
    ended_because: str | None


def read_session(row: sqlite3.Row) -> Session:
    """A session or token from its row."""
    values = {name: row[name] for name in row.keys() if name != "sha256"}  # noqa: SIM118 - a Row
    scopes = load_document(row["scopes"])
    return Session(**{**values, "scopes": None if scopes is None else tuple(scopes)})


def is_over(row: sqlite3.Row, now_s: float) -> bool:
    """Whether it was ended, has expired or lay idle for too long."""
    idle = row["idle_s"] is not None and now_s - row["last_used_s"] >= row["idle_s"]
    return row["ended_s"] is not None or now_s >= row["expires_s"] or idle


def why_not(row: sqlite3.Row | None, digest: bytes, now_s: float) -> str:
    """Why a row of ``WITH_USER`` is refused, in a word for ``refusal``; empty if it is not."""
    if row is None or not hmac.compare_digest(row["sha256"], digest):
        return "unknown"
    if row["user_removed_s"] is not None:
        return "removed"
    if row["user_disabled_s"] is not None:
        return "disabled"
    if row["ended_s"] is not None:
        over = row["ended_because"]
        return over if over in ("expired", "idle") else "revoked"
    if now_s >= row["expires_s"]:
        return "expired"
    return "idle" if is_over(row, now_s) else ""


def refusal(reason: str, kind: str) -> AccessError:
    """The error of a reason, in words."""
    said = {
        "unknown": f"the {kind} is not known here",
        "revoked": f"the {kind} was ended",
        "expired": f"the {kind} has expired",
        "idle": f"the {kind} was not used for too long",
        "disabled": "its user is disabled",
        "removed": "its user was removed",
    }[reason]
    hint = "sign in again" if kind == "session" else "workbench identity tokens add makes a token"
    return AccessError(said, hint=hint, reason=reason)


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
