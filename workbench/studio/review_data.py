"""What the review page's script draws: a desk's view as plain data, with the graph's picture."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from workbench.knowledge.review.visitor import ways_in
from workbench.knowledge.shared.authors import named, what_it_means

if TYPE_CHECKING:
    from workbench.knowledge.review.desk import Shown
    from workbench.knowledge.review.queue import Queue
    from workbench.knowledge.review.sheet import Sheet


def data_of(shown: Shown) -> dict[str, Any]:
    """A view as JSON takes it."""
    return {
        "user": shown.user,
        "gone": shown.gone,
        "ways": [] if shown.user is not None else [asdict(each) for each in ways_in()],
        "spaces": list(shown.spaces),
        "queue": None if shown.queue is None else _queue(shown.queue),
        "sheet": None if shown.sheet is None else _sheet(shown.sheet),
        "meanwhile": list(shown.meanwhile),
    }


def _queue(queue: Queue) -> dict[str, Any]:
    found = asdict(queue)
    for rows in (found["open"], found["ended"]):
        for row in rows:
            row["named"] = named(row["author"], row["author_state"])
    return found


def _sheet(sheet: Sheet) -> dict[str, Any]:
    proposal = sheet.proposal
    return {
        "number": proposal.number,
        "title": proposal.title,
        "author": proposal.author,
        "author_gone": what_it_means(proposal.author, sheet.author_state),
        "opened_s": proposal.opened_us / 1e6,
        "revisions": len(proposal.revisions),
        "writers": sorted(proposal.writers),
        "state": proposal.state,
        "ended_as": proposal.ended_as,
        "ended_by": proposal.ended_by,
        "taken_back": sheet.taken_back,
        "words": sheet.words,
        "seen": sheet.seen,
        "event": sheet.event,
        "asks": asdict(sheet.asks),
        "counted": list(sheet.counted),
        "approved": [each.user for each in proposal.approvals if each.record == sheet.seen],
        "objections": dict(proposal.objections),
        "lacks": list(sheet.lacks),
        "rights": {deed: asdict(right) for deed, right in sheet.rights.items()},
        "pages": [asdict(each) for each in sheet.pages],
        "facts": [asdict(each) for each in sheet.facts],
        "graph": _graph(sheet),
        "findings": [asdict(each) for each in sheet.findings],
        "conflicts": [asdict(each) for each in sheet.conflicts],
        "comments": [asdict(each) for each in sheet.comments],
    }


def _graph(sheet: Sheet) -> dict[str, Any] | None:
    """The picture as the widget for graphs takes it, without its buttons for files."""
    if sheet.picture is None:
        return None
    from workbench.studio.widgets.graph_view import GraphView

    return {**GraphView(sheet.picture).payload(), "alone": True}
