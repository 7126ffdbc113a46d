"""What others did since somebody looked: told in sentences, so that he looks again."""

from __future__ import annotations

from workbench.knowledge.shared.events import MOVES_HEAD, Event
from workbench.knowledge.shared.space import Space

_OF_IT = {
    "revised": "revised it",
    "commented": "commented on it",
    "settled": "settled a comment",
    "approved": "approved it",
    "objected": "asks for changes",
    "withdrawn": "withdrew it",
    "declined": "declined it",
    "merged": "merged it",
}
MOST_TOLD = 5


def told_since(
    space: Space, event: int, *, proposal: int | None, user: str, but: frozenset[int] = frozenset()
) -> list[str]:
    """What happened to a proposal, and to what it is merged with, after an event.

    Args:
        space: The space.
        event: The number of the last event that was seen.
        proposal: The proposal that is looked at.
        user: Who looks: what he did elsewhere is told as such.
        but: Numbers of events that he brought about on this page.
    """
    found: list[str] = []
    for each in space.shelf.events(after=event):
        said = "" if each.number in but else _told(each, proposal)
        if said:
            found.append(f"{'You, elsewhere,' if each.actor == user else each.actor} {said}")
    more = len(found) - MOST_TOLD
    return [*found[:MOST_TOLD], *([f"and {more:,} more"] if more > 0 else [])]


def _told(event: Event, proposal: int | None) -> str:
    if event.proposal is not None and event.proposal == proposal:
        return _OF_IT.get(event.kind, "")
    if event.kind == "ruled":
        where = event.data["path"] or "the space"
        return f"changed what {where} asks for: {event.data['approvals']} approvals"
    if event.kind in MOVES_HEAD and event.kind != "begun":
        what = f"proposal {event.proposal}" if event.proposal is not None else "a change"
        return f"{'merged' if event.kind == 'merged' else 'took back'} {what}"
    return ""
