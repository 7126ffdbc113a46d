"""What a language model read in a text: the entities it saw and which words are proper nouns."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Entity:
    """A span that spaCy's English model labels: PERSON, ORG, GPE, LOC, FAC, NORP, DATE, ..."""

    start: int
    end: int
    label: str


@dataclass(frozen=True, eq=False)
class Reading:
    """The entities of a text, the starts of its words that are tagged as proper nouns, all tags.

    One reading is equal to itself alone, so that what is told of it can be kept (``weighed_in``).
    """

    entities: tuple[Entity, ...] = ()
    proper: frozenset[int] = frozenset()
    tags: dict[int, str] = field(default_factory=dict)

    def label_at(self, start: int, end: int) -> str:
        """The label of the entity that overlaps a span most, empty where there is none."""
        best, label = 0, ""
        for each in self.entities:
            shared = min(end, each.end) - max(start, each.start)
            if shared > best:
                best, label = shared, each.label
        return label


NOTHING_READ = Reading()
