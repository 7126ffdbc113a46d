"""Magnitude pruning (Han et al. 2015): the smallest weights of each matrix become 0."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.edge.pruning.weights import Weights, change_matrices

if TYPE_CHECKING:
    import numpy as np


def prune_magnitude(weights: Weights, share: float) -> Weights:
    """The weights with ``share`` of each matrix of a layer set to 0."""

    def change(_: str, matrix: np.ndarray) -> np.ndarray:
        import numpy as np

        return zero_lowest(matrix.reshape(1, -1), np.abs(matrix).reshape(1, -1), share).reshape(
            matrix.shape
        )

    return change_matrices(weights, change)


def zero_lowest(matrix: np.ndarray, scores: np.ndarray, share: float) -> np.ndarray:
    """Each row of ``[rows, columns]`` without the ``share`` of its numbers that score lowest."""
    import numpy as np

    count = int(share * matrix.shape[1])
    if count == 0:
        return matrix
    lowest = np.argpartition(scores, count - 1, axis=1)[:, :count]
    pruned = matrix.copy()
    np.put_along_axis(pruned, lowest, 0, axis=1)
    return pruned


def zero_two_of_four(matrix: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Of each four neighbours of a row the two with the lowest scores become 0 (2:4 sparsity)."""
    rows, columns = matrix.shape
    whole = columns - columns % 4
    shape = (rows * whole // 4, 4)
    pruned = matrix.copy()
    some = zero_lowest(matrix[:, :whole].reshape(shape), scores[:, :whole].reshape(shape), 0.5)
    pruned[:, :whole] = some.reshape(rows, whole)
    return pruned
