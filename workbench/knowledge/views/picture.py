"""A picture of a graph as data: which entities and facts, where they stand, when they are so."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal

from workbench.core.viewers import Viewable

Axis = Literal["none", "recorded", "valid"]
Change = Literal["", "came", "went", "changed"]
Runs = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class DrawnEntity:
    """An entity with its place; neighbours stand about 1 apart, y goes downwards.

    ``is_value`` is an end of a fact that no extractor takes for an entity, such as a date.
    """

    key: str
    name: str
    names: tuple[str, ...]
    kinds: tuple[str, ...]
    mentions: int
    x: float
    y: float
    is_value: bool = False
    change: Change = ""


@dataclass(frozen=True)
class DrawnFact:
    """A fact between two entities, by their numbers in the picture.

    Attributes:
        words: Of the place that says it best, which is ``document``, ``start`` and ``end``; for an
            inferred one the premises.
        places: How many places say it.
        times: The first and last number of each run of the picture's times at which it is so.
        clashes: The numbers of the picture's contradictions that it is part of.
    """

    subject: int
    relation: str
    object: int
    valid_from: str | None
    valid_to: str | None
    confidence: float
    inferred: bool
    rule: str | None
    words: str
    document: str | None
    start: int
    end: int
    places: int
    times: Runs
    clashes: tuple[int, ...] = ()
    change: Change = ""


@dataclass(frozen=True)
class Picture(Viewable):
    """Entities and facts of a graph with places, as a notebook draws them.

    Attributes:
        about: The number of the entity that it is about, if it is about one.
        steps: How far from that one its entities are.
        axis: What ``times`` are: of recording, or of what the facts speak of; with none there is
            one time.
        clashes: The rules that facts here contradict each other by.
        left_out: How many entities with facts are not in it, for there were more than asked for.
        complete: Whether all that follows was drawn; see `Inferred`.
        path: The page that it was written to.
    """

    name: str
    title: str
    about: int | None
    steps: int
    axis: Axis
    times: tuple[str, ...]
    entities: tuple[DrawnEntity, ...] = field(repr=False)
    facts: tuple[DrawnFact, ...] = field(repr=False)
    clashes: tuple[str, ...] = ()
    left_out: int = 0
    complete: bool = True
    path: str | None = None

    @property
    def relations(self) -> dict[str, int]:
        """How many facts each relation has here, the most first."""
        found = Counter(fact.relation for fact in self.facts)
        return dict(sorted(found.items(), key=lambda each: (-each[1], each[0])))


Ends = tuple[str, str]


def choose_entities(
    ends: Iterable[Ends], *, about: set[str] | None, steps: int, most: int
) -> tuple[list[str], int]:
    """The keys of the entities to draw, and how many more have facts within reach.

    About an entity: those so many steps away, the nearest first; else those with most neighbours.

    Args:
        ends: Subject and object of each fact.
        about: The keys of what it is about.
        steps: How far from these.
        most: At most so many.
    """
    near: dict[str, set[str]] = defaultdict(set)
    for first, second in ends:
        near[first].add(second)
        near[second].add(first)
    if about is None:
        ordered = _by_neighbours(near, near)
        return ordered[:most], max(0, len(ordered) - most)
    chosen = dict.fromkeys(sorted(about))
    last = list(chosen)
    for _ in range(steps):
        reached = {other for key in last for other in near.get(key, ())} - chosen.keys()
        last = _by_neighbours(reached, near)
        chosen.update(dict.fromkeys(last))
    return list(chosen)[:most], max(0, len(chosen) - most)


def _by_neighbours(keys: Iterable[str], near: dict[str, set[str]]) -> list[str]:
    return sorted(keys, key=lambda key: (-len(near.get(key, ())), key))


def pairs_of(facts: Sequence[DrawnFact]) -> list[tuple[int, int]]:
    """Which entities are joined."""
    return [(fact.subject, fact.object) for fact in facts]
