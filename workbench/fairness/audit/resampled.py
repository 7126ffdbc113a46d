"""A metric in every group and for everyone, as estimated and as it comes out of resamples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np


@dataclass(frozen=True)
class Resampled:
    """One metric over T places: the judged groups in their order, and last everyone.

    Args:
        metric: Its name.
        estimates: Shape [T]; NaN where the metric is not defined or rests on too few rows.
        draws: Shape [B, T].
        influence: Shape [T, U]: the change of each estimate per unit, where units are cells of
            counts or rows; the acceleration of BCa is made of it.
        multiplicity: Shape [U]: how many rows each unit stands for.
        rows: Shape [T]: how many rows each estimate rests on.
        at_edge: Shape [T]: none or all of the rows count, so the draws are not resamples but come
            from the exact confidence distribution.
        is_loss: More is worse.
    """

    metric: str
    estimates: np.ndarray
    draws: np.ndarray
    influence: np.ndarray
    multiplicity: np.ndarray
    rows: np.ndarray
    at_edge: np.ndarray
    is_loss: bool = False
