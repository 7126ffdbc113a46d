"""What was done in a space, as a list that only grows. All that changes is a replay of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, get_args

from workbench.core.errors import IntegrityError
from workbench.store.documents import dump_document

from .contents import digest_of

EventKind = Literal[
    "begun", "opened", "revised", "commented", "settled", "approved", "objected", "dismissed",
    "withdrawn", "declined", "merged", "reverted", "released", "ruled",
]  # fmt: skip
MOVES_HEAD: tuple[EventKind, ...] = ("begun", "merged", "reverted")
ENDS: tuple[EventKind, ...] = ("merged", "withdrawn", "declined")  # of a proposal, for good


@dataclass(frozen=True)
class Event:
    """One thing that was done.

    Attributes:
        number: From 1, without a gap.
        kind: What.
        actor: Who.
        time_us: When, as the clock said; the order is that of numbers.
        proposal: The number of the proposal that it is about.
        record: The record that came of it or that it is about.
        data: More, by its kind.
    """

    number: int
    kind: EventKind
    actor: str
    time_us: int
    proposal: int | None = None
    record: str | None = None
    data: Mapping[str, Any] = field(default_factory=dict)

    def line(self) -> str:
        """It as a canonical line of JSON."""
        return dump_document(asdict(self), what="an event")


def event_of(line: str) -> Event:
    """The event that a line is. Raises IntegrityError if it is none, or in another form."""
    try:
        found = Event(**json.loads(line))
    except (ValueError, TypeError) as error:
        raise IntegrityError(f"no event of a space: {line[:120]}") from error
    numbers = (found.number, found.time_us, 0 if found.proposal is None else found.proposal)
    texts = (found.kind, found.actor, "" if found.record is None else found.record)
    if (
        found.kind not in get_args(EventKind)
        or not all(isinstance(each, str) for each in texts)
        or not all(type(each) is int and abs(each) < 1 << 63 for each in numbers)
        or not isinstance(found.data, dict)
    ):
        raise IntegrityError(f"an event has a field that is none: {line[:120]}")
    if found.line() != line:
        raise IntegrityError(f"not the one form of an event: {line[:120]}")
    return found


def fingerprint(events: Iterable[Event]) -> str:
    """The sha256 of all events: they name the records, and these the states."""
    return digest_of("".join(f"{each.line()}\n" for each in events).encode())
