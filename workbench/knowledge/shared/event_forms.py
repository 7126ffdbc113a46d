"""What an event may say, by its kind: asked of events that another wrote, before they are kept.

All that a space is told by is a replay of its events, so one with a field that is none would have
every later look at the space fail.
"""

from __future__ import annotations

from workbench.core.errors import IntegrityError
from workbench.store.documents import check_text

from .approval_rules import made_rule
from .events import Event, EventKind
from .landing import check_release

_FIELDS: dict[EventKind, dict[str, type]] = {
    "begun": {},
    "opened": {"base": str, "title": str},
    "revised": {},
    "commented": {"words": str},
    "settled": {"comment": int},
    "approved": {},
    "objected": {"words": str},
    "dismissed": {"of": str, "words": str},
    "withdrawn": {"words": str},
    "declined": {"words": str},
    "merged": {},
    "reverted": {"of": str},
    "released": {"name": str},
    "ruled": {"path": str, "approvals": int, "checks": list},
}
_MAY: dict[EventKind, dict[str, type]] = {
    "commented": {"page": str, "line": int, "statement": str},
}
_OF_THE_SPACE = ("begun", "reverted", "released", "ruled")


def check_event(event: Event) -> None:
    """Raise IntegrityError if an event has not the fields that one of its kind has."""
    must = _FIELDS[event.kind]
    known = must | _MAY.get(event.kind, {})
    said = f"event {event.number}, {event.kind}"
    if not {*must} <= {*event.data} <= {*known}:
        raise IntegrityError(f"{said}: its data are {', '.join(sorted(event.data)) or 'none'}")
    if wrong := [each for each, value in event.data.items() if type(value) is not known[each]]:
        raise IntegrityError(f"{said}: {wrong[0]} is {event.data[wrong[0]]!r:.80}")
    if (event.proposal is None) != (event.kind in _OF_THE_SPACE) or event.proposal == 0:
        raise IntegrityError(f"{said}: it is of the proposal {event.proposal}")
    if (event.record is None) != (event.kind == "ruled"):
        raise IntegrityError(f"{said}: its record is {event.record!r:.80}")
    try:
        check_text(event.actor, what="who did it")
        if event.kind == "ruled":
            made_rule(event.data["path"], event.data["approvals"], event.data["checks"])
        elif event.kind == "released":
            check_release(event.data["name"])
    except (ValueError, TypeError) as error:
        raise IntegrityError(f"{said}: {error}") from None
