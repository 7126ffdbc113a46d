"""Communities of a graph and what each is about, for questions that no passage answers alone.

Communities are those of Louvain (Blondel et al. 2008, "Fast Unfolding of Communities in Large
Networks") over passages joined by the entities that they share, large ones parted again. The idea
of answering global questions from summaries of communities is that of Edge et al. 2024, "From Local
to Global: A Graph RAG Approach to Query-Focused Summarization"; ours are extracts, no model writes.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from .names import words_of
from .passage_graph import PassageGraph, row_of
from .words import stem

SEED = 9
_COMMON = 0.01  # an entity in a greater share of the passages joins nothing
_MOST_JOINED = 60  # passages that one entity joins; more are joined to the one it is of
_LARGE = 120  # passages; a community of more is parted again
_SMALL = 3
_CENTRAL = 8  # entities and sentences that tell of a community
_DEPTH = 3


@dataclass(frozen=True)
class Community:
    """Passages that hang together, the most central first, and the entities that hold them.

    ``extract`` is what it is about in its documents' own words: a sentence each of its central
    passages, by passage and number of the sentence.
    """

    passages: tuple[int, ...]
    entities: tuple[int, ...]
    extract: tuple[tuple[int, int], ...]


def find_communities(graph: PassageGraph, *, seed: int = SEED) -> list[Community]:
    """The communities of a graph, the largest first; passages that nothing joins are in none.

    Args:
        graph: The graph.
        seed: Of Louvain's order.
    """
    import networkx

    joined = _joined(graph)
    found: list[set[int]] = []
    waiting: list[tuple[Any, int]] = [(joined, 0)]
    while waiting:
        part, depth = waiting.pop()
        for each in networkx.community.louvain_communities(part, weight="weight", seed=seed):
            if len(each) > _LARGE and depth < _DEPTH and len(each) < len(part):
                waiting.append((part.subgraph(sorted(each)).copy(), depth + 1))
            elif len(each) >= _SMALL:
                found.append(each)
    found.sort(key=lambda each: (-len(each), min(each)))
    return [_described(each, joined, graph) for each in found]


def _joined(graph: PassageGraph) -> Any:
    """Passages joined where one mentions what another is about, the rarer the stronger."""
    import networkx
    import scipy.sparse as sparse

    counts = graph.mentioned_in.getnnz(axis=1)
    telling = graph.rarity * (counts <= max(_MOST_JOINED, _COMMON * len(graph.keys)))
    links = (graph.mentions @ sparse.diags(telling) @ graph.about.T).tocoo()
    joined = networkx.Graph()
    weights: dict[tuple[int, int], float] = {}
    cells = (each.tolist() for each in (links.row, links.col, links.data))
    for row, column, weight in zip(*cells, strict=True):
        if row != column and weight > 0:
            place = (min(row, column), max(row, column))
            weights[place] = weights.get(place, 0.0) + weight
    joined.add_weighted_edges_from((*place, weights[place]) for place in sorted(weights))
    return joined


def _described(members: Iterable[int], joined: Any, graph: PassageGraph) -> Community:
    inside = set(members)
    degree = {
        each: sum(edge["weight"] for other, edge in joined[each].items() if other in inside)
        for each in inside
    }
    passages = sorted(inside, key=lambda each: (-degree[each], each))
    held: dict[int, float] = {}
    for passage in passages:
        for entity in row_of(graph.mentions, passage):
            held[entity] = held.get(entity, 0.0) + float(graph.rarity[entity])
    entities = sorted(held, key=lambda each: (-held[each], each))[:_CENTRAL]
    return Community(tuple(passages), tuple(entities), tuple(_extract(passages, entities, graph)))


def _extract(
    passages: Sequence[int], entities: Sequence[int], graph: PassageGraph
) -> Iterator[tuple[int, int]]:
    """The sentence of each central passage that says most of the central entities' names."""
    names = (words_of(graph.entities[entity]) for entity in entities)
    telling = frozenset(graph.words.numbers_of({stem(word) for words in names for word in words}))
    titles: set[str] = set()
    for passage in passages:
        if graph.titles[passage] in titles or len(titles) == _CENTRAL:
            continue
        titles.add(graph.titles[passage])
        sentences = graph.words.sentences(passage)
        first = 1 if len(sentences) > 1 else 0  # the first line is the title
        said = range(first, len(sentences))
        yield (
            passage,
            max(said, key=lambda each: (len(sentences[each] & telling), -each), default=0),
        )
