"""The graph of passages, entities and facts that retrieval walks; derived, kept under its stamp.

A passage mentions entities and is about some: what its heading or its document is called. Names
are told from their words alone, so that a title that another passage writes small is found, too.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from workbench.knowledge.states import State, place_of

from .names import NameTable, without_qualifier, words_of
from .passage_words import PassageWords
from .words import content_stems

if TYPE_CHECKING:
    import numpy as np
    import scipy.sparse as sparse

_SHORT_TITLE = 0.5  # how far a passage is about what its title is called without its qualifier
_WHOLE_DOCUMENT = 0.5  # ... and a later section about what the document is called


@dataclass(frozen=True)
class PassageGraph:
    """Passages in the order of their keys, entities in that of theirs.

    ``mentions`` and ``about`` have the shape (passages, entities); ``facts`` (n, 3): subject,
    object and passage of each place that says a fact; ``names`` (words, entity) of all names.
    """

    keys: tuple[str, ...]
    titles: tuple[str, ...]
    entities: tuple[str, ...]
    mentions: sparse.csr_matrix
    about: sparse.csr_matrix
    facts: np.ndarray
    names: tuple[tuple[str, int], ...]
    words: PassageWords

    @cached_property
    def numbers(self) -> dict[str, int]:
        """The number of each passage by its key."""
        return {key: number for number, key in enumerate(self.keys)}

    @cached_property
    def name_table(self) -> NameTable:
        """All names, to find them in questions."""
        return NameTable((tuple(words.split()), entity) for words, entity in self.names)

    @cached_property
    def rarity(self) -> np.ndarray:
        """How telling each entity is: the inverse frequency of passages, shape (entities,)."""
        import numpy as np

        found = np.asarray(self.mentions.sum(axis=0)).ravel()
        return np.asarray(np.log((len(self.keys) + 1) / (found + 1)) + 0.1)

    @cached_property
    def mentioned_in(self) -> sparse.csr_matrix:
        """``mentions`` turned over: the passages that mention an entity."""
        return self.mentions.T.tocsr()

    @cached_property
    def title_stems(self) -> tuple[frozenset[int], ...]:
        """The stems of each passage's title without its qualifier."""
        return tuple(
            frozenset(self.words.numbers_of(content_stems(without_qualifier(title))))
            for title in self.titles
        )

    @cached_property
    def about_entity(self) -> sparse.csc_matrix:
        """``about`` by columns: the passages about an entity."""
        return self.about.tocsc()


def row_of(matrix: sparse.csr_matrix | sparse.csc_matrix, row: int) -> list[int]:
    """Where a row of a matrix is not 0; a column, of one that is kept by columns."""
    found: list[int] = matrix.indices[matrix.indptr[row] : matrix.indptr[row + 1]].tolist()
    return found


class _Collector:
    """Numbers for entities as they come, and where they stand."""

    def __init__(self) -> None:
        self.numbers: dict[str, int] = {}
        self.mentions: set[tuple[int, int]] = set()
        self.about: dict[tuple[int, int], float] = {}
        self.names: set[tuple[str, int]] = set()
        self.title_names: set[tuple[str, int]] = set()

    def entity(self, key: str) -> int:
        return self.numbers.setdefault(key, len(self.numbers))

    def is_about(self, passage: int, entity: int, weight: float) -> None:
        place = (passage, entity)
        self.about[place] = max(weight, self.about.get(place, 0.0))


def build_passage_graph(state: State) -> PassageGraph:
    """The graph of a state's passages."""
    rows = sorted(state.chunks(), key=lambda row: (row["document"], row["start"]))
    keys = sorted({row["key"] for row in rows})
    number = {key: place for place, key in enumerate(keys)}
    texts = {number[row["key"]]: row["text"] for row in rows}
    spans = _Spans((row["document"], row["start"], number[row["key"]]) for row in rows)
    found = _Collector()
    titles = _collect_titles(state, rows, number, found)
    for key, row in state.mentions:
        passage, entity = spans.passage(row["document"], row["start"]), found.entity(key)
        found.mentions.add((passage, entity))
        found.names.add((" ".join(words_of(row["name"])), entity))
    table = NameTable((tuple(words.split()), entity) for words, entity in found.title_names)
    for passage, text in texts.items():
        for span in table.find(words_of(text)):
            found.mentions.update((passage, entity) for entity in span.entities)
    facts = _facts(state, spans, found)
    words = PassageWords.of([texts[place] for place in range(len(keys))])
    return _arranged(keys, titles, found, facts, words)


