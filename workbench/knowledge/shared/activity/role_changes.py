"""Changes of roles that concern a space, out of the audit ledger of the home."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from workbench.identity.spaces import is_inside
from workbench.knowledge.shared.space import Space
from workbench.store.ledger import Entry, Ledger

_GRANTS = ("grant.given", "grant.taken")
_USERS = {"user.disabled": "shut out", "user.enabled": "let in again", "user.removed": "removed"}
_ALL = 1 << 62


@dataclass(frozen=True)
class RoleChange:
    """That somebody's role in a space, in it or around it changed.

    Attributes:
        number: That of the ledger's entry.
        actor: Who changed it.
        user: Whose it is.
        place: Where, such as ``/knowledge/leads``.
        said: What it was and is.
    """

    number: int
    actor: str
    time_us: int
    user: str
    place: str
    said: str


def role_changes(space: Space) -> list[RoleChange]:
    """The changes of roles in a space, in it and around it, in order.

    Who is shut out, let in again or removed is told if he had a role there.
    """
    ledger = Ledger(space.grants.database)
    entries = [
        each for action in (*_GRANTS, *_USERS) for each in ledger.entries(action=action, limit=_ALL)
    ]
    return list(_replayed(space.path, sorted(entries, key=lambda each: each.number)))


def _replayed(path: str, entries: list[Entry]) -> Iterator[RoleChange]:
    held: defaultdict[str, set[str]] = defaultdict(set)
    for entry in entries:
        user = entry.subject
        if entry.action in _USERS:
            if held[user]:
                yield _change(entry, path, f"{user} was {_USERS[entry.action]}")
            if entry.action == "user.removed":
                held[user].clear()
            continue
        place = entry.data["space"]
        if not (is_inside(place, path) or is_inside(path, place)):
            continue
        before, after = (entry.data[each] or "no role" for each in ("from", "to"))
        held[user].add(place) if entry.data["to"] else held[user].discard(place)
        yield _change(entry, place, f"{user}: {before} -> {after} in {place}")


def _change(entry: Entry, place: str, said: str) -> RoleChange:
    time = dt.datetime.fromisoformat(entry.time)
    return RoleChange(
        entry.number, entry.actor, round(time.timestamp() * 1e6), entry.subject, place, said
    )
