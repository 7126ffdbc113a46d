"""The steps on ``limits.sqlite``: each runs inside one transaction, which holds the file.

What the file holds is derived: budgets are counted anew from the usage log, windows and leases are
forgotten with it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import NamedTuple

from workbench.store.migrations import Migration
from workbench.store.usage_rows import to_nano

from .carrying import Carried
from .protocol import WINDOW_S, Reservation, Truth
from .rules import Asked, Figures, period_bounds_s, periods

MIGRATIONS = (
    Migration(
        "limits",
        """
CREATE TABLE open (
    key_id TEXT NOT NULL,
    id TEXT NOT NULL,
    tokens INTEGER NOT NULL,
    nano_usd INTEGER NOT NULL,
    stream INTEGER NOT NULL,
    until_s REAL NOT NULL,
    PRIMARY KEY (key_id, id)
) STRICT, WITHOUT ROWID;
CREATE TABLE buckets (
    key_id TEXT NOT NULL,
    second INTEGER NOT NULL,
    requests INTEGER NOT NULL,
    tokens INTEGER NOT NULL,
    PRIMARY KEY (key_id, second)
) STRICT, WITHOUT ROWID;
CREATE TABLE budgets (
    key_id TEXT NOT NULL,
    period TEXT NOT NULL,
    tokens INTEGER NOT NULL,
    nano_usd INTEGER NOT NULL,
    PRIMARY KEY (key_id, period)
) STRICT, WITHOUT ROWID;
""",
    ),
)
_BUCKETS = "SELECT second, requests, tokens FROM buckets WHERE key_id = ? ORDER BY second"
_OPEN = (
    "SELECT total(tokens), total(nano_usd), total(stream), max(until_s) FROM open "
    "WHERE key_id = ? AND until_s > ?"
)
_BUDGETS = "SELECT period, tokens, nano_usd FROM budgets WHERE key_id = ? AND period IN (?, ?)"
_LIVE = "SELECT id, tokens, nano_usd, stream, until_s FROM open WHERE key_id = ? AND until_s > ?"
ADD = (
    "INSERT INTO buckets VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET "
    "requests = requests + excluded.requests, tokens = tokens + excluded.tokens"
)
SPEND = (
    "UPDATE budgets SET tokens = tokens + ?, nano_usd = nano_usd + ? "
    "WHERE key_id = ? AND period IN (?, ?)"
)
DROP_OLD = "DELETE FROM buckets WHERE key_id = ? AND second < ?"
_HOLD = "INSERT OR IGNORE INTO open VALUES (?, ?, ?, ?, ?, ?)"


class UncountedError(Exception):
    """The budgets of this key and period are not counted yet, and were not to be counted now."""


class Moment(NamedTuple):
    """Now, on the clock of windows and leases and on that of days and months."""

    steady_s: float
    wall_s: float


def carry(connection: sqlite3.Connection, carried: Carried, now: Moment, *, until_s: float) -> None:
    """Count and hold what was let through elsewhere."""
    key_id, second = carried.key_id, int(now.steady_s)
    for age_s, requests, tokens in carried.buckets:
        connection.execute(ADD, (key_id, second - age_s, requests, tokens))
    for each in carried.held:
        about = (each.tokens, to_nano(each.usd), int(each.stream), until_s)
        connection.execute(_HOLD, (key_id, each.id, *about))


def read_figures(
    connection: sqlite3.Connection,
    key_id: str,
    now: Moment,
    *,
    lease_s: float,
    truth: Truth | None,
    budgets: bool = True,
) -> Figures:
    """What a key has used and holds.

    Args:
        connection: In a transaction.
        key_id: Whose.
        now: When.
        lease_s: How long a reservation holds at most.
        truth: What uncounted budgets are counted from.
        budgets: Whether they matter.

    Raises:
        UncountedError: A budget is not counted yet and there is no ``truth``.
    """
    day = month = (0, 0)
    if budgets:  # first: counting them may settle what is open
        day, month = _settled(connection, key_id, now, truth=truth)
    second = int(now.steady_s)
    rows = connection.execute(_BUCKETS, (key_id,)).fetchall()
    if rows and (rows[0][0] < second - WINDOW_S or rows[-1][0] > second):
        _mend_buckets(connection, key_id, second)
        rows = connection.execute(_BUCKETS, (key_id,)).fetchall()
    tokens, nano_usd, streams, latest_s = connection.execute(
        _OPEN, (key_id, now.steady_s)
    ).fetchone()
    if latest_s is not None and latest_s > now.steady_s + lease_s:  # from before a restart
        connection.execute(
            "UPDATE open SET until_s = min(until_s, ?) WHERE key_id = ?",
            (now.steady_s + lease_s, key_id),
        )
    return Figures(
        now.steady_s,
        now.wall_s,
        [(row[0], row[1]) for row in rows if row[1]],
        [(row[0], row[2]) for row in rows if row[2]],
        int(tokens),
        int(nano_usd),
        int(streams),
        day,
        month,
    )


def read_live(
    connection: sqlite3.Connection, key_id: str, now: Moment
) -> dict[str, tuple[int, int, int, float]]:
    """A key's reservations that have not run out: tokens, money, stream, and until when."""
    rows = connection.execute(_LIVE, (key_id, now.steady_s)).fetchall()
    return {row[0]: (row[1], row[2], row[3], row[4]) for row in rows}


