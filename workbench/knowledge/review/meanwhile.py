"""What others did since somebody looked: told in sentences, so that he looks again."""

from __future__ import annotations

from workbench.identity.scopes import SignedIn
from workbench.knowledge.shared.approval_rules import counted
from workbench.knowledge.shared.events import MOVES_HEAD, Event
from workbench.knowledge.shared.space import Space

_OF_IT = {
    "revised": "revised it",
    "commented": "commented on it",
    "settled": "settled a comment",
    "approved": "approved it",
    "objected": "asks for changes",
    "dismissed": "ended a request for changes",
    "withdrawn": "withdrew it",
    "declined": "declined it",
    "merged": "merged it",
}
MOST_TOLD = 5


def told_since(space: Space, event: int, *, proposal: int | None, by: SignedIn) -> list[str]:
    """What happened to a proposal, and to what it is merged with, after an event.

    Args:
        space: The space.
        event: The number of the last event that was seen.
        proposal: The proposal that is looked at.
        by: Who looks: what he did elsewhere is told as such, and what a page asks for that is
            closed to him is not.
    """
    found: list[str] = []
    for each in space.shelf.events(after=event):
        if each.kind == "ruled" and not space.may(by, "read", [each.data["path"]]):
            continue
        if said := _told(each, proposal):
            found.append(f"{'You, elsewhere,' if each.actor == by.user else each.actor} {said}")
    more = len(found) - MOST_TOLD
    return [*found[:MOST_TOLD], *([f"and {more:,} more"] if more > 0 else [])]


def _told(event: Event, proposal: int | None) -> str:
    if event.proposal is not None and event.proposal == proposal:
        return _OF_IT.get(event.kind, "")
    if event.kind == "ruled":
        where = event.data["path"] or "the space"
        return f"changed what {where} asks for: {counted(event.data['approvals'], 'approval')}"
    if event.kind in MOVES_HEAD and event.kind != "begun":
        what = f"proposal {event.proposal}" if event.proposal is not None else "a change"
        return f"{'merged' if event.kind == 'merged' else 'took back'} {what}"
    return ""
