"""Which communities of a graph a global question is about, and what they say in their own words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .communities import Community
from .signals import Corpus, Signals

if TYPE_CHECKING:
    import numpy as np

_COMMUNITIES = 3
_FROM_EACH = 10
_RANK_OFFSET = 10


@dataclass(frozen=True)
class Overview:
    """A community that bears on a question: its entities and the passages nearest to the question.

    ``extract`` are sentences by passage and number; ``score`` is how much of what was found lies
    in it.
    """

    entities: tuple[str, ...]
    titles: tuple[str, ...]
    passages: tuple[int, ...]
    extract: tuple[tuple[int, int], ...]
    size: int
    score: float


def look_over(
    signals: Signals, corpus: Corpus, communities: Sequence[Community]
) -> tuple[Overview, ...]:
    """The communities that hold most of what was found for a question, the best first.

    Args:
        signals: What was found for it.
        corpus: What was searched.
        communities: All there are.
    """
    owner = {
        passage: number for number, each in enumerate(communities) for passage in each.passages
    }
    scores: dict[int, float] = {}
    for name in ("meaning", "words"):
        for rank, passage in enumerate(signals.rankings[name], start=1):
            if passage in owner:
                place = owner[passage]
                scores[place] = scores.get(place, 0.0) + 1 / (_RANK_OFFSET + rank)
    best = sorted(scores, key=lambda each: (-scores[each], each))[:_COMMUNITIES]
    return tuple(_seen(communities[each], scores[each], signals.vector, corpus) for each in best)


def _seen(community: Community, score: float, vector: np.ndarray, corpus: Corpus) -> Overview:
    graph = corpus.graph
    cosines = corpus.vectors_of(community.passages) @ vector
    near = sorted(
        range(len(community.passages)), key=lambda each: (-cosines[each], community.passages[each])
    )
    passages = tuple(community.passages[each] for each in near[:_FROM_EACH])
    return Overview(
        tuple(graph.entities[entity] for entity in community.entities),
        tuple(dict.fromkeys(graph.titles[passage] for passage in passages)),
        passages,
        community.extract,
        len(community.passages),
        score,
    )
