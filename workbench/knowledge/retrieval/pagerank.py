"""Personalised PageRank by power iteration on a sparse graph.

Haveliwala 2002, "Topic-Sensitive PageRank"; seeds from a question as in Gutierrez et al. 2024,
"HippoRAG: Neurobiologically Inspired Long-Term Memory for Large Language Models".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.core.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    import scipy.sparse as sparse

DAMPING = 0.5
"""The share of walkers that go on rather than start again: they stay near, as in HippoRAG."""

TOLERANCE = 1e-6
_MOST_STEPS = 100


def transitions(weights: sparse.csr_matrix) -> sparse.csr_matrix:
    """The matrix of steps of a graph: each column sums to 1, or to 0 where no edge leaves.

    Args:
        weights: Shape (nodes, nodes), not negative; entry (i, j) is the edge from j to i.
    """
    import numpy as np
    import scipy.sparse as sparse

    sums = np.asarray(weights.sum(axis=0)).ravel()
    scale = np.divide(1.0, sums, out=np.zeros_like(sums, dtype=float), where=sums > 0)
    return sparse.csr_matrix(weights @ sparse.diags(scale))


def personalised_pagerank(
    steps: sparse.csr_matrix,
    seeds: np.ndarray,
    *,
    damping: float = DAMPING,
    tolerance: float = TOLERANCE,
) -> np.ndarray:
    """How often a walker is at each node who starts again at the seeds.

    Args:
        steps: Shape (nodes, nodes), as ``transitions`` gives it.
        seeds: Shape (nodes,), not negative: where walks start, in any scale.
        damping: The chance of another step.
        tolerance: It ends when a step moves less than that in all (L1).

    Returns:
        Shape (nodes,), summing to 1.

    Raises:
        InputError: There is no seed, or one is negative or not finite.
    """
    import numpy as np

    total = float(seeds.sum())
    if not np.isfinite(total) or total <= 0 or (seeds < 0).any():
        raise InputError("personalised PageRank needs a seed, and none below 0")
    start = seeds / total
    ranks = start.copy()
    for _ in range(_MOST_STEPS):
        walked = damping * (steps @ ranks)
        # Who cannot go on starts again, so that nothing is lost.
        after = walked + (1.0 - walked.sum()) * start
        moved = float(np.abs(after - ranks).sum())
        ranks = after
        if moved < tolerance:
            break
    return ranks
