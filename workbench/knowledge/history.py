"""When a graph changed, and by how many documents and decisions."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Annotated

import annotated_types as limits

from workbench.core.operations import operation
from workbench.core.viewers import Viewable

from .graphs import Graph, opened
from .queries import EVENTS, FROM_FILES
from .states import told_time

PAUSE_S = 60.0
_DECISIONS = (*EVENTS, "apart_events")
_CHANGES = " UNION ALL ".join(
    [
        "SELECT recorded_from AS moment, count(*) AS came, 0 AS went, 0 AS decided FROM documents "
        f"WHERE fault IS NULL AND {FROM_FILES} GROUP BY recorded_from",
        "SELECT recorded_to, 0, count(*), 0 FROM documents "
        f"WHERE fault IS NULL AND recorded_to IS NOT NULL AND {FROM_FILES} GROUP BY recorded_to",
        # An extractor that is used from then on or no longer is a change without a document.
        "SELECT recorded_from, 0, 0, 0 FROM extractor_uses",
        "SELECT recorded_to, 0, 0, 0 FROM extractor_uses WHERE recorded_to IS NOT NULL",
        *(f"SELECT recorded_us, 0, 0, 1 FROM {table}" for table in _DECISIONS),
    ]
)


@dataclass(frozen=True)
class GraphChange(Viewable):
    """What a graph took in and gave up at a time.

    Attributes:
        began: When the first of it was recorded.
        recorded: When the last of it was: `as-of` this is the graph after it.
        came: Documents that came; one that was edited came and went.
        went: Documents that went.
        decisions: Merges, senses, rules and pairs found to be two, what the graph's space agreed
            on, and what took them back.
    """

    began: str
    recorded: str
    came: int
    went: int
    decisions: int


@operation("knowledge.history", title="List when a graph changed", produces="table")
def history(
    name: str,
    *,
    pause_s: Annotated[float, limits.Ge(0)] = PAUSE_S,
    limit: Annotated[int, limits.Ge(1)] = 20,
) -> list[GraphChange]:
    """List when a graph changed, the newest first: the times that diff and as-of can be asked for.

    Args:
        name: The graph.
        pause_s: Changes that follow each other within so many seconds are one.
        limit: At most so many.
    """
    with opened(name) as graph:
        return changes_of(graph, pause_s=pause_s)[:limit]


def changes_of(graph: Graph, *, pause_s: float = PAUSE_S) -> list[GraphChange]:
    """All changes of a graph, the newest first."""
    counts: dict[int, list[int]] = defaultdict(lambda: [0, 0, 0])
    for moment, *found in graph.database.read(_CHANGES):
        counts[moment] = [one + other for one, other in zip(counts[moment], found, strict=True)]
    groups: list[list[int]] = []
    for moment in sorted(counts):
        if groups and moment - groups[-1][-1] <= pause_s * 1e6:
            groups[-1].append(moment)
        else:
            groups.append([moment])
    return [
        GraphChange(
            told_time(group[0]),
            told_time(group[-1]),
            *(sum(counts[moment][part] for moment in group) for part in range(3)),
        )
        for group in reversed(groups)
    ]


def last_change(graph: Graph) -> str | None:
    """When a graph changed last, None if nothing was ever recorded."""
    row = graph.database.read_one(f"SELECT max(moment) FROM ({_CHANGES})")
    return None if row is None or row[0] is None else told_time(int(row[0]))
