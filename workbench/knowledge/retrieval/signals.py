"""What each way of finding says of the passages for one question: words, meaning, names, graph."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from workbench.knowledge.indexes import vector_key
from workbench.store.text_index import TextIndex
from workbench.store.vector_index import VectorIndex

from .fusion import fuse_ranks
from .passage_graph import PassageGraph
from .questions import Question, titles_named
from .walking import walk

if TYPE_CHECKING:
    import numpy as np
    import scipy.sparse as sparse

DEPTH = 50  # of each ranking
_COMPARED = 50_000  # up to so many vectors all are compared


@dataclass(frozen=True)
class Corpus:
    """A state's graph with its indexes, as they are needed for each question.

    ``read`` gives the texts of passages, by passage.
    """

    graph: PassageGraph
    text: TextIndex
    vectors: VectorIndex
    steps: sparse.csr_matrix = field(repr=False)
    read: Callable[[Sequence[int]], dict[int, str]] = field(repr=False)

    @cached_property
    def by_vector(self) -> dict[int, int]:
        """The passage of each vector."""
        return {vector_key(key): place for place, key in enumerate(self.graph.keys)}

    def vectors_of(self, passages: Sequence[int]) -> np.ndarray:
        """The vectors of passages, length 1, shape (passages, dimensions)."""
        keys = [vector_key(self.graph.keys[passage]) for passage in passages]
        return self.vectors.vectors(keys)


@dataclass(frozen=True)
class Signals:
    """Scores by passage: BM25, how telling it is that the question names it, nearness in the graph.

    ``rankings`` are the passages by each way, the best first, and ``fused`` by all ranks together;
    ``hidden`` passages are in none.
    """

    question: Question
    vector: np.ndarray
    bm25: dict[int, float]
    named: dict[int, float]
    nearness: np.ndarray
    rankings: dict[str, list[int]]
    fused: dict[int, float]
    hidden: frozenset[int] = frozenset()

    def without(self, passages: Iterable[int]) -> Signals:
        """The same as if some passages were not there: what thinner evidence looks like."""
        hidden = self.hidden.union(passages)
        nearness = self.nearness.copy()
        nearness[list(hidden)] = 0.0
        rankings = {
            name: [each for each in ranked if each not in hidden]
            for name, ranked in self.rankings.items()
        }
        return Signals(
            self.question,
            self.vector,
            {each: score for each, score in self.bm25.items() if each not in hidden},
            {each: score for each, score in self.named.items() if each not in hidden},
            nearness,
            rankings,
            fuse_ranks(rankings),
            hidden,
        )

    @cached_property
    def places(self) -> dict[int, int]:
        """The rank of each passage in the fused ranking, from 0."""
        return {passage: place for place, passage in enumerate(self.fused)}


def find_signals(question: Question, vector: np.ndarray, corpus: Corpus) -> Signals:
    """Ask each way of finding.

    Args:
        question: The question.
        vector: Its embedding, shape (dimensions,).
        corpus: What is searched.
    """
    import numpy as np

    numbers = corpus.graph.numbers
    query = " ".join(question.telling or question.words)
    hits = corpus.text.search(query, limit=DEPTH, snippets=False)
    # A process that is at another state may put its own index there at any moment.
    bm25 = {numbers[hit.id]: hit.score for hit in hits if hit.id in numbers}
    meaning: list[int] = []
    if len(corpus.vectors):  # an empty index does not know how long its vectors are
        near = corpus.vectors.search(vector, limit=DEPTH, exact=len(corpus.vectors) <= _COMPARED)
        meaning = [corpus.by_vector[hit.key] for hit in near]
    rankings = {"words": list(bm25), "meaning": meaning}
    named = titles_named(question, corpus.graph)
    nearness = walk(question, corpus.graph, corpus.steps, rankings=rankings)
    order = np.argsort(-nearness, kind="stable")[:DEPTH]
    rankings["graph"] = [place for place in order.tolist() if nearness[place] > 0]
    rankings["names"] = sorted(named, key=lambda place: (-named[place], place))[:DEPTH]
    return Signals(question, vector, bm25, named, nearness, rankings, fuse_ranks(rankings))
