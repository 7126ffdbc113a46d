"""Live pages in the store: what was written is only ever added to, and states sum it up."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from dataclasses import dataclass

from workbench.core.errors import NotFoundError
from workbench.core.viewers import Viewable
from workbench.identity.spaces import check_space
from workbench.identity.users import LOCAL
from workbench.store.database import Database, open_database
from workbench.store.ledger import Ledger


@dataclass(frozen=True)
class Page(Viewable):
    """A page, and how much was written on it: updates that are kept one by one, and since when."""

    id: int
    space: str
    created_by: str
    created_s: float
    updates: int
    last_by: str | None
    last_s: float | None


@dataclass(frozen=True)
class Written(Viewable):
    """One update: by whom, when, and how large."""

    number: int
    user: str
    written_s: float
    size_bytes: int


@dataclass(frozen=True)
class Compaction(Viewable):
    """Updates that were dropped, for a state holds what they wrote."""

    space: str
    dropped: int
    freed_bytes: int
    kept: int


_PAGES = (
    "SELECT live_pages.*, count(live_updates.number) AS updates, "
    "max(live_updates.number) AS number, live_updates.user AS last_by, "
    "live_updates.written_s AS last_s "
    "FROM live_pages LEFT JOIN live_updates ON live_updates.page = live_pages.id "
)


class Pages:
    """The live pages of one store.

    Args:
        database: The store, by default that of WORKBENCH_HOME.
        clock: Tells Unix time; tests give their own.
    """

    def __init__(
        self, database: Database | None = None, *, clock: Callable[[], float] = time.time
    ) -> None:
        self.database = database or open_database()
        self._clock = clock

    def list(self) -> tuple[Page, ...]:
        """All pages by space."""
        rows = self.database.read(f"{_PAGES}GROUP BY live_pages.id ORDER BY space")
        return tuple(_page(row) for row in rows)

    def find(self, space: str) -> Page | None:
        """The page of that space; None if nothing was ever written there."""
        row = self.database.read_one(
            f"{_PAGES}WHERE space = ? GROUP BY live_pages.id", (check_space(space),)
        )
        return None if row is None else _page(row)

    def get(self, space: str) -> Page:
        """The page of that space. Raises NotFoundError with near matches."""
        found = self.find(space)
        if found is None:
            known = [page.space for page in self.list()]
            raise NotFoundError.among("live page", space, known)
        return found

    def at(self, id: int) -> Page | None:
        """The page of that number; None if there is none."""
        row = self.database.read_one(
            f"{_PAGES}WHERE live_pages.id = ? GROUP BY live_pages.id", (id,)
        )
        return None if row is None else _page(row)

    def move(self, space: str, to: str, *, actor: str = LOCAL) -> None:
        """Give a page another space. One that stood there gives way, under a name of its own.

        Raises:
            InputError: The new space is none.
            NotFoundError: There is no such page.
        """
        page, to = self.get(space), check_space(to)
        with self.database.transaction() as connection:
            rename = "UPDATE live_pages SET space = ? WHERE id = ?"
            if (there := self.find(to)) is not None:
                connection.execute(rename, (f"{to} (before {page.id})", there.id))
            connection.execute(rename, (to, page.id))
            about = {"from": page.space, "to": to}
            Ledger(self.database).append("live.page_moved", to, actor=actor, data=about)

    def create(self, space: str, *, user: str) -> Page:
        """Begin a page. Somebody may have been first: then it is his."""
        space = check_space(space)
        with self.database.transaction() as connection:
            found = self.find(space)
            if found is not None:
                return found
            connection.execute(
                "INSERT INTO live_pages (space, created_by, created_s) VALUES (?, ?, ?)",
                (space, user, self._clock()),
            )
            Ledger(self.database).append("live.page_begun", space, actor=user)
            return self.get(space)

    def append(self, page: int, update: bytes, *, user: str) -> int:
        """Keep an update; returns its number. It is on the disk when the transaction ends."""
        with self.database.transaction() as connection:
            number = connection.execute(
                "INSERT INTO live_updates (page, user, written_s, bytes) VALUES (?, ?, ?, ?)",
                (page, user, self._clock(), update),
            ).lastrowid
        assert number is not None
        return number

    def read(self, page: int) -> tuple[bytes | None, tuple[bytes, ...], int]:
        """The last state, the updates since in order, and the number of the last of them."""
        with self.database.snapshot():
            state = self.database.read_one("SELECT * FROM live_states WHERE page = ?", (page,))
            number = state["number"] if state else 0
            rows = self.database.read(
                "SELECT number, bytes FROM live_updates WHERE page = ? AND number > ? "
                "ORDER BY number",
                (page, number),
            )
        last = rows[-1]["number"] if rows else number
        return state["bytes"] if state else None, tuple(row["bytes"] for row in rows), last

    def writers(self, page: int) -> dict[int, str]:
        """Whose each client's number is."""
        rows = self.database.read("SELECT client, user FROM live_writers WHERE page = ?", (page,))
        return {row["client"]: row["user"] for row in rows}

    def keep_writer(self, page: int, client: int, *, user: str) -> None:
        """Keep whose a client's number is, unless it is somebody's already."""
        with self.database.transaction() as connection:
            connection.execute(
                "INSERT INTO live_writers VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                (page, client, user),
            )

    def last_number(self, page: int) -> int:
        """The number of the last update, also if it was dropped; 0 if there was none."""
        row = self.database.read_one(
            "SELECT max(coalesce((SELECT max(number) FROM live_updates WHERE page = ?1), 0), "
            "coalesce((SELECT number FROM live_states WHERE page = ?1), 0)) AS number",
            (page,),
        )
        return row["number"] if row else 0

    def keep_state(self, page: int, number: int, state: bytes) -> None:
        """Keep what all updates up to a number come to. An older state gives way, never a newer."""
        with self.database.transaction() as connection:
            connection.execute(
                "INSERT INTO live_states (page, number, bytes, made_s) VALUES (?, ?, ?, ?) "
                "ON CONFLICT (page) DO UPDATE SET number = excluded.number, "
                "bytes = excluded.bytes, made_s = excluded.made_s "
                "WHERE excluded.number > live_states.number",
                (page, number, state, self._clock()),
            )

    def history(self, space: str, *, most: int = 100) -> tuple[Written, ...]:
        """Who wrote last, the newest first. Raises NotFoundError if there is no such page."""
        rows = self.database.read(
            "SELECT number, user, written_s, length(bytes) AS size_bytes FROM live_updates "
            "WHERE page = ? ORDER BY number DESC LIMIT ?",
            (self.get(space).id, most),
        )
        return tuple(Written(**dict(row)) for row in rows)

    def compact(self, space: str, *, keep_days: float = 30.0, actor: str = LOCAL) -> Compaction:
        """Drop updates that are older and that a state holds; who wrote them is dropped with them.

        The text stays as it is, and so does what clients need that come back.

        Raises:
            NotFoundError: There is no such page.
        """
        page = self.get(space)
        before_s = self._clock() - keep_days * 86_400.0
        with self.database.transaction() as connection:
            where = (
                "page = ?1 AND written_s <= ?2 AND number <= "
                "coalesce((SELECT number FROM live_states WHERE page = ?1), 0)"
            )
            freed = self.database.read_one(
                f"SELECT coalesce(sum(length(bytes)), 0) AS freed FROM live_updates WHERE {where}",
                (page.id, before_s),
            )
            dropped = connection.execute(
                f"DELETE FROM live_updates WHERE {where}", (page.id, before_s)
            ).rowcount
            if dropped:
                Ledger(self.database).append(
                    "live.compacted", page.space, actor=actor, data={"dropped": dropped}
                )
        freed_bytes = freed["freed"] if freed else 0
        return Compaction(page.space, dropped, freed_bytes, page.updates - dropped)


def _page(row: sqlite3.Row) -> Page:
    names = ("id", "space", "created_by", "created_s", "updates", "last_by", "last_s")
    return Page(**{name: row[name] for name in names})
