"""What keys have used and hold, kept beside the file, so that a step need not read it again.

A **sheet** is one key's. It is read from the file once, changed in memory with each reservation and
settlement, and what changed is written in the same transaction. Inside a transaction nobody else
can write; whether somebody did before it, SQLite tells by its ``data_version``, and then every
sheet is read anew. A transaction that failed leaves none.
"""

from __future__ import annotations

import bisect
import functools
import sqlite3
from typing import NamedTuple

from . import sqlite_steps as steps
from .protocol import Reservation, Truth
from .rules import Asked, Figures, periods
from .sqlite_steps import Moment

_MOST_SHEETS = 256
_TOGETHER = 16  # rows in one statement
Bucket = tuple[int, int]


class Late(NamedTuple):
    """What is to be done for a reservation that ended: settled, or given back if no tokens."""

    reservation: Reservation
    tokens: int | None = None
    nano_usd: int = 0
    now: Moment = Moment(0.0, 0.0)


class Sheet:
    """One key's figures, and what of them is not in the file yet.

    Args:
        key_id: Whose.
        figures: What the file has.
        live: Its reservations that have not run out: tokens, money, stream, and until when.
        counted: Whether the budgets are among the figures.
    """

    def __init__(
        self,
        key_id: str,
        figures: Figures,
        live: dict[str, tuple[int, int, int, float]],
        *,
        counted: bool,
    ) -> None:
        self.key_id, self.counted = key_id, counted
        self._seen_s = figures.window_s
        self._requests, self._tokens = list(figures.requests), list(figures.tokens)
        self._request_count = sum(count for _, count in self._requests)
        self._token_count = sum(count for _, count in self._tokens)
        self._open_tokens, self._open_nano = figures.open_tokens, figures.open_nano_usd
        self._open_streams, self._live = figures.open_streams, live
        self._expires_s = min((each[3] for each in live.values()), default=float("inf"))
        self._periods = periods(figures.wall_s)
        self._day, self._month = figures.day, figures.month
        self._new: list[tuple[object, ...]] = []
        self._gone: list[str] = []
        self._counted_in: dict[int, list[int]] = {}
        self._spent: dict[tuple[str, str], list[int]] = {}
        self._stale = False

    def serves(self, now: Moment, *, budgets: bool) -> bool:
        """Whether what is here holds at a moment; otherwise it is to be read anew."""
        second = int(now.steady_s)
        return (
            now.steady_s >= self._seen_s
            and (self.counted or not budgets)
            and periods(now.wall_s) == self._periods
            and not (self._requests and self._requests[-1][0] > second)
            and not (self._tokens and self._tokens[-1][0] > second)
        )

    def figures(self, now: Moment) -> Figures:
        """The figures of a moment."""
        self._seen_s = now.steady_s
        if now.steady_s >= self._expires_s:
            self._let_run_out(now.steady_s)
        oldest = int(now.steady_s) - steps.WINDOW_S
        while self._requests and self._requests[0][0] < oldest:
            self._request_count -= self._requests.pop(0)[1]
            self._stale = True
        while self._tokens and self._tokens[0][0] < oldest:
            self._token_count -= self._tokens.pop(0)[1]
            self._stale = True
        return Figures(
            now.steady_s,
            now.wall_s,
            self._requests,
            self._tokens,
            self._open_tokens,
            self._open_nano,
            self._open_streams,
            self._day,
            self._month,
            self._request_count,
            self._token_count,
        )

    def hold(self, made_id: str, asked: Asked, now: Moment, *, lease_s: float) -> None:
        """Hold a call's part and count its request."""
        until_s = now.steady_s + lease_s
        row = (asked.tokens, asked.nano_usd, int(asked.stream), until_s)
        self._live[made_id] = row
        self._expires_s = min(self._expires_s, until_s)
        self._open_tokens += asked.tokens
        self._open_nano += asked.nano_usd
        self._open_streams += asked.stream
        self._new.append((self.key_id, made_id, *row))
        second = int(now.steady_s)
        _count(self._requests, second, 1)
        self._request_count += 1
        self._counted_in.setdefault(second, [0, 0])[0] += 1

    def remove(self, made_id: str) -> bool:
        """Give a reservation back; whether it was here. One that ran out is not."""
        held = self._live.pop(made_id, None)
        if held is None:
            return False
        self._open_tokens -= held[0]
        self._open_nano -= held[1]
        self._open_streams -= held[2]
        self._gone.append(made_id)
        return True

    def count(self, tokens: int, nano_usd: int, now: Moment) -> None:
        """Count what was used."""
        second = int(now.steady_s)
        if tokens and second >= int(self._seen_s) - steps.WINDOW_S:
            _count(self._tokens, second, tokens)
            self._token_count += tokens
            self._counted_in.setdefault(second, [0, 0])[1] += tokens
        names = periods(now.wall_s)
        spent = self._spent.setdefault(names, [0, 0])
        spent[0] += tokens
        spent[1] += nano_usd
        if names[0] == self._periods[0]:
            self._day = (self._day[0] + tokens, self._day[1] + nano_usd)
        if names[1] == self._periods[1]:
            self._month = (self._month[0] + tokens, self._month[1] + nano_usd)

    def write(self, connection: sqlite3.Connection) -> None:
        """Bring the file up to what is here."""
        key_id = self.key_id
        for start in range(0, len(self._gone), _TOGETHER):
            part = self._gone[start : start + _TOGETHER]
            connection.execute(_delete_open(len(part)), (key_id, *part))
        for start in range(0, len(self._new), _TOGETHER):
            rows = self._new[start : start + _TOGETHER]
            connection.execute(_insert_open(len(rows)), [v for row in rows for v in row])
        for second, (requests, tokens) in self._counted_in.items():
            connection.execute(steps.ADD, (key_id, second, requests, tokens))
        for names, (tokens, nano_usd) in self._spent.items():
            # Where there is no row it is not counted yet: then the usage log has this as well.
            connection.execute(steps.SPEND, (tokens, nano_usd, key_id, *names))
        if self._stale:
            oldest = int(self._seen_s) - steps.WINDOW_S
            connection.execute(steps.DROP_OLD, (key_id, oldest))
        self._new, self._gone, self._counted_in, self._spent = [], [], {}, {}
        self._stale = False

    def _let_run_out(self, steady_s: float) -> None:
        """Leave out what nobody renewed. In the file it stays: it may still be settled."""
        for made_id, row in list(self._live.items()):
            if row[3] <= steady_s:
                del self._live[made_id]
                self._open_tokens -= row[0]
                self._open_nano -= row[1]
                self._open_streams -= row[2]
        self._expires_s = min((each[3] for each in self._live.values()), default=float("inf"))


