"""A state as nodes and edges, the same for each place that they go to."""

from __future__ import annotations

import bisect
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from ..events import merged_pairs
from ..inference.chaining import Conclusion
from ..inference.reasoning import Reasoning
from ..states import Fact, State, place_of, recorded_of, told_time
from .protocol import Schema
from .stamps import moment_of, stamp_of

Row = dict[str, Any]
# Of each property its type: a text, a whole number, a real one, yes or no; [] are lists.
NODES: dict[str, dict[str, str]] = {
    "State": {"key": "text", "graph": "text", "recorded": "text", "valid": "text"},
    "Document": {
        "key": "text",
        "path": "text",
        "reader": "text",
        "sha256": "text",
        "encoding": "text",
        "characters": "whole",
    },
    "Passage": {"key": "text", "kind": "text", "text": "text"},
    "Entity": {
        "key": "text",
        "name": "text",
        "names": "text[]",
        "kinds": "text[]",
        "mentions": "whole",
        "merged": "flag",
        "merged_keys": "text[]",
    },
}
"""The labels with their properties; ``key`` tells the nodes of a label apart."""
HAS_PASSAGE, MENTIONS = "HAS_PASSAGE", "MENTIONS"
_SPAN = {"document": "text", "span_start": "whole", "span_end": "whole"}
_SOURCE = {"confidence": "real", "extractor": "text", "version": "text"}
FACT = {
    "subject": "text",
    "relation": "text",
    "object": "text",
    "valid_from": "text",
    "valid_to": "text",
    "recorded_from": "text",
    "recorded_to": "text",
    "inferred": "flag",
    "rule": "text",
    "premises": "text[]",
    **_SOURCE,
    **_SPAN,
    "documents": "text[]",
    "span_starts": "whole[]",
    "span_ends": "whole[]",
}
"""What each fact has: where it is said best, then all places that say it, in order.

An inferred one is said nowhere; it has the rule that gives it, and the facts that it is taken from.
"""


@dataclass(frozen=True)
class Edges:
    """The edges of a kind: which labels they join, their properties, and each with its ends."""

    source: str
    target: str
    properties: dict[str, str]
    rows: list[tuple[str, str, Row]] = field(default_factory=list, repr=False)


@dataclass(frozen=True)
class Content:
    """A state's nodes by label, and its edges by kind."""

    stamp: str
    nodes: dict[str, list[Row]] = field(repr=False)
    edges: dict[str, Edges] = field(repr=False)

    @property
    def schema(self) -> Schema:
        """What it consists of."""
        return Schema(
            {label: len(rows) for label, rows in self.nodes.items()},
            {name: len(edges.rows) for name, edges in self.edges.items()},
            {name: (edges.source, edges.target) for name, edges in self.edges.items()},
            {
                **{label: tuple(NODES[label]) for label in self.nodes},
                **{name: tuple(edges.properties) for name, edges in self.edges.items()},
            },
        )


def content_of(state: State) -> Content:
    """All that is asked of a state, read in one moment."""
    # A new one: what the caller's has read may be of a moment before that of the stamp.
    state = State(state.graph, recorded_us=state.recorded_us, valid=state.valid)
    with state.frozen():
        stamp = stamp_of(state)
        documents = _documents(state)
        places = _Places(state, documents)
        entities = _entities(state)
        kinds = {
            HAS_PASSAGE: Edges(
                "Document", "Passage", {**_SPAN, "place": "text"}, list(places.edges())
            ),
            MENTIONS: Edges(
                "Passage",
                "Entity",
                {"kind": "text", **_SOURCE, **_SPAN},
                list(_mentions(state, places)),
            ),
        }
        spans = state.recorded_spans()
        facts = [_fact_row(fact, spans) for fact in state.facts]
        facts += map(_inferred_row, Reasoning(state).closure.conclusions.values())
        names = name_relations({row["relation"] for row in facts})
        for row in facts:
            ends = row["subject"], row["object"]
            edges = kinds.setdefault(names[row["relation"]], Edges("Entity", "Entity", FACT))
            edges.rows.append((*ends, row))
            for key in ends:
                entities.setdefault(key, _entity_row(key, key, (), (), 0, ()))
        nodes = {
            "State": [_state_row(state, stamp)],
            "Document": list(documents.values()),
            "Passage": list(places.passages.values()),
            "Entity": list(entities.values()),
        }
    return Content(stamp, nodes, {name: each for name, each in sorted(kinds.items()) if each.rows})


def name_relations(relations: Iterable[str]) -> dict[str, str]:
    """What each relation is called as a kind of edge.

    Ladybug takes names that differ in case alone for one, and some names are taken: such a relation
    gets a number.
    """
    taken = {each.casefold() for each in (HAS_PASSAGE, MENTIONS, *NODES)}
    found = {}
    for relation in sorted(relations):
        name, number = relation, 1
        while name.casefold() in taken:
            number += 1
            name = f"{relation}_{number}"
        taken.add(name.casefold())
        found[relation] = name
    return found