def hold(
    connection: sqlite3.Connection,
    key_id: str,
    made_id: str,
    *,
    asked: Asked,
    now: Moment,
    lease_s: float,
) -> None:
    """Hold a call's part and count its request."""
    connection.execute(
        "INSERT INTO open VALUES (?, ?, ?, ?, ?, ?)",
        (key_id, made_id, asked.tokens, asked.nano_usd, asked.stream, now.steady_s + lease_s),
    )
    connection.execute(ADD, (key_id, int(now.steady_s), 1, 0))


def settle(
    connection: sqlite3.Connection,
    reservation: Reservation,
    *,
    tokens: int,
    nano_usd: int,
    now: Moment,
) -> None:
    """Count what was used; nothing if it was settled or released before."""
    if not remove(connection, reservation):
        return
    if tokens:
        connection.execute(ADD, (reservation.key_id, int(now.steady_s), 0, tokens))
    day, month = periods(now.wall_s)
    # Where there is no row it is not counted yet: then the usage log has this as well.
    connection.execute(SPEND, (tokens, nano_usd, reservation.key_id, day, month))


def remove(connection: sqlite3.Connection, reservation: Reservation) -> bool:
    """Give a reservation back; whether it was there."""
    cursor = connection.execute(
        "DELETE FROM open WHERE key_id = ? AND id = ?", (reservation.key_id, reservation.id)
    )
    return cursor.rowcount == 1


def renew(
    connection: sqlite3.Connection, reservations: Sequence[Reservation], until_s: float
) -> None:
    """Let reservations hold longer."""
    connection.executemany(
        "UPDATE open SET until_s = ? WHERE key_id = ? AND id = ?",
        [(until_s, each.key_id, each.id) for each in reservations],
    )


def tidy(connection: sqlite3.Connection, now: Moment, *, forgotten_s: float) -> None:
    """Drop what no key will ask for again: old windows, budgets and leases."""
    connection.execute("DELETE FROM buckets WHERE second < ?", (int(now.steady_s) - WINDOW_S,))
    connection.execute("DELETE FROM open WHERE until_s < ?", (now.steady_s - forgotten_s,))
    day, month = periods(now.wall_s)
    connection.execute("DELETE FROM budgets WHERE period NOT IN (?, ?)", (day, month))


def _settled(
    connection: sqlite3.Connection, key_id: str, now: Moment, *, truth: Truth | None
) -> tuple[tuple[int, int], tuple[int, int]]:
    """What a key's settlements of a day and a month come to, counted where they were not.

    Counting holds the file. What the usage log has and is still open here (its process is about to
    settle it, or died) is in the sums, and so it is settled here on its behalf.
    """
    names = periods(now.wall_s)
    rows = connection.execute(_BUDGETS, (key_id, *names)).fetchall()
    found = {row[0]: (row[1], row[2]) for row in rows}
    if len(found) == len(names):
        return found[names[0]], found[names[1]]
    if truth is None:
        raise UncountedError
    ids = connection.execute("SELECT id FROM open WHERE key_id = ?", (key_id,)).fetchall()
    counted = truth(key_id, [period_bounds_s(each) for each in names], [each[0] for each in ids])
    for settlement_id, (tokens, nano_usd) in counted.rows.items():
        settled = Reservation(settlement_id, key_id)
        # To a period that was counted before it is added, the sums of the others have it.
        settle(connection, settled, tokens=tokens, nano_usd=nano_usd, now=now)
    for name, span in zip(names, counted.spans, strict=True):
        if name not in found:
            connection.execute("INSERT INTO budgets VALUES (?, ?, ?, ?)", (key_id, name, *span))
    return _settled(connection, key_id, now, truth=None)


def _mend_buckets(connection: sqlite3.Connection, key_id: str, second: int) -> None:
    """Drop buckets that count no more, and take those from the future as of now."""
    connection.execute(DROP_OLD, (key_id, second - WINDOW_S))
    requests, tokens = connection.execute(
        "SELECT sum(requests), sum(tokens) FROM buckets WHERE key_id = ? AND second > ?",
        (key_id, second),
    ).fetchone()
    if requests is not None:
        connection.execute("DELETE FROM buckets WHERE key_id = ? AND second > ?", (key_id, second))
        connection.execute(ADD, (key_id, second, requests, tokens))
