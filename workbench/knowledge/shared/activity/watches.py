"""What each user watches, and how far his digest has told him: kept beside the spaces of a home.

Users are each home's, so this is too, wherever the spaces are kept. It is nobody's knowledge: no
version of a space has it, and a space that is made anew under an old name is another.
"""

from __future__ import annotations

import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from workbench.core import settings
from workbench.core.errors import ConflictError, InputError, NotFoundError
from workbench.core.viewers import Viewable
from workbench.knowledge.extraction.names import name_key
from workbench.knowledge.shared.shelf import FOLDER
from workbench.knowledge.shared.space import By, Space
from workbench.store.database import Database
from workbench.store.migrations import Migration

from .entities import entity_names
from .feed import require_proposal
from .happenings import Happenings

FILE_NAME = "watches.sqlite"
WatchKind = Literal["space", "page", "entity", "proposal"]
_TABLES = """
CREATE TABLE watches (
    user TEXT NOT NULL,
    space TEXT NOT NULL,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    said TEXT NOT NULL,
    after_event INTEGER NOT NULL,
    after_role INTEGER NOT NULL,
    since_us INTEGER NOT NULL,
    PRIMARY KEY (user, space, kind, key)
) STRICT;
CREATE TABLE seen (
    user TEXT NOT NULL,
    space TEXT NOT NULL,
    event INTEGER NOT NULL,
    role INTEGER NOT NULL,
    PRIMARY KEY (user, space)
) STRICT;
"""
MIGRATIONS = (Migration("watches and what was seen", _TABLES),)


@dataclass(frozen=True)
class Watch(Viewable):
    """That somebody watches something.

    Attributes:
        kind: A page, an entity, a proposal or the whole space.
        key: The page's id, the name's key, the proposal's number; nothing for the space.
        what: How it is called now.
        after_event: Its digest begins after this event of the space.
        after_role: And after this entry of the home's ledger.
        since_us: When he began.
    """

    kind: WatchKind
    key: str
    what: str
    after_event: int
    after_role: int
    since_us: int


@dataclass(frozen=True)
class Wanted:
    """What is to be watched: one of the three, or the whole space."""

    page: str | None = None
    entity: str | None = None
    proposal: int | None = None

    def __post_init__(self) -> None:
        given = [each for each in (self.page, self.entity, self.proposal) if each is not None]
        if len(given) > 1:
            raise InputError(
                "one thing is watched at a time: a page, an entity or a proposal",
                hint="none of them watches the whole space",
            )


