"""The shortest ways from one entity to another by what documents say, with the words that say it.

Both ends are gone out from by turns, the smaller side first, so that few facts are looked at; it is
done with plain one-step queries, which each engine answers alike.
"""

from __future__ import annotations

import itertools
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass

from workbench.core.errors import (
    CapacityError,
    ConflictError,
    DeadlineError,
    NotFoundError,
)

from ..extraction.names import name_key
from .asking import MOST_LIMIT
from .protocol import PropertyGraph

_NEIGHBOURS = """
MATCH (a:Entity)-[f]-(b:Entity) WHERE a.key IN $keys AND NOT f.inferred
RETURN DISTINCT a.key AS here, b.key AS there
"""
_BETWEEN = """
MATCH (a:Entity {key: $first})-[f]->(b:Entity {key: $second}) WHERE NOT f.inferred
RETURN f.relation, f.valid_from, f.valid_to, f.confidence,
       f.document, f.span_start, f.span_end, a.name, b.name
"""
_WORDS = """
MATCH (d:Document {key: $document})-[h:HAS_PASSAGE]->(p:Passage)
WHERE h.span_start <= $low AND h.span_end >= $high
RETURN p.text, h.span_start ORDER BY h.span_start LIMIT 1
"""
_NAMED = """
MATCH (e:Entity) WHERE e.key = $key OR $name IN e.names RETURN e.key ORDER BY e.key LIMIT 20
"""


@dataclass(frozen=True)
class Step:
    """A fact on the way: said in characters ``start`` to ``end`` of ``document``, in ``words``."""

    subject: str
    relation: str
    object: str
    valid_from: str | None
    valid_to: str | None
    confidence: float
    document: str
    start: int
    end: int
    words: str


@dataclass(frozen=True)
class Path:
    """A way: the entities by name in order, and the facts that join each two that follow."""

    entities: tuple[str, ...]
    steps: tuple[tuple[Step, ...], ...]


def find_entity(graph: PropertyGraph, name: str) -> str:
    """The key of the entity that a name means.

    Raises:
        ConflictError: It means several.
        NotFoundError: It means none.
    """
    found = [row[0] for row in graph.query(_NAMED, {"key": name_key(name), "name": name}).rows]
    exact = [key for key in found if key in (name, name_key(name))]
    if len(exact or found) == 1:
        return str((exact or found)[0])
    if not found:
        known = graph.query("MATCH (e:Entity) RETURN e.key", limit=MOST_LIMIT).rows
        raise NotFoundError.among(
            "entity",
            name,
            [row[0] for row in known],
            hint=f"workbench knowledge show {graph.name}",
            listed=False,
        )
    raise ConflictError(
        f"{name!r} stands for {len(found)} entities: {', '.join(found)}",
        hint="name the one that is meant, as it stands here",
    )


def shortest_paths(
    graph: PropertyGraph,
    first: str,
    second: str,
    *,
    most_steps: int = 6,
    limit: int = 3,
    timeout_s: float = 10.0,
) -> list[Path]:
    """The shortest ways between two entities, whichever way the facts point; in order of keys.

    Args:
        graph: The graph.
        first: The key of one.
        second: The key of the other.
        most_steps: Longer ways are not looked for.
        limit: At most so many.
        timeout_s: For all of it.

    Raises:
        CapacityError: A step has more than 100,000 ways to go.
        DeadlineError: It took too long.
    """
    until_s = time.monotonic() + timeout_s
    sides = (_Side(graph, first), _Side(graph, second))
    met = {first} & {second}
    for _ in range(most_steps):
        if met or not all(side.frontier for side in sides):
            break
        near = min(sides, key=lambda side: len(side.frontier))
        near.go_on(_left_s(until_s, timeout_s))
        met = sides[0].frontier & sides[1].frontier
    ways = sorted(
        tuple(to[::-1]) + tuple(back[1:])
        for key in met
        for to in itertools.islice(sides[0].ways(key), limit)
        for back in itertools.islice(sides[1].ways(key), limit)
    )
    return [_told(graph, way, until_s, timeout_s) for way in ways[:limit]]


class _Side:
    """What was reached from one end: the last entities, and from which ones each was reached."""

    def __init__(self, graph: PropertyGraph, start: str) -> None:
        self._graph, self._start = graph, start
        self.frontier = {start}
        self._before: dict[str, set[str]] = {start: set()}

    def go_on(self, timeout_s: float) -> None:
        """A step further."""
        found = self._graph.query(
            _NEIGHBOURS, {"keys": sorted(self.frontier)}, limit=MOST_LIMIT, timeout_s=timeout_s
        )
        if found.more:
            raise CapacityError(
                f"more than {MOST_LIMIT:,} ways lead on from {len(self.frontier):,} entities",
                hint="--most-steps with fewer, or another pair",
            )
        reached: dict[str, set[str]] = defaultdict(set)
        for here, there in found.rows:
            if there not in self._before:
                reached[there].add(here)
        self._before.update(reached)
        self.frontier = set(reached)

    def ways(self, key: str) -> Iterator[list[str]]:
        """The ways from an entity back to the start."""
        if key == self._start:
            yield [key]
        for before in sorted(self._before[key]):
            for way in self.ways(before):
                yield [key, *way]


def _told(graph: PropertyGraph, way: tuple[str, ...], until_s: float, timeout_s: float) -> Path:
    names: dict[str, str] = {}
    steps = []
    for pair in itertools.pairwise(way):
        found = []
        for one, other in (pair, pair[::-1]):
            rows = graph.query(
                _BETWEEN,
                {"first": one, "second": other},
                timeout_s=_left_s(until_s, timeout_s),
            ).rows
            for relation, since, until, confidence, *place, subject, thing in rows:
                names[one], names[other] = subject, thing
                document, start, end = place
                words = _words(graph, document, start, end)
                said = (subject, relation, thing, since, until, confidence)
                found.append(Step(*said, document, start, end, words))
        steps.append(tuple(sorted(found, key=lambda step: (-step.confidence, repr(step)))))
    return Path(tuple(names.get(key, key) for key in way), tuple(steps))


def _words(graph: PropertyGraph, document: str, start: int, end: int) -> str:
    """The words of a span."""
    given = {"document": document, "low": start, "high": end}
    rows = graph.query(_WORDS, given).rows
    if not rows:
        return ""
    text, offset = rows[0]
    return str(text[start - offset : end - offset])


def _left_s(until_s: float, timeout_s: float) -> float:
    left_s = until_s - time.monotonic()
    if left_s <= 0:
        raise DeadlineError(
            f"no way was found within {timeout_s:g} s", hint="--most-steps with fewer"
        )
    return left_s