class _Spans:
    """Which passage stands at a character of a document."""

    def __init__(self, chunks: Iterable[tuple[int, int, int]]) -> None:
        self._starts: dict[int, list[int]] = defaultdict(list)
        self._passages: dict[int, list[int]] = defaultdict(list)
        for document, start, passage in chunks:  # in order
            self._starts[document].append(start)
            self._passages[document].append(passage)

    def passage(self, document: int, start: int) -> int:
        return self._passages[document][bisect_right(self._starts[document], start) - 1]


def _collect_titles(
    state: State, rows: Sequence[Any], number: dict[str, int], found: _Collector
) -> list[str]:
    """Enter what each passage is about; returns the titles by passage."""
    titles = [""] * len(number)
    documents: dict[int, str] = {}
    for row in rows:
        passage, place = number[row["key"]], place_of(row)
        said = place.get("section") or place.get("function")
        stem = Path(state.documents[row["document"]]["path"]).stem
        whole = documents.setdefault(row["document"], said or stem)
        title = place.get("about") or said or whole  # what a row of a table is about
        titles[passage] = titles[passage] or title
        weights = {title: 1.0, without_qualifier(title): _SHORT_TITLE, whole: _WHOLE_DOCUMENT}
        for name, weight in sorted(weights.items(), key=lambda each: each[1]):
            words = " ".join(words_of(name))
            if not words:
                continue
            entity = found.entity(state.links.entity(row["document"], name))
            found.is_about(passage, entity, weight)
            # Both forms name it: who writes Thriller may mean the album.
            for form in (name, without_qualifier(name)):
                found.title_names.add((" ".join(words_of(form)), entity))
    return titles


def _facts(state: State, spans: _Spans, found: _Collector) -> list[tuple[int, int, int]]:
    documents: dict[str, list[int]] = defaultdict(list)
    for number, row in state.documents.items():
        documents[row["path"]].append(number)
    facts = set()
    for fact in state.facts:
        ends = (found.entity(fact.subject), found.entity(fact.object))
        for support in fact.support:
            for document in documents[support.document]:
                facts.add((*ends, spans.passage(document, support.start)))
    return sorted(facts)


def _arranged(
    keys: list[str],
    titles: list[str],
    found: _Collector,
    facts: list[tuple[int, int, int]],
    words: PassageWords,
) -> PassageGraph:
    """The graph with its entities in the order of their keys, whatever order they came in."""
    import numpy as np
    import scipy.sparse as sparse

    entities = sorted(found.numbers)
    place = np.empty(len(entities), dtype=np.int64)
    for new, key in enumerate(entities):
        place[found.numbers[key]] = new
    shape = (len(keys), len(entities))

    def matrix(cells: dict[tuple[int, int], float]) -> Any:
        rows = np.array([row for row, _ in cells], dtype=np.int64)
        columns = np.array([column for _, column in cells], dtype=np.int64)
        values = np.array(list(cells.values()), dtype=np.float64)
        made = sparse.csr_matrix((values, (rows, place[columns])), shape=shape)
        made.sort_indices()
        return made

    names = {(words, int(place[entity])) for words, entity in found.names | found.title_names}
    said = np.array(facts, dtype=np.int64).reshape(-1, 3)
    said[:, :2] = place[said[:, :2]]
    return PassageGraph(
        tuple(keys),
        tuple(titles),
        tuple(entities),
        matrix(dict.fromkeys(found.mentions, 1.0)),
        matrix(found.about),
        said[np.lexsort(said.T[::-1])],
        tuple(sorted(name for name in names if name[0])),
        words,
    )
