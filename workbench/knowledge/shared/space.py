"""A space: its states by their records, where its head is, and who may do what in it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

from workbench.core.errors import ConflictError, NotFoundError
from workbench.core.near_names import near_names
from workbench.identity.grants import Grants
from workbench.identity.scopes import SignedIn
from workbench.identity.users import LOCAL
from workbench.store.database import open_database
from workbench.store.ledger import Deed, Ledger

from .ancestry import all_ancestors, common_ancestor, first_parents
from .contents import Contents
from .events import MOVES_HEAD, Event, EventKind
from .merging import Merged, merge
from .records import Record, RecordKind, record_of
from .shelf import Shelf, list_spaces, open_shelf
from .states import read_state, write_state

By = SignedIn | str | None
"""Who asks: who signed in, or a user's name from a caller who knows it; None is this machine."""


class Space:
    """A space by its name.

    Args:
        name: Letters, digits, dots, dashes and underscores; roles are those of `/knowledge/NAME`.
        home: The home that it is kept in, by default the one that is set.
        shelf: Where it is kept, by default a file of that home, or where `shared_url` says.
        clock: Tells Unix time in nanoseconds; tests give their own.
        grants: Who may do what, by default that of the home's store.

    Raises:
        InputError: It cannot be a name.
    """

    def __init__(
        self,
        name: str,
        *,
        home: Path | None = None,
        shelf: Shelf | None = None,
        clock: Callable[[], int] = time.time_ns,
        grants: Grants | None = None,
    ) -> None:
        self.name, self.clock = name, clock
        self.path = f"/knowledge/{name}"
        self.shelf: Shelf = shelf or open_shelf(name, home)
        self._grants = grants
        # Values never change, so what was read of them once is right for good.
        self.record = lru_cache(maxsize=1 << 14)(self._record)
        self.contents_of_state = lru_cache(maxsize=16)(self._contents_of_state)

    def begin(self, by: By = None) -> str:
        """Make the space, empty; its first record.

        Raises:
            AccessError: Who asks may not administer it.
            ConflictError: It is there already.
        """
        actor = self.require(by, "administer")
        with self.shelf.transaction():
            if self.shelf.last() is not None:
                raise ConflictError(
                    f"the space {self.name!r} is there already",
                    hint=f"workbench knowledge log {self.name}",
                )
            state = write_state(Contents(), self.shelf.put)
            record = Record("begun", state, (), 0, actor, self.now_us(), f"{self.name} begins")
            digest = self.shelf.put(record.content())
            self.add_event("begun", actor, record=digest)
        self.tell_ledger()
        return digest

    @property
    def head(self) -> str:
        """The record whose state is what is agreed on. Raises NotFoundError where none was made."""
        found = self.find_head()
        if found is None:
            raise NotFoundError(
                f"the space {self.name!r} is not there",
                hint=f"workbench knowledge spaces add {self.name}",
            )
        return found

    def find_head(self) -> str | None:
        """The same, None where none was made."""
        moved = self.shelf.last(MOVES_HEAD)
        return None if moved is None else moved.record

    @property
    def last_event(self) -> int:
        """The number of the last event; 0 where there is none."""
        found = self.shelf.last()
        return 0 if found is None else found.number

    def contents(self, record: str | None = None) -> Contents:
        """What a record's state holds, by default the head's."""
        return self.contents_of_state(self.record(record or self.head).state)

    def find(self, name: str, *, by: By = None) -> str:
        """A record by its digest or the beginning of it, or by a release's name.

        Args:
            name: What is given.
            by: Who asks; names that are near are told to who may read the space.

        Raises:
            ConflictError: Several records begin so.
            NotFoundError: None does.
        """
        events = self.shelf.events(kinds=("released",))
        releases = {each.data["name"]: each.record for each in events}
        if name in releases:
            return str(releases[name])
        known = {digest for digest, _ in self.history()}
        found = sorted(each for each in known if len(name) >= 4 and each.startswith(name))
        if len(found) > 1:
            raise ConflictError(f"{len(found)} records begin with {name}", hint="give more of it")
        if not found:
            near = near_names(name, releases) if self.may(by, "read", [""]) else []
            meant = f"; did you mean {near[0]!r}?" if near else ""
            raise NotFoundError(
                f"no record of {self.name} begins with {name!r:.80}, of which 4 characters are "
                f"needed, and no release is called so{meant}",
                hint=f"workbench knowledge log {self.name}",
            )
        return found[0]

    def line(self) -> Iterator[tuple[str, Record]]:
        """The records that the head came to be by, the newest first."""
        return first_parents(self.record, self.head)

    def is_agreed(self, digest: str) -> bool:
        """Whether the head came to be by a record: no older ones are read to find out."""
        try:
            depth = self.record(digest).depth
        except NotFoundError:
            return False
        found = (each for each, record in self.line() if record.depth <= depth)
        return next(found, None) == digest

    def history(self) -> list[tuple[str, Record]]:
        """All records, also those of proposals that were not merged, each after its parents."""
        heads = {each.record for each in self.shelf.events() if each.record is not None}
        return all_ancestors(self.record, *heads)

    def merged(self, ours: str, theirs: str) -> Merged:
        """What two records' states are together."""
        base = common_ancestor(self.record, ours, theirs)
        return merge(*(self.contents(each) for each in (base, ours, theirs)))

    def require(self, by: By, verb: str, paths: Iterable[str] = ()) -> str:
        """Who asks, if he may: in the space, or if paths are named in each of these pages.

        The empty path is the space itself, where statements and decisions stand.

        Raises:
            AccessError: He may not, with the reason.
        """
        if by is None:
            return LOCAL
        actor = by if isinstance(by, str) else by.user
        for path in sorted({*paths}) or [""]:  # as his name is kept, however it was typed
            actor = self.grants.require(by, verb, space=self.place(path)).user
        return actor

    def may(self, by: By, verb: str, paths: Iterable[str]) -> bool:
        """Whether he may, everywhere."""
        return by is None or all(
            self.grants.decide(by, verb, space=self.place(path)).allowed for path in {*paths}
        )

    def place(self, path: str) -> str:
        """The space, for roles, that a page is."""
        return f"{self.path}/{path}" if path else self.path

    @property
    def grants(self) -> Grants:
        """Who may do what."""
        return self._grants or Grants()

    def now_us(self) -> int:
        """What the clock says, in microseconds since 1970."""
        return self.clock() // 1000

    def add_record(
        self,
        kind: RecordKind,
        contents: Contents,
        parents: tuple[str, ...],
        *,
        author: str,
        words: str,
        proposal: int | None = None,
    ) -> str:
        """Keep a state and its record, inside a transaction; the record's digest."""
        depth = 1 + max(self.record(each).depth for each in parents)
        state = write_state(contents, self.shelf.put)
        made = Record(kind, state, parents, depth, author, self.now_us(), words, proposal)
        return self.shelf.put(made.content())

    def add_event(
        self,
        kind: EventKind,
        actor: str,
        *,
        proposal: int | None = None,
        record: str | None = None,
        **data: Any,
    ) -> Event:
        """Keep an event, inside a transaction."""
        event = Event(self.last_event + 1, kind, actor, self.now_us(), proposal, record, data)
        self.shelf.add(event)
        return event

    @contextmanager
    def changing(self) -> Iterator[None]:
        """A transaction; when it has ended well the audit ledger is told of its events."""
        with self.shelf.transaction():
            yield
        self.tell_ledger()

    def tell_ledger(self) -> None:
        """Enter in the home's audit ledger the events that it has not been told of.

        They are two files: a kill between them is made good at the next call, and one between the
        entry and the note of it enters the same event, by its number, a second time.
        """
        if not self.shelf.events(after=self.shelf.told()):
            return
        with self.shelf.transaction():  # of two who come at once, the second has nothing to tell
            events = self.shelf.events(after=self.shelf.told())
            if events:
                Ledger(open_database()).append_many(
                    Deed(f"shared.{each.kind}", self.name, each.actor, _payload(each))
                    for each in events
                )
                self.shelf.note_told(events[-1].number)

    def _record(self, digest: str) -> Record:
        return record_of(self.shelf.get(digest))

    def _contents_of_state(self, digest: str) -> Contents:
        return read_state(digest, self.shelf.get)


def _payload(event: Event) -> Mapping[str, Any]:
    told = {"event": event.number, "proposal": event.proposal, "record": event.record}
    return {key: value for key, value in told.items() if value is not None}


def open_space(name: str, *, home: Path | None = None) -> Space:
    """A space that is there.

    Raises:
        NotFoundError: There is none of that name.
    """
    known = list_spaces(home)
    if name not in known:
        near = near_names(name, known)
        hint = f"workbench knowledge log {near[0]}" if near else None
        raise NotFoundError.among(
            "space", name, known, hint=hint or f"workbench knowledge spaces add {name}"
        )
    return Space(name, home=home)