class Watches:
    """The watches of one home.

    Args:
        home: The home, by default the one that is set.
    """

    def __init__(self, home: Path | None = None) -> None:
        place = (home or settings.home()) / FOLDER / FILE_NAME
        self.database = Database(place, migrations=MIGRATIONS)

    def watch(self, space: Space, wanted: Wanted, *, by: By = None) -> Watch:
        """Watch something from now on.

        Raises:
            AccessError: He may read nothing of the space.
            ConflictError: He watches it already.
            NotFoundError: There is no such thing that he may see.
        """
        with space.shelf.snapshot():
            done = Happenings(space, by)
            kind, key, said = _found(done, wanted)
            event, role = last_numbers(done)
        now_us = time.time_ns() // 1000
        with closing(self.database), self.database.transaction() as connection:
            added = connection.execute(
                "INSERT OR IGNORE INTO watches VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (done.sight.user, name_of(done), kind, key, said, event, role, now_us),
            ).rowcount
        if not added:
            raise ConflictError(f"{done.sight.user!r} watches {said} already")
        return Watch(kind, key, said, event, role, now_us)

    def unwatch(self, space: Space, wanted: Wanted, *, by: By = None) -> Watch:
        """Watch something no longer: by what it is called now, or was when he began.

        Raises:
            AccessError: He may read nothing of the space.
            NotFoundError: He watches no such thing.
        """
        with space.shelf.snapshot():
            done = Happenings(space, by)
            kind, said = _asked(space, wanted)
            known = self.of(done)
        found = [each for each in known if each.kind == kind and _is(each, said)]
        if not found:
            raise NotFoundError.among(
                "watched " + kind, said, [each.what for each in known if each.kind == kind],
                hint=f"workbench knowledge watching {space.name}",
            )  # fmt: skip
        with closing(self.database), self.database.transaction() as connection:
            connection.execute(
                "DELETE FROM watches WHERE user = ? AND space = ? AND kind = ? AND key = ?",
                (done.sight.user, name_of(done), kind, found[0].key),
            )
        return found[0]

    def of(self, done: Happenings) -> list[Watch]:
        """What the reader of a space watches there, the oldest first, as far as he may see it."""
        rows = self.database.read(
            "SELECT * FROM watches WHERE user = ? AND space = ? ORDER BY since_us, kind, key",
            (done.sight.user, name_of(done)),
        )
        self.database.close()
        told = ((row, _called(done, row["kind"], row["key"], row["said"])) for row in rows)
        return [
            Watch(row["kind"], row["key"], what, *row[-3:])
            for row, what in told
            if what is not None
        ]

    def seen(self, done: Happenings) -> tuple[int, int]:
        """The last event and the last change of a role that the reader's digest has told."""
        row = self.database.read_one(
            "SELECT event, role FROM seen WHERE user = ? AND space = ?",
            (done.sight.user, name_of(done)),
        )
        self.database.close()
        return (0, 0) if row is None else (row["event"], row["role"])

    def note_seen(self, done: Happenings) -> None:
        """Keep that the reader was told all that there is by now."""
        event, role = last_numbers(done)
        with closing(self.database), self.database.transaction() as connection:
            connection.execute(
                "INSERT INTO seen VALUES (?, ?, ?, ?) ON CONFLICT (user, space) DO UPDATE SET "
                "event = max(event, excluded.event), role = max(role, excluded.role)",
                (done.sight.user, name_of(done), event, role),
            )


def name_of(done: Happenings) -> str:
    """The space, and no other that ever had its name."""
    return f"{done.space.name} {done.begun}"


def last_numbers(done: Happenings) -> tuple[int, int]:
    """The numbers of the last event and of the last change of a role, 0 where there is none."""
    roles = (each.number for each in done.all if each.role is not None)
    events = (each.number for each in done.all if each.role is None)
    return max(events, default=0), max(roles, default=0)


def _asked(space: Space, wanted: Wanted) -> tuple[WatchKind, str]:
    if wanted.page is not None:
        return "page", wanted.page
    if wanted.entity is not None:
        return "entity", wanted.entity
    return ("space", space.name) if wanted.proposal is None else ("proposal", str(wanted.proposal))


def _found(done: Happenings, wanted: Wanted) -> tuple[WatchKind, str, str]:
    """Kind, key and name of what is to be watched. Raises NotFoundError, AccessError."""
    kind, said = _asked(done.space, wanted)
    if kind == "page":
        known = {path: key for key, path in done.now_paths.items() if done.sight.may(path)}
        if said not in known:
            raise NotFoundError.among("page", said, known)
        return kind, known[said], said
    if wanted.proposal is not None:
        require_proposal(done, wanted.proposal)
        return kind, said, _proposal_name(done, wanted.proposal)
    done.space.require(done.sight.by, "read")
    if kind == "entity":
        names = entity_names(done.space)
        if name_key(said) not in names:
            raise NotFoundError.among("entity", said, names.values(), listed=False)
        return kind, name_key(said), names[name_key(said)]
    return "space", "", done.space.name


def _called(done: Happenings, kind: str, key: str, said: str) -> str | None:
    """What something watched is called now; None if the reader may not see it any more."""
    if kind == "page":
        path = done.now_paths.get(key, said)
        return path if done.sight.may(path) else None
    if kind == "proposal":
        may = int(key) in done.proposals and done.may_see_proposal(int(key))
        return _proposal_name(done, int(key)) if may else None
    return said if done.sight.may("") else None


def _proposal_name(done: Happenings, number: int) -> str:
    return f"{number} {' '.join(done.proposals[number].title.split())}"


def _is(watch: Watch, said: str) -> bool:
    if watch.kind == "proposal":
        return watch.key == said
    if watch.kind == "entity":
        return watch.key == name_key(said)
    return watch.kind == "space" or watch.what == said
