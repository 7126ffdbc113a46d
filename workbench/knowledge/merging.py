"""Merging entities that are one, and taking that back."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from workbench.core.errors import ConflictError, NotFoundError
from workbench.core.viewers import Viewable

from .agreed import require_unsettled
from .events import Kind, add_pair_event, merged_pairs, tell_ledger
from .extraction.names import name_key
from .graphs import Graph
from .states import State


@dataclass(frozen=True)
class Merging(Viewable):
    """A merge or unmerge, with the number of its event. ``entities`` counts all there are now."""

    name: str
    kind: Kind
    event: int
    first: str
    second: str
    entities: int


def merge_entities(graph: Graph, first: str, second: str, *, actor: str, reason: str) -> Merging:
    """Have two entities be one, whatever documents come and go.

    Raises:
        ConflictError: They are one, a name stands for several, or the space agreed otherwise.
        NotFoundError: No document mentions one of them.
    """
    with graph.database.transaction() as connection:
        state = State(graph)
        pair = find_pair(state, first, second)
        require_unsettled(graph, "pair", *sorted(pair))
        heads = [state.links.head(key) for key in pair]
        if heads[0] == heads[1]:
            raise ConflictError(
                f"{first!r} and {second!r} are one entity: {heads[0]!r}",
                hint=f"workbench knowledge merges {graph.name}",
            )
        number = add_pair_event(graph, connection, "merge", pair, actor=actor, reason=reason)
    tell_ledger(graph)
    low, high = sorted(pair)
    return Merging(graph.name, "merge", number, low, high, len(State(graph).entities))


def unmerge_entities(graph: Graph, first: str, second: str, *, actor: str, reason: str) -> Merging:
    """Take a merge back: the graph is as if it had not been.

    Raises:
        ConflictError: The space agreed on it.
        NotFoundError: The two were not merged, or that was taken back.
    """
    with graph.database.transaction() as connection:
        moment_us = graph.next_moment_us(connection)
        pairs = merged_pairs(graph, until_us=moment_us)
        senses = _senses(State(graph))
        one, other = ({name_key(name), *senses.get(name_key(name), ())} for name in (first, second))

        def is_meant(pair: tuple[str, str]) -> bool:
            return (pair[0] in one and pair[1] in other) or (pair[1] in one and pair[0] in other)

        found = [pair for pair in pairs if is_meant(pair)]
        if not found:
            rows = connection.execute("SELECT number, first, second FROM events ORDER BY number")
            gone = {(row["first"], row["second"]): row["number"] for row in rows}
            for pair in filter(is_meant, gone):
                raise NotFoundError(
                    f"the merge {' = '.join(pair)} was taken back already, in event {gone[pair]}",
                    hint=f"workbench knowledge merges {graph.name}",
                )
            known = [f"{low} = {high}" for low, high in pairs]
            raise NotFoundError.among(
                "merge",
                " = ".join(sorted((name_key(first), name_key(second)))),
                known,
                hint=f"workbench knowledge merges {graph.name}",
            )
        require_unsettled(graph, "pair", *found[0])
        number = add_pair_event(graph, connection, "unmerge", found[0], actor=actor, reason=reason)
    tell_ledger(graph)
    return Merging(graph.name, "unmerge", number, *found[0], len(State(graph).entities))


def find_pair(state: State, first: str, second: str) -> tuple[str, str]:
    """The entities, before merges, that two names mean.

    Raises:
        ConflictError: A name stands for several.
        NotFoundError: No document mentions one of them.
    """
    senses = _senses(state)
    return _find(state.graph, senses, first), _find(state.graph, senses, second)


def _senses(state: State) -> dict[str, set[str]]:
    """For the key of each name that is mentioned the entities, before merges, that it names."""
    found: dict[str, set[str]] = defaultdict(set)
    for _, row in state.mentions:
        own = name_key(row["name"])
        entity = state.links.unmerged(row["document"], own)
        found[own].add(entity)
        found[entity].add(entity)
    return found


def _find(graph: Graph, senses: dict[str, set[str]], name: str) -> str:
    """The entity that a name means, before merges."""
    found = senses.get(name_key(name), set())
    if name in found:  # a key, typed as it is
        return name
    if len(found) > 1:
        raise ConflictError(
            f"{name!r} stands for {len(found)} entities: {', '.join(sorted(found))}",
            hint="name the one that is meant, as it stands here",
        )
    if not found:
        raise NotFoundError.among(
            "entity", name, senses, hint=f"workbench knowledge dump {graph.name}", listed=False
        )
    return next(iter(found))
