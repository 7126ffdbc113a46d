"""What was done in a space, in one order: its own events, and changes of roles beside them.

Nothing is kept for it. Two lists that only grow are put in order by the time that the latest clock
of each had told by then, so an entry's place among those before it never changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from typing import Literal

from workbench.knowledge.shared.events import MOVES_HEAD, Event
from workbench.knowledge.shared.proposals import shown_title
from workbench.knowledge.shared.space import By, Space

from .role_changes import RoleChange, role_changes
from .sight import Sight
from .touching import Touched, Touching, base_of_revision

Kind = Literal[
    "begun", "opened", "revised", "commented", "settled", "approved", "objected", "dismissed",
    "withdrawn", "declined", "merged", "reverted", "released", "ruled", "role",
]  # fmt: skip


@dataclass(frozen=True)
class Happening:
    """One thing that was done: an event of the space, or a change of a role.

    ``behind_us`` is by how much its clock was behind one that was told before it.
    """

    number: int
    kind: Kind
    actor: str
    time_us: int
    behind_us: int
    event: Event | None = None
    role: RoleChange | None = None

    @property
    def order(self) -> tuple[int, int, int]:
        """By which all are ordered."""
        return self.time_us + self.behind_us, int(self.role is not None), self.number


@dataclass
class Traced:
    """A proposal's revisions, each with what is agreed on that it was made from."""

    number: int
    title: str
    author: str
    opened_us: int
    revisions: list[tuple[str, str]]
    revised_us: dict[str, int] = field(default_factory=dict)
    writers: set[str] = field(default_factory=set)
    state: str = "open"


