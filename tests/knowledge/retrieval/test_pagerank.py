"""Personalised PageRank agrees with networkx, also where walks end; it needs a seed."""

from __future__ import annotations

import networkx
import numpy as np
import pytest
import scipy.sparse as sparse

from workbench.core.errors import InputError
from workbench.knowledge.retrieval.pagerank import personalised_pagerank, transitions

NODES = 30


def drawn(seed: int) -> tuple[sparse.csr_matrix, np.ndarray]:
    """A weighted graph some of whose nodes nothing leaves, and seeds at a few."""
    generator = np.random.default_rng(seed)
    weights = generator.random((NODES, NODES)) * (generator.random((NODES, NODES)) < 0.1)
    weights[:, :4] = 0  # column j holds the edges from j
    seeds = generator.random(NODES) * (generator.random(NODES) < 0.2)
    seeds[5] = 1.0
    return sparse.csr_matrix(weights), seeds


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("damping", [0.5, 0.85])
def test_it_agrees_with_networkx(seed: int, damping: float) -> None:
    weights, seeds = drawn(seed)
    ours = personalised_pagerank(transitions(weights), seeds, damping=damping, tolerance=1e-12)
    graph = networkx.from_scipy_sparse_array(weights.T, create_using=networkx.DiGraph)
    start = {node: float(weight) for node, weight in enumerate(seeds)}
    theirs = networkx.pagerank(
        graph, alpha=damping, personalization=start, dangling=start, tol=1e-12, max_iter=1000
    )
    assert ours == pytest.approx([theirs[node] for node in range(NODES)], abs=1e-8)
    assert ours.sum() == pytest.approx(1.0)


def test_shuffled_edges_give_other_ranks() -> None:
    weights, seeds = drawn(0)
    mixed = sparse.csr_matrix(weights.toarray()[:, np.random.default_rng(1).permutation(NODES)])
    ranks = [personalised_pagerank(transitions(each), seeds) for each in (weights, mixed)]
    assert np.abs(ranks[0] - ranks[1]).sum() > 0.1


@pytest.mark.parametrize("seeds", [np.zeros(NODES), -np.eye(NODES)[0], np.full(NODES, np.nan)])
def test_walks_must_start_somewhere(seeds: np.ndarray) -> None:
    with pytest.raises(InputError, match="seed"):
        personalised_pagerank(transitions(drawn(0)[0]), seeds)