class _Places:
    """The passages, and in which one a character of a document is."""

    def __init__(self, state: State, documents: dict[int, Row]) -> None:
        self._documents = documents
        self.passages: dict[str, Row] = {}
        self._found: dict[int, list[tuple[int, int, str, str]]] = defaultdict(list)
        for row in state.chunks():
            key = row["key"]
            self.passages[key] = {"key": key, "kind": row["kind"], "text": row["text"]}
            place = json.dumps(place_of(row), sort_keys=True, ensure_ascii=False)
            self._found[row["document"]].append((row["start"], row["stop"], key, place))
        for found in self._found.values():
            found.sort()

    def edges(self) -> Iterator[tuple[str, str, Row]]:
        """From each document to each of its passages."""
        for document, found in sorted(self._found.items()):
            path = self._documents[document]["key"]
            for start, stop, key, place in found:
                span = {"document": path, "span_start": start, "span_end": stop}
                yield path, key, {**span, "place": place}

    def passage_at(self, document: int, start: int) -> str:
        """The key of the passage that a character is in."""
        found = self._found[document]
        return found[bisect.bisect_right(found, start, key=lambda each: each[0]) - 1][2]

    def path_of(self, document: int) -> str:
        """The key of a document's node."""
        return str(self._documents[document]["key"])


def _documents(state: State) -> dict[int, Row]:
    """By id."""
    found: dict[int, Row] = {}
    for number, row in sorted(state.documents.items()):
        found[number] = {
            "key": row["path"],
            "path": row["path"],
            "reader": row["reader"],
            "sha256": row["source_sha256"],
            "encoding": row["encoding"],
            "characters": row["characters"],
        }
    return found


def _entities(state: State) -> dict[str, Row]:
    merged: dict[str, set[str]] = defaultdict(set)
    for pair in merged_pairs(state.graph, until_us=state.recorded_us):
        for key in pair:
            merged[state.links.head(key)].add(key)
    return {
        key: _entity_row(
            key, each.name, each.names, each.kinds, each.mentions, merged.get(key, set()) - {key}
        )
        for key, each in state.entities.items()
    }


def _entity_row(
    key: str,
    name: str,
    names: Iterable[str],
    kinds: Iterable[str],
    mentions: int,
    merged: Iterable[str],
) -> Row:
    keys = sorted(merged)
    return {
        "key": key,
        "name": name,
        "names": list(names),
        "kinds": list(kinds),
        "mentions": mentions,
        "merged": bool(keys),
        "merged_keys": keys,
    }


def _mentions(state: State, places: _Places) -> Iterator[tuple[str, str, Row]]:
    for key, row in state.mentions:
        yield (
            places.passage_at(row["document"], row["start"]),
            key,
            {
                "kind": row["kind"],
                "confidence": row["confidence"],
                "extractor": row["extractor"],
                "version": row["version"],
                "document": places.path_of(row["document"]),
                "span_start": row["start"],
                "span_end": row["stop"],
            },
        )


def _fact_row(fact: Fact, spans: dict[str, tuple[int, int | None]]) -> Row:
    best = max(fact.support, key=lambda each: each.confidence)
    return {
        "subject": fact.subject,
        "relation": fact.relation,
        "object": fact.object,
        "valid_from": fact.valid_from,
        "valid_to": fact.valid_to,
        **recorded_of(fact, spans),
        "inferred": False,
        "rule": None,
        "premises": [],
        "confidence": best.confidence,
        "extractor": best.extractor,
        "version": best.version,
        "document": best.document,
        "span_start": best.start,
        "span_end": best.end,
        "documents": [each.document for each in fact.support],
        "span_starts": [each.start for each in fact.support],
        "span_ends": [each.end for each in fact.support],
    }


def _inferred_row(made: Conclusion) -> Row:
    said = made.fact
    return {
        **dict.fromkeys(FACT),
        "subject": said.subject,
        "relation": said.relation,
        "object": said.object,
        "valid_from": said.valid_from,
        "valid_to": said.valid_to,
        "inferred": True,
        "rule": made.rule.text,
        "premises": [f"{each.relation}({each.subject}, {each.object})" for each in made.premises],
        "confidence": made.confidence,
        "documents": [],
        "span_starts": [],
        "span_ends": [],
    }


def _state_row(state: State, stamp: str) -> Row:
    moment_us = moment_of(state)
    return {
        "key": stamp,
        "graph": state.graph.name,
        "recorded": told_time(moment_us) if moment_us else None,
        "valid": state.valid,
    }
