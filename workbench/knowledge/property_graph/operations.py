"""What a user can ask of a property graph: Cypher, what there is to ask for, and ways."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Annotated, Any

import annotated_types as limits

from workbench.core.errors import InputError
from workbench.core.moments import moment_s
from workbench.core.operations import operation
from workbench.core.viewers import Viewable

from ..graphs import opened
from ..states import State, told_time
from .asking import MOST_LIMIT
from .columns import as_written
from .opening import open_property_graph
from .paths import Path, find_entity, shortest_paths
from .protocol import MOST_ROWS, TIMEOUT_S, On, PropertyGraph, Schema
from .stamps import moment_of


@dataclass(frozen=True)
class QueryAnswer(Viewable):
    """The rows of a query as plain data; ``more`` says that there are others beyond the limit.

    ``recorded`` is when the state that was asked began, ``took_ms`` the time of the engine.
    """

    name: str
    on: On
    recorded: str
    valid: str | None
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...] = field(repr=False)
    more: bool
    took_ms: float


@dataclass(frozen=True)
class GraphSchema(Viewable):
    """The labels and relations that Cypher can name, how many there are, and their properties."""

    name: str
    on: On
    recorded: str
    valid: str | None
    labels: dict[str, int]
    relations: dict[str, int]
    ends: dict[str, tuple[str, str]]
    properties: dict[str, tuple[str, ...]]


@dataclass(frozen=True)
class Paths(Viewable):
    """The shortest ways from one entity to another, none if there is no way in so many steps."""

    name: str
    first: str
    second: str
    most_steps: int
    paths: tuple[Path, ...]


@operation("knowledge.query", title="Ask a knowledge graph in Cypher", produces="rows")
def query(
    name: str,
    cypher: str,
    *,
    parameter: list[str] | None = None,
    at: str | None = None,
    valid: str | None = None,
    limit: Annotated[int, limits.Ge(1), limits.Le(MOST_LIMIT)] = MOST_ROWS,
    timeout_s: Annotated[float, limits.Gt(0)] = TIMEOUT_S,
    on: On = "ladybug",
) -> QueryAnswer:
    """Ask in Cypher, which only reads: the graph is made of documents, and changes with them.

    The first question after a change makes the property graph anew.

    Args:
        name: The graph.
        cypher: One statement, such as MATCH (e:Entity)-[f:born_in]->(p) RETURN e.name, p.name.
        parameter: NAME=VALUE for $NAME; the value as JSON, or a text as it is.
        at: As it was recorded then: a date, a time or how long ago (2026-11-25T10:00, 24h); now.
        valid: Only facts that hold then: as much of YYYY-MM-DD as is asked.
        limit: At most so many rows.
        timeout_s: The longest that the engine may take.
        on: ladybug, in a file here, or bolt, in the server that graph_url names.
    """
    given = dict(map(_parameter, parameter or ()))
    with _asked(name, at, valid, on) as (graph, recorded):
        found = graph.query(cypher, given, limit=limit, timeout_s=timeout_s)
    took_ms = round(found.took_s * 1000, 3)
    columns = tuple(as_written(column, cypher) for column in found.columns)
    return QueryAnswer(name, on, recorded, valid, columns, found.rows, found.more, took_ms)


@operation("knowledge.schema", title="Show what Cypher can ask a graph for", produces="schema")
def schema(
    name: str, *, at: str | None = None, valid: str | None = None, on: On = "ladybug"
) -> GraphSchema:
    """Show labels, relations and properties of a graph, for knowledge query.

    Args:
        name: The graph.
        at: As it was recorded then.
        valid: Only facts that hold at that date.
        on: ladybug, in a file here, or bolt, in the server that graph_url names.
    """
    with _asked(name, at, valid, on) as (graph, recorded):
        found: Schema = graph.schema
    return GraphSchema(
        name,
        on,
        recorded,
        valid,
        found.labels,
        found.relations,
        found.ends,
        found.properties,
    )


@operation("knowledge.path", title="Find the ways between two entities", produces="paths")
def path(
    name: str,
    first: str,
    second: str,
    *,
    most_steps: Annotated[int, limits.Ge(1), limits.Le(20)] = 6,
    limit: Annotated[int, limits.Ge(1), limits.Le(100)] = 3,
    at: str | None = None,
    valid: str | None = None,
    timeout_s: Annotated[float, limits.Gt(0)] = TIMEOUT_S,
    on: On = "ladybug",
) -> Paths:
    """Find the shortest ways from one entity to another, with the words that say each step.

    Args:
        name: The graph.
        first: A name of one entity.
        second: A name of the other.
        most_steps: Longer ways are not looked for.
        limit: At most so many ways.
        at: As it was recorded then.
        valid: Only by facts that hold at that date.
        timeout_s: The longest that it may take.
        on: ladybug, in a file here, or bolt, in the server that graph_url names.
    """
    with _asked(name, at, valid, on) as (graph, _):
        pair = find_entity(graph, first), find_entity(graph, second)
        found = shortest_paths(
            graph, *pair, most_steps=most_steps, limit=limit, timeout_s=timeout_s
        )
    return Paths(name, *pair, most_steps, tuple(found))


@contextmanager
def _asked(
    name: str, at: str | None, valid: str | None, on: On
) -> Iterator[tuple[PropertyGraph, str]]:
    """The property graph of a state, and when that state began."""
    recorded_us = None if at is None else round(moment_s(at) * 1e6)
    with opened(name) as kept:
        state = State(kept, recorded_us=recorded_us, valid=valid)
        began_us = moment_of(state)
        graph = open_property_graph(state, on=on)
        try:
            yield graph, told_time(began_us) if began_us else "never"
        finally:
            graph.close()


def _parameter(told: str) -> tuple[str, Any]:
    """A parameter's name and value."""
    name, sign, value = told.partition("=")
    if not sign or not name.strip():
        raise InputError(f"{told!r} is no parameter", hint="--parameter NAME=VALUE")
    try:
        found = json.loads(value)
    except json.JSONDecodeError:
        found = value
    return name.strip().removeprefix("$"), found
