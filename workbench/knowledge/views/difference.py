"""What two recorded times of a graph differ in: documents, entities and facts, with the words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Mapping
from dataclasses import dataclass, field
from typing import Any

from workbench.core.progress import track
from workbench.core.viewers import Viewable
from workbench.knowledge.graphs import Graph
from workbench.knowledge.inference.matching import Said
from workbench.knowledge.inference.reasoning import said_of
from workbench.knowledge.quotes import quote, quotes_of
from workbench.knowledge.states import State, Support, told_time

from .composing import Drawing
from .picture import Change, Picture, choose_entities
from .seeing import Key, Seen
from .times import runs


@dataclass(frozen=True)
class DocumentChange:
    """A document that came, went, or has other bytes or another reading than before."""

    change: Change
    document: str


@dataclass(frozen=True)
class EntityChange:
    """An entity that came, went, or has another name, other names or other kinds."""

    change: Change
    key: str
    name: str
    before: tuple[str, ...]
    after: tuple[str, ...]


@dataclass(frozen=True)
class SupportChange:
    """A place that came to say a fact or went, with its words."""

    change: Change
    document: str
    start: int
    end: int
    words: str


@dataclass(frozen=True)
class FactChange:
    """A fact that came, went, or is said in other places than before.

    ``subject`` and ``object`` are keys, as in a dump; the names are how it is told.
    """

    change: Change
    subject: str
    relation: str
    object: str
    valid_from: str | None
    valid_to: str | None
    subject_name: str
    object_name: str
    support: tuple[SupportChange, ...]

    @property
    def moved(self) -> bool:
        """Whether the same words of the same documents say it, and only stand elsewhere there."""
        sides: dict[Change, Counter[tuple[str, str]]] = {"came": Counter(), "went": Counter()}
        for each in self.support:
            sides[each.change][each.document, each.words] += 1
        return self.change == "changed" and sides["came"] == sides["went"]


@dataclass(frozen=True)
class GraphDiff(Viewable):
    """What changed from one recorded time of a graph to another. ``picture`` is there if asked."""

    name: str
    first: str
    second: str
    documents: tuple[DocumentChange, ...]
    entities: tuple[EntityChange, ...]
    facts: tuple[FactChange, ...]
    picture: Picture | None = field(default=None, repr=False)
    path: str | None = None

    def count(self, change: Change) -> dict[str, int]:
        """How many documents, entities and facts came, went or changed."""
        listed = {"documents": self.documents, "entities": self.entities, "facts": self.facts}
        return {
            name: sum(each.change == change for each in found)  # type: ignore[attr-defined]
            for name, found in listed.items()
        }


def compare_values(
    before: Mapping[Any, Hashable], after: Mapping[Any, Hashable]
) -> dict[Any, Change]:
    """What became of each key; one whose value is the same is not listed."""
    found: dict[Any, Change] = {}
    for key in before.keys() | after.keys():
        if key not in before:
            found[key] = "came"
        elif key not in after:
            found[key] = "went"
        elif before[key] != after[key]:
            found[key] = "changed"
    return found


def difference(
    graph: Graph, first_us: int, second_us: int, *, drawn: bool = False, most: int = 2000
) -> GraphDiff:
    """What changed from one recorded time to another.

    Args:
        graph: The graph.
        first_us: The one, in microseconds since 1970.
        second_us: The other.
        drawn: Also make the picture of what changed.
        most: At most so many entities in it.
    """
    with graph.database.snapshot():
        states = [State(graph, recorded_us=each) for each in (first_us, second_us)]
        shared = states[0].shared_paths | states[1].shared_paths
        for each in states:  # a document is called the same in both
            each.shared_paths = shared
        for each in track(states, "Reading the graph", unit="times"):
            _ = each.documents, each.entities, each.facts  # this takes the time
        documents = compare_values(*map(_documents, states))
        entities = compare_values(*map(_entities, states))
        facts = compare_values(*map(_facts, states))
        picture = None
        if drawn and facts:
            seen = [Seen(each, inferred=False) for each in states]
            picture = _picture(graph, seen, facts, entities, most)
        return GraphDiff(
            graph.name,
            told_time(first_us),
            told_time(second_us),
            tuple(DocumentChange(documents[path], path) for path in sorted(documents)),
            tuple(_entity_change(key, entities[key], *states) for key in sorted(entities)),
            tuple(_fact_changes(facts, *states)),
            picture,
        )


def _documents(state: State) -> dict[str, Hashable]:
    """By path."""
    return {
        row["path"]: (row["source_sha256"], row["reader"], row["encoding"] or "", row["characters"])
        for row in state.documents.values()
    }


def _entities(state: State) -> dict[str, Hashable]:
    return {key: (each.name, each.names, each.kinds) for key, each in state.entities.items()}


def _facts(state: State) -> dict[Said, Hashable]:
    return {said_of(fact): frozenset(fact.support) for fact in state.facts}


def _entity_change(key: str, change: Change, first: State, second: State) -> EntityChange:
    before, after = first.entities.get(key), second.entities.get(key)
    found = after or before
    assert found is not None
    names = [each.names if each is not None else () for each in (before, after)]
    return EntityChange(change, key, found.name, *names)


def _fact_changes(changes: Mapping[Said, Change], first: State, second: State) -> list[FactChange]:
    sides = []
    for state in (first, second):
        known = {said_of(fact): fact for fact in state.facts}
        chosen = {said: known[said] for said in changes if said in known}
        sides.append((chosen, quotes_of(state, chosen.values())))
    made = []
    for said in sorted(changes, key=lambda each: each.order):
        supports: list[dict[Support, str]] = [
            {each: quote(quotes, known[said], each) for each in known[said].support}
            if said in known
            else {}
            for known, quotes in sides
        ]
        told = compare_values(*(dict.fromkeys(side) for side in supports))
        both = {**supports[0], **supports[1]}
        places = tuple(
            SupportChange(told[each], each.document, each.start, each.end, both[each])
            for each in sorted(told, key=lambda each: (each.document, each.start, told[each]))
        )
        names = [_name(second, first, key) for key in (said.subject, said.object)]
        made.append(FactChange(changes[said], *said, names[0], names[1], places))
    return made


def _name(first: State, second: State, key: str) -> str:
    found = first.entities.get(key) or second.entities.get(key)
    return key if found is None else found.name


def _picture(
    graph: Graph,
    seen: list[Seen],
    facts: Mapping[Said, Change],
    entities: Mapping[str, Change],
    most: int,
) -> Picture:
    """What changed, and the facts that did not between the same entities."""
    ends = [(said.subject, said.object) for said in facts]
    chosen, left_out = choose_entities(ends, about=None, steps=0, most=most)
    known = set(chosen)
    every: dict[Key, None] = dict.fromkeys(
        key
        for each in seen
        for key in each.facts
        if key[0].subject in known and key[0].object in known
    )
    drawing = Drawing(seen, chosen, every)
    drawn = drawing.facts(
        lambda key: runs([*(key in each.facts for each in seen), True]),
        changes={(said, False): change for said, change in facts.items()},
    )
    times = *(told_time(each.state.recorded_us) for each in seen), "both times"
    return Picture(
        graph.name, f"What changed in {graph.name}", None, 0, "recorded", times,
        drawing.entities(drawn, changes=entities), drawn, drawing.rules, left_out,
    )  # fmt: skip
