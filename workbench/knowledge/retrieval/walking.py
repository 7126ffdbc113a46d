"""The ranking by the graph: walks from what a question names and from the passages found first.

Nodes are the passages, then the entities, then the facts. The idea of seeding from both is that of
Gutierrez et al. 2025, "From RAG to Memory: Non-Parametric Continual Learning for Large Language
Models" (HippoRAG 2); what is walked and how it is weighed is our own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from .pagerank import personalised_pagerank, transitions
from .passage_graph import PassageGraph
from .questions import Question

if TYPE_CHECKING:
    import numpy as np
    import scipy.sparse as sparse

_ABOUT_WEIGHT = 5.0  # a passage and what it is about, where a mention weighs its rarity
_FACT_WEIGHT = 3.0
_PASSAGE_SEEDS = 20  # of each ranking
_PASSAGE_SHARE = 1 / 6  # of a ranking's first passage, where what is named has 1 together


def graph_steps(graph: PassageGraph) -> sparse.csr_matrix:
    """The steps of a walk over a graph's nodes, shape (nodes, nodes)."""
    import numpy as np
    import scipy.sparse as sparse

    said = graph.mentions @ sparse.diags(graph.rarity) + graph.about * _ABOUT_WEIGHT
    facts, shape = len(graph.facts), (len(graph.facts), len(graph.entities))
    row = np.arange(facts)
    ends = np.concatenate([graph.facts[:, 0], graph.facts[:, 1]])
    weights = np.full(2 * facts, _FACT_WEIGHT)
    of_entities = sparse.csr_matrix((weights, (np.tile(row, 2), ends)), shape=shape)
    of_passages = sparse.csr_matrix(
        (weights[:facts], (row, graph.facts[:, 2])), shape=(facts, len(graph.keys))
    )
    blocks = [
        [None, said, of_passages.T],
        [said.T, None, of_entities.T],
        [of_passages, of_entities, None],
    ]
    return transitions(sparse.csr_matrix(sparse.bmat(blocks)))


def walk(
    question: Question,
    graph: PassageGraph,
    steps: sparse.csr_matrix,
    *,
    rankings: Mapping[str, Sequence[int]],
) -> np.ndarray:
    """How near each passage is to a question in the graph.

    Args:
        question: What it names is where walks start.
        graph: The graph.
        steps: As ``graph_steps`` gives them.
        rankings: Passages found otherwise, the best first: walks start there, too.

    Returns:
        Shape (passages,); all 0 where nothing is named and nothing was found.
    """
    import numpy as np

    seeds = np.zeros(steps.shape[0])
    passages = len(graph.keys)
    total = sum(question.entities.values())
    for entity, weight in question.entities.items():
        seeds[passages + entity] += weight / total
    for ranked in rankings.values():
        for rank, passage in enumerate(ranked[:_PASSAGE_SEEDS], start=1):
            seeds[passage] += _PASSAGE_SHARE / rank
    if not seeds.any():
        return np.zeros(passages)
    return personalised_pagerank(steps, seeds)[:passages]
