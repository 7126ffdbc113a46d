"""Interventional tree SHAP: the exact Shapley values of a sum of trees against a background.

The game is that of Lundberg et al.: the features in a coalition have the explained row's values,
the others those of a background row, averaged over the background. A leaf is then reached by a
coalition if it holds every feature on whose splits only the explained row turns towards the leaf
(``a`` of them), and none on whose splits only the background row does (``b`` of them). The Shapley
value of such a game is known in closed form: the leaf's value times (a-1)! b! / (a+b)! for each of
the first, minus it times a! (b-1)! / (a+b)! for each of the second.

Rows that turn alike on the way to a leaf have the same share in it, so each kind is computed once.

References:
    Lundberg et al., "From local explanations to global understanding with explainable AI for
    trees", Nature Machine Intelligence 2 (2020), algorithm 3.
    Shapley, "A value for n-person games" (1953).
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from workbench.core.cancellation import check_cancelled
from workbench.core.errors import CapabilityError

if TYPE_CHECKING:
    import numpy as np

    from .trees import Tree, TreeSum

_BLOCK_ROWS = 2000
_BITS = 62


def interventional_tree_shap(
    trees: TreeSum, numbers: np.ndarray, background: np.ndarray
) -> np.ndarray:
    """The Shapley values of rows.

    Args:
        trees: What ``read_trees`` gives.
        numbers: The rows, ``[rows, features]``.
        background: The rows that stand for what is not known, ``[background, features]``.

    Returns:
        ``[rows, features]`` in the unit of the trees' sum. Each row adds up to its sum less the
        background's mean.

    Raises:
        CapabilityError: A path has too many features for one machine word (about 50).
    """
    import numpy as np

    behind = trees.inputs(background)
    found = np.zeros((len(numbers), trees.features))
    for start in range(0, len(numbers), _BLOCK_ROWS):
        block = slice(start, start + _BLOCK_ROWS)
        rows = trees.inputs(numbers[block])
        for tree in trees.trees:
            check_cancelled()
            _add_tree(found[block], tree, rows, behind)
    return found


def _add_tree(found: np.ndarray, tree: Tree, rows: np.ndarray, behind: np.ndarray) -> None:
    import numpy as np

    leaves = np.flatnonzero(tree.column < 0)
    if len(leaves) < 2:
        return  # the same for every row
    paths = _paths(tree)
    longest = max(len(paths[leaf]) for leaf in leaves)
    if longest + len(leaves).bit_length() > _BITS:
        raise CapabilityError(
            f"a tree has a path over {longest} features", hint="method='permutation'"
        )
    # The features of each leaf's path by bit; a row's bit is set where it turns another way.
    features = np.full((len(leaves), longest), -1)
    for place, leaf in enumerate(leaves):
        features[place, : len(paths[leaf])] = paths[leaf]
    marked = np.arange(len(leaves))[:, None] << longest  # the leaf above the bits of its path
    theirs = marked | _turns_away(tree, paths, behind)[leaves]
    ours = marked | _turns_away(tree, paths, rows)[leaves]
    kinds, of_row = np.unique(ours, return_inverse=True)
    others, counts = np.unique(theirs, return_counts=True)
    shares = _shares(kinds, others, counts / len(behind), tree.value[leaves], features, longest)
    wide = np.zeros((len(kinds), found.shape[1]))
    np.add.at(
        wide,
        (np.arange(len(kinds))[:, None], features[kinds >> longest]),
        shares,  # a path that is shorter adds 0 to the last feature
    )
    for place in of_row.reshape(ours.shape):
        found += wide[place]


def _paths(tree: Tree) -> list[list[int]]:
    """The features on the way to each node, in the order in which they come up."""
    paths: list[list[int]] = [[] for _ in tree.column]
    for node, feature in enumerate(tree.feature):
        if feature >= 0:
            own = paths[node]
            longer = own if feature in own else [*own, int(feature)]
            paths[tree.left[node]] = paths[tree.right[node]] = longer
    return paths


def _turns_away(tree: Tree, paths: list[list[int]], inputs: np.ndarray) -> np.ndarray:
    """For each node and row the features of the path on which the row turns another way, as bits;
    int64 of shape ``[nodes, rows]``."""
    import numpy as np

    goes_left = tree.goes_left(inputs)
    away = np.zeros((len(tree.column), len(inputs)), dtype=np.int64)
    for node in np.flatnonzero(tree.column >= 0):
        left = tree.left[node]
        bit = 1 << paths[left].index(int(tree.feature[node]))
        away[left] = away[node] | np.where(goes_left[node], 0, bit)
        away[tree.right[node]] = away[node] | np.where(goes_left[node], bit, 0)
    return away


def _shares(
    kinds: np.ndarray,
    others: np.ndarray,
    weights: np.ndarray,
    values: np.ndarray,
    features: np.ndarray,
    longest: int,
) -> np.ndarray:
    """What each kind of row gets at each place of its path, ``[kinds, longest]``."""
    import numpy as np

    leaf_of = kinds >> longest
    starts = np.searchsorted(others >> longest, leaf_of)
    ends = np.searchsorted(others >> longest, leaf_of, side="right")
    sizes = ends - starts
    kind = np.repeat(np.arange(len(kinds)), sizes)
    other = np.arange(len(kind)) - np.repeat(np.cumsum(sizes) - sizes, sizes) + starts[kind]
    bits = (1 << longest) - 1
    row_away, other_away = kinds[kind] & bits, others[other] & bits
    # Where both turn away on one feature no coalition reaches the leaf.
    alive = (row_away & other_away) == 0
    kind, other = kind[alive], other[alive]
    row_away, other_away = row_away[alive], other_away[alive]
    needed = np.bitwise_count(other_away).astype(np.int64)
    barred = np.bitwise_count(row_away).astype(np.int64)
    gains, losses = _weights(longest)
    scale = weights[other] * values[leaf_of[kind]]
    gain, loss = scale * gains[needed, barred], scale * losses[needed, barred]
    found = np.zeros((len(kinds), longest))
    for place in range(longest):
        each = gain * (other_away >> place & 1) - loss * (row_away >> place & 1)
        found[:, place] = np.bincount(kind, each, minlength=len(kinds))
    return found


@functools.cache
def _weights(longest: int) -> tuple[np.ndarray, np.ndarray]:
    """(a-1)! b! / (a+b)! and a! (b-1)! / (a+b)! for a, b up to ``longest``; 0 for a or b of 0."""
    from math import comb

    import numpy as np

    gains = np.zeros((longest + 1, longest + 1))
    losses = np.zeros_like(gains)
    for a in range(longest + 1):
        for b in range(longest + 1 - a):
            if a:
                gains[a, b] = 1 / (a * comb(a + b, a))
            if b:
                losses[a, b] = 1 / (b * comb(a + b, a))
    return gains, losses
