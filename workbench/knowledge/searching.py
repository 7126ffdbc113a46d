"""Search over passages: by words (BM25), by meaning (cosine), or by both ranks fused.

Cormack, Clarke and Buettcher 2009, "Reciprocal Rank Fusion Outperforms Condorcet and Individual
Rank Learning Methods": a passage's score is the sum of 1 / (60 + rank) over the lists it is in.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from workbench.core.errors import InputError
from workbench.core.viewers import Viewable
from workbench.models.loading import load
from workbench.models.plain_encoder import find_plain_encoder

from .indexes import EMBEDDER, index_text, index_vectors, vector_key
from .retrieval.fusion import fuse_ranks
from .states import State, place_of

By = Literal["both", "words", "meaning"]
_DEPTH = 100  # of each list that is fused
# Up to so many vectors all are compared: a few milliseconds, in whatever order they came.
_COMPARED = 50_000


@dataclass(frozen=True)
class Place:
    """Where a passage stands: characters ``start`` to ``end`` of a document's normalised text."""

    document: str
    start: int
    end: int
    place: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Hit:
    """A passage that was found, with each place where it stands, and its ranks from 1."""

    text: str
    score: float
    places: tuple[Place, ...]
    words_rank: int | None = None
    meaning_rank: int | None = None


@dataclass(frozen=True)
class Found(Viewable):
    """What a search gave, the best first."""

    name: str
    query: str
    by: By
    hits: tuple[Hit, ...]


def search(
    state: State, query: str, *, by: By = "both", limit: int = 10, embedder: str = EMBEDDER
) -> Found:
    """Find passages.

    Args:
        state: The graph as it is to be searched.
        query: Words or a question; words in double quotes must follow one another.
        by: By words, by meaning, or by both.
        limit: At most so many passages.
        embedder: What meaning is told by.

    Raises:
        InputError: The query is empty, or less than one passage is asked for.
    """
    if not query.strip():
        raise InputError("the query is empty", hint="say what to look for")
    if limit < 1:
        raise InputError(f"limit is {limit}; it must be at least 1", hint="limit=10")
    with state.frozen():
        words = _by_words(state, query, limit) if by != "meaning" else []
        meaning = _by_meaning(state, query, limit, embedder) if by != "words" else []
        scores = fuse_ranks({"words": words, "meaning": meaning})
        # A process that is at another state may put its own index of words there meanwhile.
        known = state.passage_keys()
        best = [key for key in scores if key in known][:limit]
        places, texts = places_of(state, best)
    ranks = [{key: rank for rank, key in enumerate(each, start=1)} for each in (words, meaning)]
    hits = tuple(
        Hit(texts[key], scores[key], tuple(places[key]), ranks[0].get(key), ranks[1].get(key))
        for key in best
    )
    return Found(state.graph.name, query, by, hits)


def _by_words(state: State, query: str, limit: int) -> list[str]:
    hits = index_text(state).search(query, limit=max(limit, _DEPTH))
    return [hit.id for hit in hits]


def _by_meaning(state: State, query: str, limit: int, embedder: str) -> list[str]:
    index = index_vectors(state, embedder=embedder)
    if not len(index):
        return []
    plain = find_plain_encoder(embedder)
    if plain is not None:
        vector = plain.embed([query])[0]
    else:
        with load(embedder) as model:
            vector = model.embed(query)
    keys = {vector_key(key): key for key in state.passage_keys()}
    hits = index.search(vector, limit=max(limit, _DEPTH), exact=len(index) <= _COMPARED)
    return [keys[hit.key] for hit in hits]


def places_of(state: State, keys: Sequence[str]) -> tuple[dict[str, list[Place]], dict[str, str]]:
    """Where passages stand, in the order of documents, and their texts, by their keys."""
    places: dict[str, list[Place]] = defaultdict(list)
    texts: dict[str, str] = {}
    for row in state.chunks_of(keys):
        path = state.documents[row["document"]]["path"]
        places[row["key"]].append(Place(path, row["start"], row["stop"], place_of(row)))
        texts[row["key"]] = row["text"]
    for found in places.values():
        found.sort(key=lambda place: (place.document, place.start))
    return places, texts
