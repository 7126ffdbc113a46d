"""Wanda (Sun et al. 2023): a weight counts by its size times the norm of what goes into it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from workbench.core.errors import InputError
from workbench.edge.pruning.magnitude import zero_lowest, zero_two_of_four
from workbench.edge.pruning.weights import Weights, change_matrices

if TYPE_CHECKING:
    import numpy as np


def prune_wanda(
    weights: Weights,
    share: float,
    importance: Mapping[str, np.ndarray],
    *,
    two_of_four: bool = False,
) -> Weights:
    """The weights with ``share`` of each row of each matrix set to 0.

    Args:
        weights: The model's.
        share: Of each row.
        importance: The mean square of each column's input by the tensor's GGUF name, as
            ``compression.importance`` measures it.
        two_of_four: Two of each four neighbours instead, which some hardware multiplies faster.

    Raises:
        InputError: The importance is not this model's.
    """
    from workbench.models.formats.architectures import ARCHITECTURES, gguf_tensor_name
    from workbench.models.formats.to_gguf import gguf_architecture

    architecture = ARCHITECTURES[gguf_architecture(weights.config)]

    def change(name: str, matrix: np.ndarray) -> np.ndarray:
        import numpy as np

        known = importance.get(gguf_tensor_name(name, architecture, weights.config) or "")
        if known is None or known.shape != (matrix.shape[1],):
            raise InputError(
                f"the calibration says nothing of {name}", hint="calibrate the same model"
            )
        scores = np.abs(matrix) * np.sqrt(known)
        if two_of_four:
            return zero_two_of_four(matrix, scores)
        return zero_lowest(matrix, scores, share)

    return change_matrices(weights, change)