class Happenings:
    """All that was done in a space, and which of it a reader may see.

    Args:
        space: The space.
        by: Who reads; None is this machine.

    Raises:
        AccessError: He may read nothing there.
        NotFoundError: The space was not begun.
    """

    def __init__(self, space: Space, by: By) -> None:
        self.space = space
        self.sight, self.touching = Sight(space, by), Touching(space)
        self.now_paths = self.touching.paths(self.touching.record(space.head).state)
        self._seen: dict[int, bool] = {}
        self._one: dict[int, Traced | None] = {}

    @cached_property
    def _events(self) -> list[Event]:
        return self.space.shelf.events()

    @cached_property
    def begun(self) -> str:
        """The record that the space began with."""
        return str(self._events[0].record)

    @cached_property
    def proposals(self) -> dict[int, Traced]:
        """All proposals by their numbers."""
        return _traced(self.touching, self._events)

    def proposal(self, number: int) -> Traced | None:
        """One of them, for which no other's events are read."""
        if "proposals" in self.__dict__:
            return self.proposals.get(number)
        if number not in self._one:
            events = self.space.shelf.events(proposal=number)
            self._one[number] = _traced(self.touching, events).get(number)
        return self._one[number]

    def known(self, number: int) -> Traced:
        """The same of a proposal that is there."""
        found = self.proposal(number)
        assert found is not None, "an event names a proposal that was opened"
        return found

    @cached_property
    def all(self) -> list[Happening]:
        """Everything that was done, in order."""
        changes = role_changes(self.space)
        return sorted((*_in_order(self._events), *_in_order(changes)), key=lambda each: each.order)

    @cached_property
    def _moves(self) -> dict[str | None, Happening]:
        return {
            each.event.record: each
            for each in _in_order(self._events)
            if each.event is not None and each.event.kind in MOVES_HEAD
        }

    def look_through(self) -> None:
        """Read at once what tells what every event changed: for who looks at all of them."""
        changes = {pair for each in self.proposals.values() for pair in each.revisions}
        moves = {str(record) for record in self._moves}
        self.touching.fetch([*changes, *((record, None) for record in sorted(moves))])

    def may_see(self, found: Happening) -> bool:
        """Whether the reader may see it at all: all that it touched, where that stands now too.

        A proposal is one thing: who may not read something that any of its revisions touched sees
        nothing of it.
        """
        if found.role is not None:
            return self._may_see_role(found.role)
        event = found.event
        assert event is not None
        if event.proposal is not None and not self.may_see_proposal(event.proposal):
            return False
        return self.sight.sees_all or all(map(self.sight.may, self._places(event)))

    def may_see_proposal(self, number: int) -> bool:
        """Whether the reader may see a proposal: each of its revisions."""
        return self.sight.sees_all or self.may_see_traced(self.known(number))

    def may_see_traced(self, proposal: Traced) -> bool:
        """The same of a proposal that was found already."""
        if proposal.number not in self._seen:
            places = self._with_now(self.touched_by(proposal))
            self._seen[proposal.number] = all(map(self.sight.may, places))
        return self._seen[proposal.number]

    def may_see_record(self, digest: str) -> bool:
        """Whether the reader may see a record that the space's head was."""
        if "_events" in self.__dict__:
            return self.may_see(self._moves[digest])
        *_, event = self.space.shelf.events(kinds=MOVES_HEAD, record=digest)
        return self.may_see(next(iter(_in_order([event]))))

    def touched_by(self, proposal: Traced) -> Touched:
        """What any revision of a proposal touches."""
        found = Touched()
        for record, base in proposal.revisions:
            found |= self.touching.of(record, base)
        return found

    def touched(self, event: Event) -> Touched:
        """What an event is about: of a proposal's, what that proposed then."""
        if event.kind in ("merged", "reverted") and event.record is not None:
            return self.touching.of(event.record)
        if event.proposal is None or event.record is None:
            return Touched()
        page, said = event.data.get("page"), event.data.get("statement")
        if event.kind == "commented" and (page or said):
            key = page and self.touching.id_of(self.touching.record(event.record).state, page)
            return Touched(frozenset({(key or "", page)} if page else ()), bool(said))
        return self.touching.of(event.record, self.base_of(event))

    def base_of(self, event: Event) -> str | None:
        """What the revision that an event is about was made from."""
        if event.proposal is None or event.kind in ("merged", "reverted"):
            return None
        return dict(self.known(event.proposal).revisions)[str(event.record)]

    def _places(self, event: Event) -> Iterable[str]:
        if event.kind in ("begun", "released"):
            return [""]
        if event.kind == "ruled":
            return [event.data["path"]]
        found = self.touched(event)
        if event.kind == "reverted":  # its words tell of what it took back
            taken = self.touching.record(event.data["of"]).proposal
            if taken is not None:
                found |= self.touched_by(self.known(taken))
        return self._with_now(found)

    def _with_now(self, found: Touched) -> set[str]:
        moved = {self.now_paths[key] for key in found.ids if key in self.now_paths}
        return {*found.paths, *moved}

    def _may_see_role(self, found: RoleChange) -> bool:
        if self.sight.may_at(found.place, "administer"):
            return True
        inside = found.place.startswith(f"{self.space.path}/")
        place = found.place if inside else self.space.path
        return found.user == self.sight.user and self.sight.may_at(place, "read")


def _in_order(found: Sequence[Event | RoleChange]) -> Iterable[Happening]:
    latest = accumulate((each.time_us for each in found), max)
    for each, top in zip(found, latest, strict=True):
        told = (each.actor, each.time_us, top - each.time_us)
        if isinstance(each, Event):
            yield Happening(each.number, each.kind, *told, event=each)
        else:
            yield Happening(each.number, "role", *told, role=each)


def _traced(touching: Touching, events: list[Event]) -> dict[int, Traced]:
    found: dict[int, Traced] = {}
    for event in events:
        if event.proposal is None:
            continue
        record = str(event.record)
        if event.kind == "opened":
            found[event.proposal] = Traced(
                event.proposal, shown_title(event.data["title"]), event.actor, event.time_us,
                [(record, event.data["base"])],
            )  # fmt: skip
        traced = found[event.proposal]
        if event.kind == "revised":
            base = base_of_revision(touching.record(record), traced.revisions[-1][1])
            traced.revisions.append((record, base))
        if event.kind in ("opened", "revised"):
            traced.revised_us[record] = event.time_us
            traced.writers.add(event.actor)
        if event.kind in ("merged", "withdrawn", "declined"):
            traced.state = event.kind
    return found