class Sheets:
    """The sheets of one connection; inside of its transactions alone.

    Args:
        lease_s: How long a reservation holds.
    """

    def __init__(self, *, lease_s: float) -> None:
        self._lease_s = lease_s
        self._sheets: dict[str, Sheet] = {}
        self._touched: list[Sheet] = []
        self._version = -1
        self.connection: sqlite3.Connection | None = None

    def begin(self, connection: sqlite3.Connection) -> None:
        """A transaction has begun: what others wrote before it is not in the sheets."""
        self.connection = connection
        version = connection.execute("PRAGMA data_version").fetchone()[0]
        if version != self._version or len(self._sheets) > _MOST_SHEETS:
            self.forget()
            self._version = version

    def forget(self) -> None:
        """Read everything anew."""
        self._sheets.clear()
        self._touched.clear()

    def find(
        self,
        connection: sqlite3.Connection,
        key_id: str,
        now: Moment,
        *,
        truth: Truth | None,
        budgets: bool,
    ) -> Sheet:
        """The sheet of a key.

        Raises:
            UncountedError: A budget is not counted yet and there is no ``truth``.
        """
        sheet = self._sheets.get(key_id)
        if sheet is None or not sheet.serves(now, budgets=budgets):
            if sheet is not None:
                sheet.write(connection)
            figures = steps.read_figures(
                connection, key_id, now, lease_s=self._lease_s, truth=truth, budgets=budgets
            )
            live = steps.read_live(connection, key_id, now)
            sheet = self._sheets[key_id] = Sheet(key_id, figures, live, counted=budgets)
        self._touched.append(sheet)
        return sheet

    def end(self, connection: sqlite3.Connection, late: Late) -> None:
        """Settle a reservation, or give it back; nothing if that was done before."""
        sheet = self._sheets.get(late.reservation.key_id)
        if sheet is None:
            if late.tokens is None:
                steps.remove(connection, late.reservation)
            else:
                steps.settle(
                    connection,
                    late.reservation,
                    tokens=late.tokens,
                    nano_usd=late.nano_usd,
                    now=late.now,
                )
            return
        # One that ran out is in the file alone.
        removed = sheet.remove(late.reservation.id) or steps.remove(connection, late.reservation)
        if removed and late.tokens is not None:
            sheet.count(late.tokens, late.nano_usd, late.now)
        self._touched.append(sheet)

    def write(self, connection: sqlite3.Connection) -> None:
        """Bring the file up to the sheets."""
        for sheet in dict.fromkeys(self._touched):
            sheet.write(connection)
        self._touched.clear()


def _count(buckets: list[Bucket], second: int, more: int) -> None:
    """Add to the bucket of a second; nearly always that is the last one, or comes after it."""
    if buckets and buckets[-1][0] == second:
        buckets[-1] = (second, buckets[-1][1] + more)
        return
    place = bisect.bisect_left(buckets, (second, 0))
    if place < len(buckets) and buckets[place][0] == second:
        buckets[place] = (second, buckets[place][1] + more)
    else:
        buckets.insert(place, (second, more))


@functools.cache
def _insert_open(count: int) -> str:
    return "INSERT INTO open VALUES " + ", ".join(["(?, ?, ?, ?, ?, ?)"] * count)


@functools.cache
def _delete_open(count: int) -> str:
    return f"DELETE FROM open WHERE key_id = ? AND id IN ({', '.join('?' * count)})"
